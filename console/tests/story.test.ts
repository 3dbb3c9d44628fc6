import { describe, expect, test } from "vitest";
import { barsOf, named, spanOf, type Candidate, type Decision } from "$/chores/record";
import { priceWords, storyOf, tooDear, verdict, type Chore, type Offer } from "$/chores/story";

const CHORE = {
  state: "unfilled",
  address: "12 Mare Street",
  posted_at: "2026-11-23T12:00:00Z",
  closed_at: null,
} as Chore;

function decision(n: number, more: Partial<Decision> = {}): Decision {
  return {
    id: n,
    round_id: `round-${n}`,
    at: `2026-11-23T12:0${n}:00Z`,
    wave: n,
    policy_version: 1,
    outcome: "nobody",
    record: { kind: "nobody", policy_version: 1, radius_m: 5000, feasible: 0 },
    ...more,
  };
}

function candidate(terms: Record<string, number>, id = "t"): Candidate {
  const total_pence = Object.values(terms).reduce((sum, value) => sum + value, 0);
  return { tasker_id: id, terms, total_pence, offered: true } as Candidate;
}

describe("the story", () => {
  test("is told in order, the offers of a round with its decision", () => {
    const offer = { round_id: "round-1", state: "expired" } as Offer;
    const offered = decision(1, {
      outcome: "offers",
      record: {
        kind: "offers",
        policy_version: 1,
        radius_m: 5000,
        feasible: 3,
        fill_chance: 0.7,
        considered: [candidate({ travel: 1 })],
      },
    });
    const story = storyOf(CHORE, [offered, decision(2)], [offer], null);
    expect(story.map((chapter) => chapter.title)).toEqual([
      "Posted",
      "Wave 1: 1 asked",
      "Wave 2: nobody",
    ]);
    expect(story[1]!.offers).toEqual([offer]);
    expect(story[1]!.text).toBe("Of 3 who could be within 5 km; 70% likely that one accepts.");
  });

  test("a wave beyond the policy's is said to be one of an unfilled chore", () => {
    const record = { kind: "offers", policy_version: 1, radius_m: 5000, feasible: 1 };
    const later = decision(3, { outcome: "offers", record });
    const [, , again] = storyOf(CHORE, [decision(2, { outcome: "unfilled" }), later], [], null);
    expect(again!.text).toContain("Beyond the policy's waves");
  });

  test("an offer of no round is an operator's", () => {
    const offer = { round_id: "none", state: "pending", extended_at: "2026-11-23T12:30:00Z" };
    const story = storyOf(CHORE, [], [offer as Offer], null);
    expect(story.at(-1)!.title).toBe("Offered by an operator");
  });
});

describe("the verdict on a chore that nobody has", () => {
  test("counts whom the search left out, by the filters that left out most", () => {
    const record = {
      kind: "nobody",
      policy_version: 1,
      radius_m: 5000,
      feasible: 0,
      left_out: { in_reach: 13, not_online: 12, over_budget: 0, outside_area: 9 },
    };
    expect(verdict(CHORE, [decision(1, { record })], [])).toBe(
      "Nobody was asked. Of the 13 nearest within 5 km, 12 are not online, 9 do not serve that place (some for more than one reason).",
    );
  });

  test("names the rule that refused most of those found", () => {
    const record = {
      kind: "nobody",
      policy_version: 1,
      radius_m: 5000,
      feasible: 0,
      found: 4,
      refused_by: { no_free_time: 3, over_budget: 1 },
    };
    expect(verdict(CHORE, [decision(1, { record })], [])).toContain("no free time (3)");
  });

  test("says who was asked, and what they answered", () => {
    const offers = [{ state: "declined" }, { state: "expired" }] as Offer[];
    expect(verdict(CHORE, [decision(1)], offers)).toContain(
      "2 were asked (1 declined, 1 expired).",
    );
  });

  test("says what the cheapest over the budget asks, of those refused and those left out", () => {
    const chore = { ...CHORE, budget: { amount: 3500, currency: "GBP" } };
    const record = {
      kind: "nobody",
      policy_version: 1,
      refused: [{ tasker_id: "a", rules: { over_budget: { by_pence: 450 } } }],
      left_out_nearest: [
        { tasker_id: "b", filters: ["not_online", "over_budget"] },
        { tasker_id: "c", filters: ["not_online"] },
      ],
    };
    expect(tooDear(record)).toEqual(["b"]);
    expect(priceWords(chore, record, [])).toBe(
      "The one over the budget asks £39.50 an hour, £4.50 more than the £35 an hour that it pays at most.",
    );
    expect(priceWords(chore, record, [3800, 3400])).toContain("the cheapest asks £38 an hour, £3");
    expect(priceWords({ ...CHORE, budget: null }, record, [3800])).toBe("");
    expect(priceWords(chore, { ...record, refused: [] }, [])).toBe("");
  });

  test("there is none on a chore that somebody has", () => {
    expect(verdict({ ...CHORE, state: "booked" }, [], [])).toBeNull();
  });
});

describe("terms as bars", () => {
  const candidates = [
    candidate({ newcomer: -200, price: 300, travel: 500 }, "a"),
    candidate({ travel: 100 }, "b"),
  ];

  test("lie side by side, what counts in favour left of nought", () => {
    const { low, high } = spanOf(candidates);
    expect([low, high]).toEqual([-200, 800]);
    const bars = barsOf(candidates[0]!.terms, low, high);
    expect(bars.map(({ name, from, size }) => [name, from, size])).toEqual([
      ["travel", 0.2, 0.5],
      ["price", 0.7, 0.3],
      ["newcomer", 0, 0.2],
    ]);
  });

  test("a record names everybody once", () => {
    const record = {
      kind: "offers",
      policy_version: 1,
      considered: candidates,
      left_out_nearest: [
        { tasker_id: "b", filters: [] },
        { tasker_id: "c", filters: [] },
      ],
    };
    expect(named(record)).toEqual(["a", "b", "c"]);
  });
});
