/**
 * The knobs of a policy, read from the api's own schema: nothing here says what a knob means or
 * what it takes. Only the order in which an operator meets them is the console's.
 */

export type Value = number | boolean;

export interface Knob {
  name: string;
  type: "number" | "integer" | "boolean";
  unit: string;
  description: string;
  minimum: number | null;
  maximum: number | null;
  fallback: Value;
}

export interface Group {
  title: string;
  lead: string;
  knobs: Knob[];
}

interface SchemaField {
  type: Knob["type"];
  unit?: string;
  description?: string;
  minimum?: number;
  maximum?: number;
  default: Value;
}

const ORDER: { title: string; lead: string; names: string[] }[] = [
  {
    title: "Reach",
    lead: "How far a chore looks for a tasker, and how that grows.",
    names: ["radius_m", "radius_growth", "radius_cap_m", "presence_fresh_s"],
  },
  {
    title: "Waves",
    lead: "How many are asked, how often.",
    names: [
      "max_waves",
      "wanted_fill_chance",
      "max_offers_per_wave",
      "pending_offers_per_tasker",
      "wave_retry_s",
      "favourites_first",
    ],
  },
  {
    title: "Deadlines",
    lead: "How long an offer may be answered.",
    names: [
      "offer_deadline_now_s",
      "offer_deadline_today_s",
      "offer_deadline_future_s",
      "offer_deadline_share",
      "match_now_within_s",
    ],
  },
  {
    title: "Waiting on purpose",
    lead: "Holding back a little, for a better match.",
    names: ["gather_s", "hold_s"],
  },
  {
    title: "An open chore",
    lead: "What it costs to leave one without an offer: the more, the sooner it is served.",
    names: ["open_chore_cost", "waiting_cost_per_h", "urgency_cost"],
  },
  {
    title: "Choosing a tasker",
    lead: "What counts against asking somebody.",
    names: [
      "travel_cost_per_h",
      "price_weight",
      "lateness_cost_per_h",
      "scarcity_cost",
      "refusal_cost",
      "use_acceptance_rate",
    ],
  },
  {
    title: "Fairness",
    lead: "Who has little work, and who is new.",
    names: ["fairness_cost", "newcomer_bonus", "newcomer_bookings"],
  },
];

/** The knobs of the schema of `MatchingPolicy`, by name. */
export function knobsOf(properties: Record<string, SchemaField>): Map<string, Knob> {
  return new Map(
    Object.entries(properties).map(([name, field]) => [
      name,
      {
        name,
        type: field.type,
        unit: field.unit ?? "",
        description: field.description ?? "",
        minimum: field.minimum ?? null,
        maximum: field.maximum ?? null,
        fallback: field.default,
      },
    ]),
  );
}

/** In groups; what this page has never heard of comes last. */
export function grouped(knobs: Map<string, Knob>): Group[] {
  const known = new Set(ORDER.flatMap((group) => group.names));
  const others = [...knobs.keys()].filter((name) => !known.has(name));
  const all = [...ORDER, { title: "More", lead: "Further knobs of this version.", names: others }];
  return all
    .map(({ title, lead, names }) => ({
      title,
      lead,
      knobs: names.flatMap((name) => knobs.get(name) ?? []),
    }))
    .filter((group) => group.knobs.length > 0);
}

const NAMES: Record<string, string> = {
  radius_m: "Radius",
  radius_cap_m: "Radius cap",
};

/** `offer_deadline_now_s` → Offer deadline now: the unit is told apart. */
export function nameOf(knob: string): string {
  if (NAMES[knob]) return NAMES[knob];
  const text = knob.replace(/_(m|s|per_h)$/, "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What was typed, as a value of the knob, or what is wrong with it. */
export function read(knob: Knob, text: string): { value: Value } | { error: string } {
  if (knob.type === "boolean") return { value: text === "true" };
  const plain = text.trim().replaceAll(/[\s,_]/g, "");
  const value = Number(plain);
  if (plain === "") return { error: "A value is needed" };
  if (!/^[-+]?[\d.]/.test(plain) || !Number.isFinite(value))
    return { error: "This is not a number" };
  if (knob.type === "integer" && !Number.isInteger(value))
    return { error: "A whole number, please" };
  const bound = outOf(knob, value);
  return bound ? { error: bound } : { value };
}

/** The bounds of a knob in words; empty where it has none. */
export function boundsOf(knob: Knob): string {
  const { minimum, maximum } = knob;
  if (minimum === null && maximum === null) return "";
  if (maximum === null) return `at least ${plainly(minimum!)}`;
  if (minimum === null) return `at most ${plainly(maximum)}`;
  return `${plainly(minimum)} to ${plainly(maximum)}`;
}

/** A value as it is typed. */
export function written(value: Value | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

/** A value as it is read: with its thousands apart, a switch as yes or no. */
export function plainly(value: Value): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value.toLocaleString("en-GB", { maximumFractionDigits: 6 });
}

function outOf(knob: Knob, value: number): string | null {
  const { minimum, maximum, unit } = knob;
  const measured = (bound: number) => [plainly(bound), shortUnit(unit)].filter(Boolean).join(" ");
  if (minimum !== null && value < minimum) return `At least ${measured(minimum)}`;
  if (maximum !== null && value > maximum) return `At most ${measured(maximum)}`;
  return null;
}

/** What stands behind the number. */
export function shortUnit(unit: string): string {
  return ["factor", "chance", "share", "yes/no", "pence/pence"].includes(unit) ? "" : unit;
}
