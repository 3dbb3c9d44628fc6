/** A policy being edited: what holds, what is wanted instead, what was typed, what is wrong. */

import { SvelteMap } from "svelte/reactivity";
import { get, post, send } from "../api/client";
import { asProblem } from "../api/problems";
import type { Schemas } from "../api/types";
import {
  changes,
  crossErrors,
  errorsOf,
  inherit,
  keyOf,
  onTopOf,
  put,
  valueAt,
  type Change,
  type PolicyDocument,
  type Scope,
} from "./document";
import { knobsOf, read, written, type Knob } from "./knobs";

type PolicyOut = Omit<Schemas["PolicyOut"], "document"> & { document: PolicyDocument };

export interface Meanwhile {
  policy: PolicyOut;
  etag: string | null;
  changes: Change[];
}

export class PolicyEditor {
  policy = $state.raw<PolicyOut>()!;
  document = $state.raw<PolicyDocument>()!;
  /** Set where somebody else's change came first. */
  meanwhile = $state.raw<Meanwhile>();
  #etag: string | null;
  #texts = new SvelteMap<string, string>();
  #unreadable = new SvelteMap<string, string>();
  #refused = new SvelteMap<string, string>();
  #cross = $derived(crossErrors(this.document));

  readonly changes = $derived(changes(this.policy.document, this.document));
  readonly wrong = $derived(this.#unreadable.size + this.#cross.size);

  constructor(
    readonly market: string,
    readonly knobs: Map<string, Knob>,
    policy: PolicyOut,
    etag: string | null,
  ) {
    this.policy = policy;
    this.document = policy.document;
    this.#etag = etag;
  }

  static async open(market: string): Promise<PolicyEditor> {
    const [knobs, { data, etag }] = await Promise.all([readKnobs(), readPolicy(market)]);
    return new PolicyEditor(market, knobs, data, etag);
  }

  text(scope: Scope, field: string): string {
    const typed = this.#texts.get(keyOf(scope, field));
    return typed ?? written(valueAt(this.document, scope, field).value);
  }

  type(scope: Scope, knob: Knob, text: string): void {
    const key = keyOf(scope, knob.name);
    this.#texts.set(key, text);
    this.#refused.delete(key);
    const result = read(knob, text);
    if ("error" in result) {
      this.#unreadable.set(key, result.error);
    } else {
      this.#unreadable.delete(key);
      this.document = put(this.document, scope, knob.name, result.value);
    }
  }

  /** Back to the market's value (of a category), or to the one in force (of the market). */
  reset(scope: Scope, field: string): void {
    this.#forget(keyOf(scope, field));
    const before = this.policy.document.default[field];
    if (scope !== null) this.document = inherit(this.document, scope, field);
    else if (before !== undefined) this.document = put(this.document, null, field, before);
  }

  error(scope: Scope, field: string): string | undefined {
    const key = keyOf(scope, field);
    return this.#unreadable.get(key) ?? this.#cross.get(key) ?? this.#refused.get(key);
  }

  isChanged(scope: Scope, field: string): boolean {
    return this.changes.some((change) => change.scope === scope && change.field === field);
  }

  discard(): void {
    this.document = this.policy.document;
    for (const map of [this.#texts, this.#unreadable, this.#refused]) map.clear();
  }

  /** How many open chores it was applied to; null: refused, and said where. Throws Problem. */
  async save(reason: string, applyToOpen: boolean): Promise<number | null> {
    const body = { document: this.document, reason, apply_to_open: applyToOpen };
    return this.#change(() => send<PolicyOut>("PUT", this.#path(), { body, ifMatch: this.#etag }));
  }

  async revert(version: number, reason: string, applyToOpen: boolean): Promise<number | null> {
    const body = { version, reason, apply_to_open: applyToOpen };
    const once = crypto.randomUUID();
    return this.#change(async () => {
      await post<PolicyOut>(`${this.#path()}/revert`, body, { ifMatch: this.#etag, once });
      return readPolicy(this.market);
    });
  }

  /** Goes on from what holds now: with one's own changes on top of it, or without them. */
  takeOver({ keepMine }: { keepMine: boolean }): void {
    if (!this.meanwhile) return;
    const mine = this.changes;
    const { policy, etag } = this.meanwhile;
    [this.policy, this.#etag, this.meanwhile] = [policy, etag, undefined];
    this.discard();
    if (keepMine) this.document = onTopOf(policy.document, mine);
  }

  async #change(
    ask: () => Promise<{ data: PolicyOut; etag: string | null }>,
  ): Promise<number | null> {
    try {
      const { data, etag } = await ask();
      [this.policy, this.#etag] = [data, etag];
      this.discard();
      return data.applied_to;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.type === "outdated-version") {
        const { data: policy, etag } = await readPolicy(this.market);
        const theirs = changes(this.policy.document, policy.document);
        this.meanwhile = { policy, etag, changes: theirs };
        return null;
      }
      const refused = errorsOf(problem, this.knobs);
      if (![...refused.keys()].some((key) => !key.endsWith("/"))) throw problem;
      refused.forEach((message, key) => this.#refused.set(key, message));
      return null;
    }
  }

  #forget(key: string): void {
    for (const map of [this.#texts, this.#unreadable, this.#refused]) map.delete(key);
  }

  #path(): string {
    return `/v1/markets/${this.market}/policy`;
  }
}

async function readPolicy(market: string) {
  return send<PolicyOut>("GET", `/v1/markets/${market}/policy`);
}

export async function readKnobs(): Promise<Map<string, Knob>> {
  const api = await get<{
    components: { schemas: { MatchingPolicy: { properties: Parameters<typeof knobsOf>[0] } } };
  }>("/v1/openapi.json");
  return knobsOf(api.components.schemas.MatchingPolicy.properties);
}
