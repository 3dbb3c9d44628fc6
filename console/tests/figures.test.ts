import { expect, test } from "vitest";
import { difference, inUnit, verdictOf } from "../src/views/experiments/figures";

test("a value is told in its unit", () => {
  expect(inUnit(0.618, "share")).toBe("61.8%");
  expect(inUnit(250, "s")).toBe("4 min 10 s");
  expect(inUnit(2.954, "offers")).toBe("2.95");
});

test("a difference of shares is told in points, with its sign", () => {
  expect(difference(0.042, "share")).toBe("+4.2 points");
  expect(difference(-35, "s")).toBe("−35 s");
  expect(difference(0, "offers")).toBe("+0");
});

test("only an interval that keeps off nought says anything", () => {
  expect(verdictOf(0.01, 0.09, "higher")).toBe("better");
  expect(verdictOf(-9, -1, "lower")).toBe("better");
  expect(verdictOf(1, 9, "lower")).toBe("worse");
  expect(verdictOf(-1, 9, "lower")).toBe("unclear");
  expect(verdictOf(null, null, "higher")).toBe("unclear");
});
