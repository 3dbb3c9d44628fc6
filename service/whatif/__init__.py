"""What if: what a policy would do, by playing a market's record again before it is applied.

- `basis`: what a sweep is run on, from the market's tables or, where nothing was recorded, from its
  generated city.
- `pool`: the draws of a sweep over several processes, with progress and an end on demand.
"""
