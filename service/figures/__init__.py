"""Figures: how a market fares, for operators: what was filled, how soon, where not, and how fast.

- `endpoints`: the route; `operations`: the rows of the past hours made into figures;
- `reckoning`: pure, from rows to figures; `queries`: the SQL.

A chore counts for the hour in which it was posted. Filled: somebody took it, whatever came of the
booking. Missed: its last wave or its last moment passed. Cancelled and still open ones are neither,
so that the fill rate is of what was decided.
"""
