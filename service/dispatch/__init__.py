"""The dispatcher: finds taskers for the chores that are due, and ends what time ends.

The way of a chore through these files, in order:

- `loop`: when. One leader per market (`leases`), woken by the bus, by the next deadline, or by a
  slow poll.
- `rounds`: what. One round is a sweep, a snapshot, a match, and its writing.
- `sweeps`: offers past their deadline, waves without anybody left, chores past `match_by`,
  no-shows, overruns.
- `queries`, `market`, `candidates`, `taskers`, `snapshot`: the due chores, their nearest taskers by
  ordered GiST scans, and everything the rules ask about them, made a plain `MatchingProblem`.
- `solving`: the pure core, off the event loop; large models in a process of their own.
- `plans`: what the answer means for each chore, and the record of why; still pure.
- `writing`, `rows`, `news`: under lock, what still holds becomes offers, decisions and events;
  then `left_out`, whom the search had passed over.
- `pairs`: one chore and one tasker as a round would see them, for those who ask why.
- `endpoints`: rounds, for operators.

Decided:
- Only chores that are due are looked at; a tasker's change makes chores due, not everything.
- A round looks at the twenty nearest candidates of a chore, and deeper only where the rules refuse
  so many of these that a wave could not be filled.
- Each chore is matched under the version of the policy it was put under, when it was posted or by
  an operator since; one round may hold several. The version is kept with each decision.
- An offer tells no place but the chore's cell, and the search itself goes by cells: whom a chore
  is offered to must not give away on which side of a line it lies.
- What the search left out is counted after the offers are out, in the same records: nobody waits
  for it, and a record whose round died before lacks it.
- A record names some tens of people, the nearest to being asked, however many there were.
- A round that dies has written whole batches or nothing. Whoever leads next finds what is due.
- A wave that found nobody counts as a wave, so that the radius grows; a chore held back on purpose
  has had none.
"""
