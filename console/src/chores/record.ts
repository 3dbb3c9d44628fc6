/** A decision's record, as the dispatcher keeps it for operators. */

export interface Candidate {
  tasker_id: string;
  offered: boolean;
  /** Their sum, and each by name, in minor units. */
  total_pence: number;
  terms: Record<string, number>;
  /** That the offer is accepted. */
  chance: number;
  starts_at_s: number;
  rate_per_h: number;
  distance_m: number;
  travel_s: number;
}

export interface Refused {
  tasker_id: string;
  rules: Record<string, Record<string, number | null>>;
}

export interface DecisionRecord {
  kind: string;
  policy_version: number;
  radius_m?: number;
  wave_size?: number;
  fill_chance?: number;
  solver?: string;
  optimal?: boolean;
  open_terms?: Record<string, number>;
  found?: number;
  feasible?: number;
  considered?: Candidate[];
  refused_by?: Record<string, number>;
  refused?: Refused[];
  next_candidate?: string | null;
  /** Of the `in_reach` nearest, how many each filter of the search left out. */
  left_out?: { in_reach: number } & Record<string, number>;
  left_out_nearest?: { tasker_id: string; filters: string[] }[];
  max_waves?: number;
}

export interface Decision {
  id: number;
  round_id: string;
  at: string;
  wave: number;
  policy_version: number;
  outcome: "offers" | "nobody" | "left_open" | "held" | "unfilled";
  record: DecisionRecord;
}

/** The terms of a candidate's cost, in the order in which they are drawn. */
export const TERMS = [
  "travel",
  "price",
  "lateness",
  "scarcity",
  "fairness",
  "refusal",
  "newcomer",
] as const;

/** Everybody a record names, each once, in the order of how near they came to an offer. */
export function named(record: DecisionRecord): string[] {
  const everybody = [
    ...(record.considered ?? []),
    ...(record.refused ?? []),
    ...(record.left_out_nearest ?? []),
  ];
  return [...new Set(everybody.map((each) => each.tasker_id))];
}

export interface Bar {
  name: string;
  value: number;
  /** Where it begins and how long it is, in shares of the width. */
  from: number;
  size: number;
}

/** Terms side by side: what counts in favour (below nought) at the left of it, the rest right. */
export function barsOf(terms: Record<string, number>, low: number, high: number): Bar[] {
  const width = high - low || 1;
  let [right, left] = [0, 0];
  return ordered(terms).flatMap(([name, value]) => {
    if (value === 0) return [];
    const from = value > 0 ? right : left + value;
    if (value > 0) right += value;
    else left += value;
    return [{ name, value, from: (from - low) / width, size: Math.abs(value) / width }];
  });
}

/** From the furthest in favour to the furthest against, over all candidates. */
export function spanOf(candidates: Candidate[]): { low: number; high: number } {
  const sums = (keep: (value: number) => boolean) =>
    candidates.map((each) =>
      Object.values(each.terms)
        .filter(keep)
        .reduce((sum, value) => sum + value, 0),
    );
  return {
    low: Math.min(0, ...sums((value) => value < 0)),
    high: Math.max(0, ...sums((value) => value > 0)),
  };
}

function ordered(terms: Record<string, number>): [string, number][] {
  const place = (name: string) => {
    const at = (TERMS as readonly string[]).indexOf(name);
    return at < 0 ? TERMS.length : at;
  };
  return Object.entries(terms).toSorted(([a], [b]) => place(a) - place(b));
}
