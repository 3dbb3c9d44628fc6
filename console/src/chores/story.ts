/** A chore's story: what happened to it, in order, in words. */

import type { Schemas } from "../api/types";
import { distance, money, percent, type Money } from "../lib/format";
import type { Decision, DecisionRecord } from "./record";

export type Chore = Schemas["ExactChore"];
export type Offer = Schemas["ExtendedOffer"];
export type Booking = Schemas["BookingOut"];

export interface Chapter {
  at: string;
  title: string;
  text: string;
  /** A state, for its colour. */
  state: string;
  decision?: Decision;
  offers?: Offer[];
}

/** Of one, and of several. */
const FILTERS: Record<string, [string, string]> = {
  over_budget: ["asks more than the budget", "ask more than the budget"],
  outside_area: ["does not serve that place", "do not serve that place"],
  blocked: ["is blocked", "are blocked"],
  asked_before: ["was asked before", "were asked before"],
  not_online: ["is not online", "are not online"],
  no_room: ["has too many offers already", "have too many offers already"],
  days_off: ["has the day off", "have the day off"],
};

export const RULES: Record<string, string> = {
  wrong_category: "Another category",
  blocked: "Blocked",
  already_refused: "Refused it before",
  already_asked: "Has an offer of it",
  over_budget: "Over the budget",
  outside_radius: "Beyond the radius",
  outside_service_area: "Outside their area",
  too_far_for_tasker: "Further than they go",
  cannot_arrive_in_time: "Cannot be there in time",
  too_short_notice: "Too short a notice",
  no_free_time: "No free time",
  too_many_hours: "Too many hours that day",
  no_room_for_offers: "Too many offers already",
};

export function filterWords(filter: string, count: number): string {
  return FILTERS[filter]?.[count === 1 ? 0 : 1] ?? filter.replaceAll("_", " ");
}

export function storyOf(
  chore: Chore,
  decisions: Decision[],
  offers: Offer[],
  booking: Booking | null,
): Chapter[] {
  const chapters: Chapter[] = [
    { at: chore.posted_at, title: "Posted", text: `${chore.address}`, state: "open" },
    ...decisions.map((decision, n) => ({
      at: decision.at,
      ...told(decision, decisions.slice(0, n).some(isUnfilled)),
      decision,
      offers: offers.filter((offer) => offer.round_id === decision.round_id),
    })),
    ...byHand(offers, decisions),
    ...bookingChapters(booking),
  ];
  if (chore.closed_at && !["completed", "booked"].includes(chore.state)) {
    const title = chore.state === "expired" ? "Expired" : "Cancelled";
    const text = chore.state === "expired" ? "Nobody took it before it had to be matched." : "";
    chapters.push({ at: chore.closed_at, title, text, state: chore.state });
  }
  return chapters.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** The newest decision that looked for people; what a verdict rests on. */
export function lastLook(decisions: Decision[]): Decision | undefined {
  return decisions.findLast((decision) => decision.record.radius_m !== undefined);
}

/** Whom the search left out over the chore's budget, as far as its record names them. */
export function tooDear(record: DecisionRecord): string[] {
  return (record.left_out_nearest ?? [])
    .filter(({ filters }) => filters.includes("over_budget"))
    .map(({ tasker_id }) => tasker_id);
}

/**
 * What the cheapest of those over the budget asks, against it; empty without any. Of those whom a
 * rule refused the record has it; `rates` are what others ask now, in minor units.
 */
export function priceWords(chore: Chore, record: DecisionRecord, rates: number[]): string {
  const { budget } = chore;
  if (!budget) return "";
  const said = (amount: number): string =>
    `${money({ ...budget, amount } satisfies Money)} an hour`;
  const refused = (record.refused ?? []).flatMap(({ rules }) => rules.over_budget?.by_pence ?? []);
  const asked = [...refused.map((by) => budget.amount + by), ...rates].filter(
    (rate) => rate > budget.amount,
  );
  if (asked.length === 0) return "";
  const least = Math.min(...asked);
  const who =
    asked.length === 1 ? "The one over the budget asks" : "Over the budget, the cheapest asks";
  return `${who} ${said(least)}, ${money({ ...budget, amount: least - budget.amount })} more than the ${said(budget.amount)} that it pays at most.`;
}

/** Why nobody has it, in a sentence; null where there is nothing to explain. */
export function verdict(chore: Chore, decisions: Decision[], offers: Offer[]): string | null {
  if (!["open", "unfilled", "expired"].includes(chore.state)) return null;
  const last = lastLook(decisions);
  if (!last) return "No round has looked at it yet.";
  const answered = ["declined", "expired", "withdrawn"].map(
    (state) => [state, offers.filter((offer) => offer.state === state).length] as const,
  );
  const asked = offers.length
    ? `${offers.length} ${offers.length === 1 ? "was" : "were"} asked (${answered
        .filter(([, count]) => count)
        .map(([state, count]) => `${count} ${state}`)
        .join(", ")}). `
    : "Nobody was asked. ";
  return asked + nobodyWords(last.record);
}

function isUnfilled({ outcome }: Decision): boolean {
  return outcome === "unfilled";
}

/** `late`: its waves were over before, and it was looked at again since somebody might be free. */
function told(
  { outcome, wave, record }: Decision,
  late: boolean,
): Pick<Chapter, "title" | "text" | "state"> {
  const within = record.radius_m ? ` within ${distance(record.radius_m)}` : "";
  if (outcome === "offers") {
    const count = record.considered?.filter((each) => each.offered).length ?? 0;
    return {
      title: `Wave ${wave}: ${count} asked`,
      text:
        `Of ${record.feasible} who could be${within}; ${percent(record.fill_chance ?? 0)} likely that one accepts.` +
        (late
          ? " Beyond the policy's waves: an unfilled chore is looked at again now and then, and whenever a tasker's change may help it."
          : ""),
      state: "offered",
    };
  }
  if (outcome === "held") {
    return { title: "Held back", text: "Waiting promises better taskers.", state: "open" };
  }
  if (outcome === "left_open") {
    return {
      title: `Wave ${wave}: left open`,
      text: `${record.feasible} could be asked${within}, but others needed them more, or they cost more than waiting.`,
      state: "open",
    };
  }
  const title = outcome === "unfilled" ? `Unfilled after wave ${wave}` : `Wave ${wave}: nobody`;
  const text = record.kind === "waves_exhausted" ? "No wave was accepted." : nobodyWords(record);
  return { title, text, state: outcome === "unfilled" ? "unfilled" : "open" };
}

function nobodyWords(record: DecisionRecord): string {
  const within = record.radius_m ? ` within ${distance(record.radius_m)}` : "";
  if (record.feasible) return `${record.feasible} could be asked${within}.`;
  const out = record.left_out;
  const refused = Object.entries(record.refused_by ?? {});
  if (refused.length > 0) {
    const [rule, count] = refused.toSorted(([, a], [, b]) => b - a)[0]!;
    const why = (RULES[rule] ?? rule).toLowerCase();
    if (record.found === 1) return `One was found${within}; the rules refuse them: ${why}.`;
    return `${record.found} were found${within}; the rules refuse them all, most often: ${why} (${count}).`;
  }
  if (!out || out.in_reach === 0) return `Nobody of the kind lives${within}.`;
  const counts = Object.entries(out).filter(([name, count]) => name !== "in_reach" && count > 0);
  const reasons = counts
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name, count]) => `${count} ${filterWords(name, count)}`);
  const several = counts.reduce((sum, [, count]) => sum + count, 0) > out.in_reach;
  const note = several ? " (some for more than one reason)" : "";
  const whom = out.in_reach === 1 ? "Of the only one" : `Of the ${out.in_reach} nearest`;
  return `${whom}${within}, ${reasons.join(", ")}${note}.`;
}

/** Offers that no decision made: an operator did. */
function byHand(offers: Offer[], decisions: Decision[]): Chapter[] {
  const rounds = new Set(decisions.map((decision) => decision.round_id));
  return offers
    .filter((offer) => !rounds.has(offer.round_id))
    .map((offer) => ({
      at: offer.extended_at,
      title: "Offered by an operator",
      text: "",
      state: "offered",
      offers: [offer],
    }));
}

function bookingChapters(booking: Booking | null): Chapter[] {
  if (!booking) return [];
  const who = booking.tasker_name;
  const steps: [string | null, string, string, string][] = [
    [booking.created_at, "Booked", `${who} called dibs.`, "booked"],
    [booking.en_route_at, "On the way", `${who} set off.`, "en_route"],
    [booking.started_at, "Work began", "", "in_progress"],
    [booking.finished_at, "Done", doneWords(booking), "completed"],
  ];
  if (booking.state === "cancelled" || booking.state === "no_show") {
    const title =
      booking.state === "no_show" ? "No-show" : `Cancelled by the ${booking.cancelled_by}`;
    steps.push([booking.closed_at, title, booking.cancelled_reason ?? "", booking.state]);
  }
  return steps.flatMap(([at, title, text, state]) => (at ? [{ at, title, text, state }] : []));
}

function doneWords(booking: Booking): string {
  return booking.billed_minutes ? `${booking.billed_minutes} minutes billed.` : "";
}
