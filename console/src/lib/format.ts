/** Numbers, money, distances and times as people read them. */

const LOCALE = "en-GB";

export interface Money {
  amount: number;
  currency: string;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(LOCALE, { maximumFractionDigits: digits }).format(value);
}

/** 1 chore, 2 chores. */
export function counted(many: number, thing: string): string {
  return `${number(many)} ${thing}${many === 1 ? "" : "s"}`;
}

export function percent(share: number, digits = 0): string {
  const format = { style: "percent", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(LOCALE, format).format(share);
}

export function money(value: Money): string {
  const format = { style: "currency", currency: value.currency } as const;
  const whole = value.amount % 100 === 0 ? { ...format, maximumFractionDigits: 0 } : format;
  return new Intl.NumberFormat(LOCALE, whole).format(value.amount / 100);
}

/** 850 m, 4.2 km, 12 km. */
export function distance(metres: number): string {
  if (Math.abs(metres) < 1000) return `${number(Math.round(metres))} m`;
  return `${number(metres / 1000, Math.abs(metres) < 10_000 ? 1 : 0)} km`;
}

/** 45 s, 3 min, 1 h 20 min, 2 d 4 h: the two largest units. */
export function duration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  if (whole < 60) return `${whole} s`;
  const [days, hours, minutes, rest] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest && minutes < 10 ? `${minutes} min ${rest} s` : `${minutes} min`;
}

/** 14:03 of today, Sat 21 Nov, 14:03 of another day: by the market's clock. */
export function clock(at: string | Date, zone: string, now: Date, seconds = false): string {
  const moment = new Date(at);
  const time = new Intl.DateTimeFormat(LOCALE, {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds && { second: "2-digit" }),
  }).format(moment);
  if (day(moment, zone) === day(now, zone)) return time;
  const date = new Intl.DateTimeFormat(LOCALE, {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(moment.getFullYear() !== now.getFullYear() && { year: "numeric" }),
  }).format(moment);
  return `${date}, ${time}`;
}

const DAY_MS = 86_400_000;

/**
 * A mark on an axis of time with `step` milliseconds from one to the next: 14:00, at midnight and
 * from day to day 21 Nov.
 */
export function tick(at: number, zone: string, step: number): string {
  const format = (parts: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LOCALE, { timeZone: zone, ...parts }).format(at);
  const time = format({ hour: "2-digit", minute: "2-digit" });
  if (step < DAY_MS && time !== "00:00") return time;
  return format({ day: "numeric", month: "short" });
}

/** 21 Nov 2026 14:05: a moment in full, by the market's clock. */
export function stamp(at: string | Date, zone: string): string {
  const date = new Intl.DateTimeFormat(LOCALE, {
    timeZone: zone,
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  const time = new Intl.DateTimeFormat(LOCALE, {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
  });
  const moment = new Date(at);
  return `${date.format(moment)} ${time.format(moment)}`;
}

/** just now, 4 min ago, in 2 h. */
export function relative(at: string | Date, now: Date): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 10) return "just now";
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(LOCALE, { numeric: "always", style: "short" });
  return format.format(Math.round(seconds / size), unit);
}

/** `outside_service_area` → Outside service area. */
export function words(name: string): string {
  const text = name.replaceAll("_", " ").replaceAll("-", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The last part of an id, enough to tell things apart by eye: of a UUIDv7 the random end. */
export function shortId(id: string): string {
  return id.slice(-6);
}

function day(moment: Date, zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(moment);
}
