"""Offers: a chore held out to a tasker until a deadline; accepted once, by the first who calls
dibs.

- `queries`: an offer with its surroundings.
- `settling`: the locks of an accept, in the one order, and the statement that decides.
- `neighbours`: whether a plan leaves time to travel from the booking before and to the one after,
  where no round has planned the two with each other in view.
- `operations`: read, accept, decline.
- `endpoints`: the routes of taskers; `of_chore`: a chore's offers, for operators.

The accept, in the order of its statements: read the offer; lock the chore, then the tasker; lock
every pending offer of the two, by id; look at the tasker's bookings nearby in time; then one
statement moves the offer if it is still pending and in time, and with it writes the booking, the
chore, the siblings' withdrawal and the tasker's own overlaps'; then everybody's events.

Decided:
- The conditional UPDATE of the offer is the arbiter; the unique and exclusion constraints behind it
  are the backstop.
- Whoever loses learns why, from the state the winner left, and writes nothing: the winner has told
  everybody.
- The holder who accepts again gets the same booking and 200.
- A decline locks its offer alone. That a wave has nobody left to wait for is seen by the
  dispatcher, which it wakes: the end of a wave is found in one place, whatever ended it.
"""
