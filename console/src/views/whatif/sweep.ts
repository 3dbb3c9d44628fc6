/** A what-if as the page reads and draws it. */

import type { Schemas } from "../../api/types";
import { counted, percent } from "../../lib/format";
import type { Knob, Value } from "../../policy/knobs";
import { difference } from "../experiments/figures";

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

function inWords({ mean, low, high }: NonNullable<RegionPoint["change"]>): string {
  if (low === 0 && high === 0) return "the same chores in every draw.";
  const between = `between ${difference(low, "share")} and ${difference(high, "share")}, nine times in ten`;
  if (low <= 0 && high >= 0) return `no clear difference (${between}).`;
  return `${difference(mean, "share")} (${between}).`;
}
