import { describe, expect, test } from "vitest";
import { Problem } from "$/api/problems";
import {
  changes,
  crossErrors,
  errorsOf,
  inherit,
  keyOf,
  onTopOf,
  placeOf,
  put,
  reaches,
  valueAt,
  type PolicyDocument,
} from "$/policy/document";
import { boundsOf, grouped, knobsOf, nameOf, read } from "$/policy/knobs";
import { inFull, reading, spoken } from "$/policy/reading";

const KNOBS = knobsOf({
  radius_m: { type: "number", unit: "m", minimum: 100, maximum: 200_000, default: 5000 },
  radius_cap_m: { type: "number", unit: "m", minimum: 100, maximum: 200_000, default: 20_000 },
  max_waves: { type: "integer", unit: "waves", minimum: 1, maximum: 20, default: 4 },
  favourites_first: { type: "boolean", unit: "yes/no", default: true },
  something_new: { type: "number", default: 1 },
});
const DOCUMENT: PolicyDocument = {
  default: { radius_m: 5000, radius_cap_m: 20_000, max_waves: 4 },
  categories: { mounting: { radius_m: 3000 } },
};

describe("what is typed", () => {
  const radius = KNOBS.get("radius_m")!;

  test("a number is read, however its thousands are written", () => {
    expect(read(radius, "8000")).toEqual({ value: 8000 });
    expect(read(radius, " 8,000 ")).toEqual({ value: 8000 });
    expect(read(radius, "1e4")).toEqual({ value: 10_000 });
  });

  test.each([
    ["0", "At least 100 m"],
    ["-1", "At least 100 m"],
    ["1000000000", "At most 200,000 m"],
    ["NaN", "This is not a number"],
    ["Infinity", "This is not a number"],
    ["0x20", "At least 100 m"],
    ["", "A value is needed"],
  ])("%j is refused: %s", (text, error) => {
    expect(read(radius, text)).toEqual({ error });
  });

  test("what is counted is whole", () => {
    expect(read(KNOBS.get("max_waves")!, "2.5")).toEqual({ error: "A whole number, please" });
  });
});

describe("inheritance", () => {
  test("a category shows its own value, or the market's", () => {
    expect(valueAt(DOCUMENT, "mounting", "radius_m")).toEqual({ value: 3000, inherited: false });
    expect(valueAt(DOCUMENT, "moving", "radius_m")).toEqual({ value: 5000, inherited: true });
  });

  test("going back to the market's leaves nothing of the category behind", () => {
    expect(inherit(DOCUMENT, "mounting", "radius_m").categories).toEqual({});
  });
});

describe("differences", () => {
  test("are told by scope and field; inherited is null", () => {
    const edited = inherit(put(DOCUMENT, null, "radius_m", 8000), "mounting", "radius_m");
    expect(changes(DOCUMENT, edited)).toEqual([
      { scope: null, field: "radius_m", before: 5000, after: 8000 },
      { scope: "mounting", field: "radius_m", before: 3000, after: null },
    ]);
  });

  test("go on top of what somebody else has changed meanwhile", () => {
    const mine = put(DOCUMENT, null, "radius_m", 8000);
    const theirs = put(DOCUMENT, null, "max_waves", 6);
    const both = onTopOf(theirs, changes(DOCUMENT, mine));
    expect(both.default).toMatchObject({ radius_m: 8000, max_waves: 6 });
  });
});

describe("refusals", () => {
  test("a path names a scope and a field", () => {
    expect(placeOf("document.categories.mounting.radius_m")).toEqual({
      scope: "mounting",
      field: "radius_m",
    });
    expect(placeOf("default.radius_m")).toEqual({ scope: null, field: "radius_m" });
  });

  test("an error about several fields stands beside one that it names", () => {
    const message = "Value error, radius_cap_m (100) must be at least radius_m (5000)";
    const errors = [{ field: "document.default", reason: "value_error", message }];
    const problem = new Problem(422, "invalid", "", "", { errors });
    const [[key] = []] = errorsOf(problem, KNOBS);
    expect([keyOf(null, "radius_m"), keyOf(null, "radius_cap_m")]).toContain(key);
  });

  test("a cap below the radius is seen in the scope where it is", () => {
    const errors = crossErrors(put(DOCUMENT, "mounting", "radius_cap_m", 2000));
    expect([...errors.keys()]).toEqual([keyOf("mounting", "radius_cap_m")]);
  });
});

test("waves reach further and further, up to the cap", () => {
  expect(reaches(5000, 1.5, 10_000, 4)).toEqual([5000, 7500, 10_000, 10_000]);
});

test("every knob of the schema is shown, known or not", () => {
  const shown = grouped(KNOBS).flatMap((group) => group.knobs.map((knob) => knob.name));
  expect(shown.toSorted()).toEqual([...KNOBS.keys()].toSorted());
});

test("a knob's name and bounds are for people", () => {
  expect(nameOf("offer_deadline_now_s")).toBe("Offer deadline now");
  expect(boundsOf(KNOBS.get("radius_m")!)).toBe("100 to 200,000");
});

test("values are said in the unit people think in", () => {
  expect(reading(5000, "m", "GBP")).toBe("5 km");
  expect(reading(900, "s", "GBP")).toBe("15 min");
  expect(inFull(4250, "m", "GBP")).toBe("4,250 m (4.25 km)");
  expect(inFull(900, "m", "GBP")).toBe("900 m");
  expect(inFull(true, "yes/no", "GBP")).toBe("yes");
  expect([spoken(12_345, "m"), spoken(0.8, "chance")]).toEqual(["12.345 km", "0.8"]);
  expect([spoken(1200, "s"), spoken(90, "s")]).toEqual(["20 min", "90 s"]);
  expect(reading(10_000, "pence", "GBP")).toBe("£100");
  expect(reading(0.9, "chance", "GBP")).toBe("90%");
});
