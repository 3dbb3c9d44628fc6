"""Chores: what a client wants done, from the post to its end.

- `queries`: a chore with all that its readers may see of it, in one SELECT; the lists; the lock.
- `waiting`: which waiting chores a tasker could take, and making them due.
- `wishes`: what of a posted chore can be meant: place, window, duration, budget.
- `operations`: post, read as whoever asks may, cancel.
- `schemas`: a model for each view of a chore; `endpoints`: the routes.

Decided:
- Three views, three models: exact (its client, operators), held (the tasker whose booking stands),
  offered (a tasker with a pending offer: a cell's centre, no address, no notes, no name). Anybody
  else gets 404. No model has a secret as an optional field, so none is shown by forgetting to leave
  it out.
- A chore for now has a window too: it may be matched for as long as the policy says, and then still
  be travelled to.
- Cancelling twice is no error: a phone that lost the answer asks again and gets the chore as it
  stands.
- A change of a tasker makes chores due before it locks the tasker's own row, because everybody
  locks chores first.
"""
