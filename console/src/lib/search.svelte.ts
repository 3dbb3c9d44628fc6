/** Chores of a market that speak of a text: asked of the service a moment after it was typed. */

import { get } from "../api/client";
import { asProblem, type Problem } from "../api/problems";
import type { Page, Schemas } from "../api/types";

type Chore = Schemas["ExactChore"];

/** Letters that a search needs. */
export const LEAST = 2;
const PAUSE_MS = 250;

export class ChoreSearch {
  typed = $state("");
  /** null: nothing is asked for. */
  found = $state.raw<Page<Chore> | null>(null);
  problem = $state.raw<Problem>();
  #timer = 0;
  #turn = 0;

  constructor(
    readonly market: string,
    readonly most: number,
  ) {}

  type(text: string): void {
    this.typed = text;
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    if (text.trim().length < LEAST) {
      [this.found, this.problem] = [null, undefined];
    } else {
      this.#timer = window.setTimeout(() => this.#ask(turn), PAUSE_MS);
    }
  }

  async #ask(turn: number): Promise<void> {
    const query = { q: this.typed.trim(), limit: this.most };
    try {
      const found = await get<Page<Chore>>(`/v1/markets/${this.market}/chores`, { query });
      if (turn === this.#turn) [this.found, this.problem] = [found, undefined];
    } catch (error) {
      if (turn === this.#turn) this.problem = asProblem(error);
    }
  }
}
