/** Figures of an experiment or a what-if as people read them: by their unit. */

import { duration, number, percent } from "../../lib/format";

/** A value in its unit: 62 %, 4 min 10 s, 2.9. */
export function inUnit(value: number, unit: string): string {
  if (unit === "share") return percent(value, 1);
  if (unit === "s") return (value < 0 ? "−" : "") + duration(value);
  return number(value, 2);
}

/** A difference in its unit, with its sign: +4.2 points, −35 s. */
export function difference(value: number, unit: string): string {
  const sign = value < 0 ? "−" : "+";
  const size = Math.abs(value);
  if (unit === "share") return `${sign}${number(100 * size, 1)} points`;
  return sign + inUnit(size, unit);
}

export type Verdict = "better" | "worse" | "unclear";

/** What an interval lets one say: only one that keeps off nought says anything. */
export function verdictOf(
  low: number | null,
  high: number | null,
  better: "higher" | "lower" | null,
): Verdict {
  if (low === null || high === null || better === null || (low <= 0 && high >= 0)) return "unclear";
  return low > 0 === (better === "higher") ? "better" : "worse";
}
