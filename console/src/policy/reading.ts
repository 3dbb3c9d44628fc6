/** A knob's value said another way, where its unit is not how people think of it. */

import { duration, money, percent } from "../lib/format";
import { plainly, shortUnit, type Value } from "./knobs";

/** A value as it is spoken of, and never rounded: 5 km, 15 min, 90 s, 0.8, yes. */
export function spoken(value: Value, unit: string): string {
  if (typeof value === "number") {
    if (unit === "m" && value >= 1000) return `${plainly(value / 1000)} km`;
    const whole = value < 86_400 ? 60 : 3600;
    if (unit === "s" && value >= 60 && value % whole === 0) return duration(value);
  }
  return [plainly(value), shortUnit(unit)].filter(Boolean).join(" ");
}

/** The same with how else it may be said: 5,000 m (5 km), 900 s (15 min). */
export function inFull(value: Value, unit: string, currency: string): string {
  const other = reading(value, unit, currency);
  const plain = [plainly(value), shortUnit(unit)].filter(Boolean).join(" ");
  return other ? `${plain} (${other})` : plain;
}

/** 5000 m → 5 km, 900 s → 15 min, 10000 pence → £100; empty where there is nothing to add. */
export function reading(value: Value | undefined, unit: string, currency: string): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return "";
  if (unit === "m" && value >= 1000) return spoken(value, unit);
  if (unit === "s" && value >= 60) return duration(value);
  if (unit === "pence") return money({ amount: value, currency });
  if (unit === "pence/h") return `${money({ amount: value, currency })} an hour`;
  if (unit === "chance" || unit === "share") return percent(value, 1);
  return "";
}
