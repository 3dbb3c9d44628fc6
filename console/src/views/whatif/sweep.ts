/** A what-if as the page reads and draws it. */

import type { Knob, Value } from "../../policy/knobs";

/** Values to try around today's: from half to twice, rounded as people would, within bounds. */
export function suggested(knob: Knob, today: Value): string {
  if (typeof today === "boolean") return today ? "false" : "true";
  const factors = today === 0 ? [] : [0.5, 0.75, 1, 1.5, 2];
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
