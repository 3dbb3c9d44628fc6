import { expect, test } from "vitest";
import type { Knob } from "../src/policy/knobs";
import {
  asked,
  byDifference,
  curve,
  readout,
  travelWords,
  suggested,
  untold,
  valuesOf,
} from "../src/views/whatif/sweep";

const RADIUS: Knob = {
  name: "radius_m",
  type: "integer",
  unit: "m",
  description: "",
  minimum: 100,
  maximum: 100_000,
  fallback: 5000,
};
const CHANCE: Knob = { ...RADIUS, type: "number", unit: "chance", minimum: 0, maximum: 0.99 };

test("values to try stand around today's, within what the knob takes", () => {
  expect(suggested(RADIUS, 5000)).toBe("2500, 4000, 5000, 8000, 10000");
  expect(suggested(CHANCE, 0.8)).toBe("0.4, 0.64, 0.8");
  expect(suggested({ ...RADIUS, type: "boolean" }, true)).toBe("false");
  expect(suggested({ ...RADIUS, minimum: 0, maximum: 900, fallback: 0 }, 0)).toBe("0, 900");
});

test("what was asked is told without today's value among the others", () => {
  const run = { values: [5000, 8000], today: 5000, unit: "m" };
  expect(asked(run)).toBe("8 km instead of today’s 5 km");
  expect(asked({ ...run, values: [2500, 8000, 900] })).toBe(
    "2.5 km, 8 km or 900 m instead of today’s 5 km",
  );
  expect(asked({ ...run, values: [5000] })).toBe("5 km, as it is today");
});

test("values are typed as people type them", () => {
  expect(valuesOf(RADIUS, "2000, 4 000; 8000")).toEqual({ values: [2000, 4000, 8000] });
  expect(valuesOf(RADIUS, "2000, far")).toEqual({ error: "far is not a number" });
  expect(valuesOf(RADIUS, " ")).toEqual({ error: "Some values are needed" });
  expect(valuesOf(RADIUS, Array(13).fill("1").join())).toHaveProperty("error");
});

test("a curve has a gap where nothing can be told, and the reason is told once", () => {
  const none = { mean: null, low: null, high: null, predictable: false, why: "too far out" };
  const points = [
    { value: 9000, ...none },
    { value: 2000, mean: 0.5, low: 0.4, high: 0.6, predictable: true, why: null },
    { value: 12000, ...none },
  ];
  expect(curve(points)).toEqual({
    x: [2000, 9000, 12000],
    values: [0.5, null, null],
    low: [0.4, null, null],
    high: [0.6, null, null],
  });
  expect(untold(points)).toEqual([{ why: "too far out", values: [9000, 12000] }]);
});

const point = (value: number, mean: number, low: number, high: number) => ({
  value,
  mean,
  low: mean,
  high: mean,
  predictable: true,
  why: null,
  change: { mean: mean - 0.5, low, high },
});
const HACKNEY = {
  name: "Hackney",
  chores: 40,
  travel: [],
  points: [point(5000, 0.5, 0, 0), point(8000, 0.625, 0.05, 0.2), point(9000, 0.51, -0.1, 0.1)],
};
const TRAVEL = {
  ...HACKNEY,
  travel: [
    { ...point(5000, 600, 0, 0), change: { mean: 0, low: 0, high: 0 } },
    { ...point(8000, 720, 0, 0), change: { mean: 120, low: -30, high: 240 } },
  ],
};

test("travel in a district is told against today's", () => {
  expect(travelWords(TRAVEL, 8000, 5000)).toBe(
    "Travel to a booking there: 12 min instead of 10 min (−30 s to +4 min, nine times in ten).",
  );
  expect(travelWords(HACKNEY, 8000, 5000)).toBe("");
});
const km = (value: unknown) => `${Number(value) / 1000} km`;

test("a district is told of no surer than its interval", () => {
  expect(readout(HACKNEY, 8000, 5000, km)).toBe(
    "In Hackney, 8 km would fill 62.5% of 40 chores, where 5 km fills 50%: +12.5 points (between +5 points and +20 points, nine times in ten).",
  );
  expect(readout(HACKNEY, 9000, 5000, km)).toContain("no clear difference (between −10 points");
  expect(readout(HACKNEY, 5000, 5000, km)).toContain("the same chores in every draw");
  const untold = { value: 8000, mean: null, low: null, high: null, change: null };
  const points = [{ ...untold, predictable: false, why: "too far out" }];
  expect(readout({ ...HACKNEY, points }, 8000, 5000, km)).toBe(
    "In Hackney, 8 km cannot be told: too far out.",
  );
});

test("districts stand by how many chores a value makes a difference to", () => {
  const few = { ...HACKNEY, name: "Few", chores: 3 };
  expect(byDifference([few, HACKNEY], 8000, 5000).map(({ name }) => name)).toEqual([
    "Hackney",
    "Few",
  ]);
});
