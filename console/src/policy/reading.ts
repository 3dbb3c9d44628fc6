/** A knob's value said another way, where its unit is not how people think of it. */

import { distance, duration, money, percent } from "../lib/format";
import type { Value } from "./knobs";

/** 5000 m → 5 km, 900 s → 15 min, 10000 pence → £100; empty where there is nothing to add. */
export function reading(value: Value | undefined, unit: string, currency: string): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return "";
  if (unit === "m" && value >= 1000) return distance(value);
  if (unit === "s" && value >= 60) return duration(value);
  if (unit === "pence") return money({ amount: value, currency });
  if (unit === "pence/h") return `${money({ amount: value, currency })} an hour`;
  if (unit === "chance" || unit === "share") return percent(value, 1);
  return "";
}
