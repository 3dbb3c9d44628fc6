"""Taskers: who they are, what they can do for how much, where, when, and where they are just now.

The room itself holds the profile and the skills; within it `areas`, `hours`, `presence` and
`wishes` (favourites and blocks) are rooms of the same three files. `changes` is what they share:
every change that can change a match goes through it.

Decided:
- A change that can change a match raises the tasker's `revision` (a round that looked before drops
  what it had planned with them) and makes the waiting chores they could now take due.
- Edits of one tasker take turns by an advisory lock, because their row is locked last: everybody
  else locks chores first and then the tasker.
- PUT replaces the whole of what it names, and saying what already holds changes nothing and wakes
  nobody.
- Clients see of a tasker what an offer and a booking tell; the profile is for its tasker and for
  operators.
"""
