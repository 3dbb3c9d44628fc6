"""Estimates: what a client may expect of a chore before posting it.

- `operations`: the taskers who could be in reach, read as a round reads them.
- `schemas`, `endpoints`: what is told, and the route. The forecast itself is `matching.estimate`.

Decided:
- Only the chore's cell is looked at: places in one cell get one answer.
- Fewer than three taskers are not told from nobody: the same count, no rates, no chance, no time.
  Counts, rates, chances and times leave as buckets, so that asking often finds nobody's home; and
  asking is rate-limited.
- Up to two hundred of the nearest are looked at, for the chore as asked and for a day later. That
  is more than a chore ever asks.
- Nothing is kept of a question.
"""
