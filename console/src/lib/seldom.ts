/** `work`, at most once in `ms`: at once if it has been quiet, else when the time is over. */
export function seldom(ms: number, work: () => void): () => void {
  let last = -Infinity;
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(
      () => {
        [last, waiting] = [performance.now(), false];
        work();
      },
      Math.max(0, last + ms - performance.now()),
    );
  };
}
