"""Bookings: one tasker does one chore, from `scheduled` to `completed`, with the price at the end.

- `queries`: a booking with all that its readers may see of it, in one SELECT; the locks; the
  conditional UPDATEs.
- `sight`: for how long a tasker may see the exact place.
- `news`: what client and tasker are told of a booking.
- `operations`: set off, start, finish, cancel; and what time does to a booking: no-show and
  overrun.
- `endpoints`: the routes.

Decided:
- A booking's state changes by one conditional UPDATE whose WHERE names the states that
  `matching.lifecycle` allows.
- Saying the same thing twice is not an error: a phone that lost the answer to "start" and says it
  again gets the booking as it stands, and nobody is told twice.
- Work begins at most two hours before its plan: the clock that is billed must not run from the
  evening before. Setting off is allowed at any time.
- A tasker keeps the place for as long as they hold the booking, and 30 days after the work: then,
  and at once when the booking was cancelled or a no-show, they see its cell.
- The end of a booking (completed, cancelled, no-show) leaves LIVE and so frees the tasker's time at
  once; their `revision` rises, since a round that has already looked at them knows less than there
  is now.
- Work that has begun is cancelled by operators alone, as when a phone has died; nobody is billed.
- A chore given up by its tasker, not begun in time, or taken away by an operator is `open` and due
  again; one that its client gave up is cancelled.
"""
