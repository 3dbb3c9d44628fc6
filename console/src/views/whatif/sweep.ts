/** A what-if as the page reads and draws it. */

import type { Schemas } from "../../api/types";
import { counted, duration, percent } from "../../lib/format";
import type { Knob, Value } from "../../policy/knobs";
import { spoken } from "../../policy/reading";
import { difference } from "../experiments/figures";

/** What each figure of a what-if is, in a sentence. */
export const MEANINGS: Record<string, string> = {
  fill_rate: "The share of the chores posted that somebody took.",
  time_to_accept_s:
    "From post to acceptance, the middle one of the chores taken. A replay goes by the minute, so a chore waits half of one before it is looked at: compare values here, not with the seconds seen in Health.",
  travel_s: "How long a tasker is under way to a booking, on average.",
  offers: "How many taskers are asked for each booking made.",
  income_gini:
    "How unequal pay for each active hour is among taskers: 0 is the same for all, 1 all for one.",
};

/** What was asked, in a line: the values tried against today's, which may be among them. */
export function asked(run: { values: Value[]; today: Value; unit: string }): string {
  const others = run.values.filter((value) => value !== run.today);
  const told = others.map((value) => spoken(value, run.unit));
  const today = spoken(run.today, run.unit);
  if (told.length === 0) return `${today}, as it is today`;
  const listed = told.length > 1 ? `${told.slice(0, -1).join(", ")} or ${told.at(-1)}` : told[0];
  return `${listed} instead of today’s ${today}`;
}

/** Values to try around today's: from half to twice, rounded as people would, within bounds. */
export function suggested(knob: Knob, today: Value): string {
  if (typeof today === "boolean") return today ? "false" : "true";
  const factors = today === 0 ? [] : [0.5, 0.8, 1, 1.6, 2];
  const around = factors.map((factor) => rounded(knob, today * factor));
  const ends = [knob.minimum, knob.fallback, knob.maximum].filter((end) => end !== null);
  const values = today === 0 ? ends.map(Number) : around;
  const within = values.filter(
    (value) => value >= (knob.minimum ?? -Infinity) && value <= (knob.maximum ?? Infinity),
  );
  return [...new Set(within)].sort((a, b) => a - b).join(", ");
}

/** `2000, 4 000; 8000` as values, or what is wrong with it. */
export function valuesOf(knob: Knob, text: string): { values: Value[] } | { error: string } {
  const parts = text
    .split(/[,;\n]/)
    .map((part) => part.trim().replaceAll(/\s/g, ""))
    .filter(Boolean);
  if (!parts.length) return { error: "Some values are needed" };
  if (parts.length > 12) return { error: "Twelve values at the most" };
  if (knob.type === "boolean") return { values: parts.map((part) => part === "true") };
  const values = parts.map(Number);
  const wrong = parts.find((_, n) => !Number.isFinite(values[n]));
  return wrong === undefined ? { values } : { error: `${wrong} is not a number` };
}

export interface Point {
  value: Value;
  mean: number | null;
  low: number | null;
  high: number | null;
  predictable: boolean;
  why: string | null;
}

/** Points as a line over x, in the order of x: what cannot be told is a gap. */
export function curve(points: Point[]): {
  x: number[];
  values: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
} {
  const sorted = [...points].sort((a, b) => Number(a.value) - Number(b.value));
  const told = (of: "mean" | "low" | "high") =>
    sorted.map((point) => (point.predictable ? point[of] : null));
  return {
    x: sorted.map((point) => Number(point.value)),
    values: told("mean"),
    low: told("low"),
    high: told("high"),
  };
}

/** Which values cannot be told, and why; each reason once. */
export function untold(points: Point[]): { why: string; values: Value[] }[] {
  const reasons = new Map<string, Value[]>();
  for (const point of points) {
    if (point.predictable || !point.why) continue;
    reasons.set(point.why, [...(reasons.get(point.why) ?? []), point.value]);
  }
  return Array.from(reasons, ([why, values]) => ({ why, values }));
}

function rounded(knob: Knob, value: number): number {
  if (knob.type === "integer" && value < 10) return Math.round(value);
  const digits = Math.max(0, 1 - Math.floor(Math.log10(Math.abs(value))));
  const step = 10 ** Math.min(6, digits);
  const size = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value))) - 1);
  return value >= 10 ? Math.round(value / size) * size : Math.round(value * step) / step;
}

type Region = Schemas["RegionOut"];
type RegionPoint = Region["points"][number];

/** A region under a value and under today's. */
export function pairOf(region: Region, value: Value, today: Value) {
  const at = (wanted: Value) => region.points.find((point) => point.value === wanted);
  return { name: region.name, chores: region.chores, before: at(today), after: at(value) };
}

/** Regions by how many of their chores a value fills or loses, most first. */
export function byDifference(regions: Region[], value: Value, today: Value) {
  const size = (each: ReturnType<typeof pairOf>) =>
    Math.abs(each.after?.change?.mean ?? 0) * each.chores;
  return regions
    .map((region) => pairOf(region, value, today))
    .toSorted((a, b) => size(b) - size(a) || a.name.localeCompare(b.name));
}

/** What a value would do in a region, in a sentence, no surer than its interval. */
export function readout(
  region: Region,
  value: Value,
  today: Value,
  written: (value: Value) => string,
): string {
  const { name, chores, before, after } = pairOf(region, value, today);
  if (after?.mean == null) {
    return `In ${name}, ${written(value)} cannot be told: ${after?.why ?? "it was not played"}.`;
  }
  const rates = `In ${name}, ${written(value)} would fill ${percent(after.mean, 1)} of ${counted(chores, "chore")}`;
  if (before?.mean == null || !after.change) return `${rates}.`;
  return `${rates}, where ${written(today)} fills ${percent(before.mean, 1)}: ${inWords(after.change)}`;
}

/** A region's travel to a booking under today's value and under another. */
export function travelOf(region: Region, value: Value, today: Value) {
  const at = (wanted: Value) => region.travel.find((point) => point.value === wanted);
  return { before: at(today), after: at(value) };
}

/** What a value would do to the travel in a region; empty where that is not told. */
export function travelWords(region: Region, value: Value, today: Value): string {
  const { before, after } = travelOf(region, value, today);
  if (before?.mean == null || after?.mean == null || !after.change) return "";
  const { low, high } = after.change;
  const between = `${difference(low, "s")} to ${difference(high, "s")}, nine times in ten`;
  return `Travel to a booking there: ${duration(after.mean)} instead of ${duration(before.mean)} (${between}).`;
}

function inWords({ mean, low, high }: NonNullable<RegionPoint["change"]>): string {
  if (low === 0 && high === 0) return "the same chores in every draw.";
  const between = `between ${difference(low, "share")} and ${difference(high, "share")}, nine times in ten`;
  if (low <= 0 && high >= 0) return `no clear difference (${between}).`;
  return `${difference(mean, "share")} (${between}).`;
}
