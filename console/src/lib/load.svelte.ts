/** What a view reads: loading, there, or refused, and read again when asked. */

import { asProblem, type Problem } from "../api/problems";

export class Loaded<T> {
  value = $state.raw<T>();
  problem = $state.raw<Problem>();
  loading = $state(true);
  #read: () => Promise<T>;
  #turn = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads (again). What was there stays until the answer comes; of two answers the later asked. */
  async read(): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const value = await this.#read();
      if (turn === this.#turn) [this.value, this.problem] = [value, undefined];
    } catch (error) {
      if (turn === this.#turn) this.problem = asProblem(error);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}

/**
 * Reads at once, and again whenever what `read` looks at before its first await changes.
 * To be called while a component is set up.
 */
export function loaded<T>(read: () => Promise<T>): Loaded<T> {
  const result = new Loaded(read);
  $effect(() => {
    void result.read();
  });
  return result;
}
