/** When to come back after a cut, as the stream's protocol asks. */

const FOR_GOOD = new Set([1000, 1001, 1003, 1007, 1009, 4400, 4403, 4409, 4430]);
const AT_ONCE_MS = 200;
const MOST_MS = 30_000;

/** Whether a stream that ended with this code is to be opened anew. */
export function comesBack(code: number): boolean {
  return !FOR_GOOD.has(code);
}

/** How long to wait before try `n` (from 0); `chance` in [0, 1) varies it by half either way. */
export function backoffMs(n: number, chance: number): number {
  return Math.min(AT_ONCE_MS * 2 ** n, MOST_MS) * (0.5 + chance);
}
