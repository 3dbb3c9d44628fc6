import { describe, expect, test } from "vitest";
import { FIRST_VIEW, format, parse } from "$/lib/route";

describe("addresses", () => {
  test("an address and its route are the same thing", () => {
    const route = {
      market: "london",
      view: "chores",
      rest: ["0192e0a0"],
      query: { state: "unfilled", category: "mounting" },
    };
    expect(parse(format(route))).toEqual(route);
  });

  test("what is left out is the first view of no market in particular", () => {
    expect(parse("")).toEqual({ market: null, view: FIRST_VIEW, rest: [], query: {} });
    expect(parse("#/london").view).toBe(FIRST_VIEW);
  });

  test("names are escaped, and what cannot be read is left as it is", () => {
    expect(parse(format({ market: "a b", view: "x/y" })).rest).toEqual([]);
    expect(parse(format({ market: "a b", view: "x/y" })).view).toBe("x/y");
    expect(parse("#/%E0%A4%A/chores").market).toBe("%E0%A4%A");
  });

  test("an empty word of the query is not said", () => {
    expect(format({ market: "london", view: "chores", query: { state: "" } })).toBe(
      "#/london/chores",
    );
  });
});
