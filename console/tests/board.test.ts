import { expect, test } from "vitest";
import type { LiveChore, MarketFrame } from "../src/lib/stream.svelte";
import { middle } from "../src/map/style";
import {
  after,
  boundsOf,
  emptyBoard,
  forgetMoves,
  needy,
  pointsOf,
  reachesOf,
} from "../src/views/live/board";

function chore(id: string, different: Partial<LiveChore> = {}): LiveChore {
  return {
    id,
    status: "open",
    category: "cleaning",
    lon: -0.05,
    lat: 51.54,
    wave: 1,
    radius_m: 5000,
    offers: 0,
    starts_at: "2026-11-23T12:00:00.000Z",
    ...different,
  };
}

function frame(different: Partial<MarketFrame> = {}): MarketFrame {
  return {
    frame: "market",
    market: "london",
    at: "2026-11-23T12:00:00.000Z",
    begin: false,
    counts: {},
    chores: [],
    bookings: [],
    taskers: [],
    gone: [],
    reload: false,
    ...different,
  };
}

test("a whole replaces what was there, further frames add to it", () => {
  let board = after(emptyBoard(), frame({ begin: true, chores: [chore("a"), chore("b")] }));
  board = after(board, frame({ chores: [chore("b", { status: "offered" }), chore("c")] }));
  expect([...board.chores.keys()]).toEqual(["a", "b", "c"]);
  expect(board.chores.get("b")?.status).toBe("offered");
  board = after(board, frame({ begin: true, chores: [chore("z")] }));
  expect([...board.chores.keys()]).toEqual(["z"]);
});

test("what is gone is shown no longer, whatever it was", () => {
  const booking = { id: "k", chore_id: "a", tasker_id: "t", status: "scheduled", lon: 0, lat: 51 };
  let board = after(emptyBoard(), frame({ chores: [chore("a")], bookings: [booking] }));
  board = after(board, frame({ taskers: [{ id: "t", lon: 0, lat: 51 }] }));
  board = after(board, frame({ gone: ["a", "k", "t"] }));
  expect([board.chores.size, board.bookings.size, board.moved.size]).toEqual([0, 0, 0]);
  expect(board.left).toEqual(new Set(["t"]));
});

test("who moved is left out of the tiles until these are loaded anew", () => {
  const board = after(emptyBoard(), frame({ taskers: [{ id: "t", lon: 0, lat: 51 }] }));
  expect([...board.left]).toEqual(["t"]);
  expect(pointsOf(board.moved.values()).features[0]?.geometry.coordinates).toEqual([0, 51]);
  forgetMoves(board);
  expect([board.moved.size, board.left.size]).toEqual([0, 0]);
});

test("a reach is drawn for what has offers out, and for what is looked at", () => {
  const all = [chore("a"), chore("b", { status: "offered" }), chore("c")];
  const drawn = reachesOf(all, "c").features.map((each) => each.properties);
  expect(drawn).toEqual([
    { id: "b", chosen: false },
    { id: "c", chosen: true },
  ]);
});

test("of many, only the reach of the one that is looked at is drawn", () => {
  const many = Array.from({ length: 14 }, (_, n) => chore(`${n}`, { status: "offered" }));
  expect(reachesOf(many, null).features).toHaveLength(0);
  expect(reachesOf(many, "4").features.map((each) => each.properties?.id)).toEqual(["4"]);
});

test("the bounds of a chore are what its wave reaches", () => {
  const [west, south, east, north] = boundsOf(chore("a", { radius_m: 11_119.5 }));
  expect(north - south).toBeCloseTo(0.2, 6);
  expect((west + east) / 2).toBeCloseTo(-0.05, 6);
  expect(east - west).toBeGreaterThan(0.3);
});

test("those without anybody come first, and then by when they begin", () => {
  const all = [
    chore("offered", { status: "offered" }),
    chore("late", { starts_at: "2026-11-23T18:00:00.000Z" }),
    chore("early"),
    chore("unfilled", { status: "unfilled", starts_at: "2026-11-24T18:00:00.000Z" }),
  ];
  expect(needy(all, 3).map((each) => each.id)).toEqual(["unfilled", "early", "late"]);
});

test("the middle of a district is its centroid, whichever way its ring runs", () => {
  const ring = [
    [0, 0],
    [4, 0],
    [4, 2],
    [0, 2],
    [0, 0],
  ];
  expect(middle(ring)).toEqual({ at: [2, 1], area: 8 });
  expect(middle(ring.toReversed())).toEqual({ at: [2, 1], area: 8 });
});
