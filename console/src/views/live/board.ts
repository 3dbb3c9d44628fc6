/** What is live in a market, put together from the frames that the stream tells. */

import type { Feature, FeatureCollection, Point, Polygon } from "geojson";
import type { LiveBooking, LiveChore, LiveTasker, MarketFrame } from "../../lib/stream.svelte";
import { circle } from "../../map/style";

export interface Board {
  counts: Record<string, number>;
  chores: Map<string, LiveChore>;
  bookings: Map<string, LiveBooking>;
  /** Who moved since the tiles were loaded. */
  moved: Map<string, LiveTasker>;
  /** Whom the tiles still show, and should not. */
  left: Set<string>;
}

export function emptyBoard(): Board {
  return {
    counts: {},
    chores: new Map(),
    bookings: new Map(),
    moved: new Map(),
    left: new Set(),
  };
}

/** The board after a frame: a new one at the beginning of a whole, else the same, changed. */
export function after(board: Board, frame: MarketFrame): Board {
  const next = frame.begin ? emptyBoard() : board;
  next.counts = frame.counts;
  for (const chore of frame.chores) next.chores.set(chore.id, chore);
  for (const booking of frame.bookings) next.bookings.set(booking.id, booking);
  for (const tasker of frame.taskers) {
    next.moved.set(tasker.id, tasker);
    next.left.add(tasker.id);
  }
  for (const id of frame.gone) {
    if (!next.chores.delete(id) && !next.bookings.delete(id)) {
      next.moved.delete(id);
      next.left.add(id);
    }
  }
  return next;
}

/** Whom the tiles were loaded with is on them now. */
export function forgetMoves(board: Board): void {
  board.moved.clear();
  board.left.clear();
}

export function pointsOf<T extends { id: string; lon: number; lat: number }>(
  things: Iterable<T>,
): FeatureCollection<Point> {
  return collection(
    Array.from(things, ({ lon, lat, ...properties }) => ({
      type: "Feature",
      properties,
      geometry: { type: "Point", coordinates: [lon, lat] },
    })),
  );
}

/** Of more, circles would hide the map. */
const MOST_REACHES = 12;

/**
 * The reach of the newest wave of the chore that is looked at, and of those with offers out if they
 * are few.
 */
export function reachesOf(chores: Iterable<LiveChore>, chosen: string | null): FeatureCollection {
  const all = Array.from(chores);
  const offered = all.filter((chore) => chore.status === "offered" && chore.id !== chosen);
  const shown = all.filter((chore) => chore.id === chosen);
  if (offered.length <= MOST_REACHES) shown.unshift(...offered);
  return collection(
    shown.map((chore) => {
      const ring = circle(chore.lon, chore.lat, chore.radius_m) as Feature;
      return { ...ring, properties: { id: chore.id, chosen: chore.id === chosen } };
    }),
  );
}

/** What its newest wave reaches: west, south, east, north. */
export function boundsOf(chore: LiveChore): [number, number, number, number] {
  const ring = circle(chore.lon, chore.lat, chore.radius_m, 4) as Feature<Polygon>;
  const [lons, lats] = [0, 1].map((axis) => ring.geometry.coordinates[0]!.map((at) => at[axis]!));
  return [Math.min(...lons!), Math.min(...lats!), Math.max(...lons!), Math.max(...lats!)];
}

/** Those that need somebody most: without anybody, then asked in vain the longest. */
export function needy(chores: Iterable<LiveChore>, most: number): LiveChore[] {
  const rank = { unfilled: 0, open: 1, offered: 2 } as Record<string, number>;
  return Array.from(chores)
    .sort(
      (a, b) =>
        (rank[a.status] ?? 3) - (rank[b.status] ?? 3) || a.starts_at.localeCompare(b.starts_at),
    )
    .slice(0, most);
}

function collection<G extends FeatureCollection["features"]>(features: G) {
  return { type: "FeatureCollection" as const, features };
}
