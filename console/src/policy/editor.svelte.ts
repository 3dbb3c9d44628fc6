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

/** A version that somebody else put in force first, and what it changed. */
export interface Meanwhile {
  policy: PolicyOut;
  changes: Change[];
}

export class PolicyEditor {
  policy = $state.raw<PolicyOut>()!;
  document = $state.raw<PolicyDocument>()!;
  /** Set where somebody else's change came first: what is edited stands on top of it now. */
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

  /** What somebody else did to it meanwhile. */
  theirs(scope: Scope, field: string): Change | undefined {
    return this.meanwhile?.changes.find((each) => each.scope === scope && each.field === field);
  }

  /** Back to what holds in this scope now: a value of its own, or the market's. */
  takeTheirs(scope: Scope, field: string): void {
    this.#forget(keyOf(scope, field));
    const { value, inherited } = valueAt(this.policy.document, scope, field);
    if (scope !== null && inherited) this.document = inherit(this.document, scope, field);
    else if (value !== undefined) this.document = put(this.document, scope, field, value);
  }

  isChanged(scope: Scope, field: string): boolean {
    return this.changes.some((change) => change.scope === scope && change.field === field);
  }

  discard(): void {
    [this.document, this.meanwhile] = [this.policy.document, undefined];
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
        await this.#goOn();
        return null;
      }
      const refused = errorsOf(problem, this.knobs);
      if (![...refused.keys()].some((key) => !key.endsWith("/"))) throw problem;
      refused.forEach((message, key) => this.#refused.set(key, message));
      return null;
    }
  }

  /** Goes on from what holds now, with one's own changes on top of it. */
  async #goOn(): Promise<void> {
    const { data: policy, etag } = await readPolicy(this.market);
    const [mine, theirs] = [this.changes, changes(this.policy.document, policy.document)];
    [this.policy, this.#etag] = [policy, etag];
    this.discard();
    this.document = onTopOf(policy.document, mine);
    this.meanwhile = { policy, changes: theirs };
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

let knobs: Promise<Map<string, Knob>> | undefined;

/** What the api says of the policy's knobs; read once. */
export function readKnobs(): Promise<Map<string, Knob>> {
  knobs ??= askKnobs().catch((error) => {
    knobs = undefined;
    throw error;
  });
  return knobs;
}

async function askKnobs(): Promise<Map<string, Knob>> {
  const api = await get<{
    components: { schemas: { MatchingPolicy: { properties: Parameters<typeof knobsOf>[0] } } };
  }>("/v1/openapi.json");
  return knobsOf(api.components.schemas.MatchingPolicy.properties);
}
