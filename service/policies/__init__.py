"""Policies: the operators' knobs of a market, versioned, attributable and reversible.

What a knob is and what values it takes, `matching.policy` alone says; this room keeps documents.

Decisions
- A version is a whole document and never changes; a change, and a revert too, is a new version
  with its author and reason. The newest is in force.
- A change names the version it was made from with `If-Match`, so that of two operators who edit at
  once one is told.
- A chore keeps the version it was posted under, unless a change says `apply_to_open`: then every
  chore still to be matched gets the new one, and those that wait for a round become due.
"""
