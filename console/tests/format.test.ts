import { expect, test } from "vitest";
import { clock, distance, duration, money, relative, stamp, tick, words } from "$/lib/format";

const NOON = new Date("2026-11-23T12:00:00Z");

test("distances are in metres below a kilometre, and rounded above", () => {
  expect(distance(850)).toBe("850 m");
  expect(distance(4230)).toBe("4.2 km");
  expect(distance(12_340)).toBe("12 km");
});

test("durations name their two largest units", () => {
  expect(duration(45)).toBe("45 s");
  expect(duration(200)).toBe("3 min 20 s");
  expect(duration(3600)).toBe("1 h");
  expect(duration(4800)).toBe("1 h 20 min");
  expect(duration(187_200)).toBe("2 d 4 h");
});

test("money is in the market's currency, with pence only where there are any", () => {
  expect(money({ amount: 3500, currency: "GBP" })).toBe("£35");
  expect(money({ amount: 3550, currency: "GBP" })).toBe("£35.50");
});

test("times are by the market's clock, with the date of another day", () => {
  expect(clock("2026-11-23T09:30:00Z", "Europe/London", NOON)).toBe("09:30");
  expect(clock("2026-11-23T09:30:00Z", "America/Los_Angeles", NOON)).toBe("01:30");
  expect(clock("2026-11-21T14:03:00Z", "Europe/London", NOON)).toBe("Sat 21 Nov, 14:03");
});

test("a moment in full has its day before its month, and its year", () => {
  expect(stamp("2026-11-21T14:05:00Z", "Europe/London")).toBe("21 Nov 2026 14:05");
  expect(stamp("2026-06-01T23:30:00Z", "Europe/London")).toBe("2 Jun 2026 00:30");
});

test("an axis has hours within a day and days beyond", () => {
  const [three, midnight] = [Date.parse("2026-11-21T15:00Z"), Date.parse("2026-11-21T00:00Z")];
  expect(tick(three, "Europe/London", 3_600_000)).toBe("15:00");
  expect(tick(midnight, "Europe/London", 3_600_000)).toBe("21 Nov");
  expect(tick(three, "Europe/London", 86_400_000)).toBe("21 Nov");
});

test("moments are told from now", () => {
  expect(relative("2026-11-23T11:59:57Z", NOON)).toBe("just now");
  expect(relative("2026-11-23T11:56:00Z", NOON)).toBe("4 min ago");
  expect(relative("2026-11-23T14:00:00Z", NOON)).toBe("in 2 hr");
});

test("names on the wire become words", () => {
  expect(words("outside_service_area")).toBe("Outside service area");
});
