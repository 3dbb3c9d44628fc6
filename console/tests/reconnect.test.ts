import { expect, test } from "vitest";
import { backoffMs, comesBack } from "$/lib/reconnect";

test("a cut is come back from, a refusal is not", () => {
  for (const code of [1005, 1006, 1011, 1012, 1013, 4401, 4408, 4413]) {
    expect(comesBack(code)).toBe(true);
  }
  for (const code of [1000, 4400, 4403, 4409, 4430]) expect(comesBack(code)).toBe(false);
});

test("each wait is twice as long, up to half a minute, and varied by half", () => {
  expect(backoffMs(0, 0.5)).toBe(200);
  expect(backoffMs(3, 0.5)).toBe(1600);
  expect(backoffMs(30, 0.5)).toBe(30_000);
  expect(backoffMs(0, 0)).toBe(100);
});
