"""By hand: what operators do themselves, each with a reason, each in the audit.

- `endpoints`, `schemas`: offers to a chosen tasker, more time for a chore, accounts found,
  suspended and let back in, and the record of all of it;
- `offering`: an offer by hand, through the very code that writes a round's;
- `operations`, `queries`: the rest.

Decisions
- The rules judge an offer by hand as they would judge it in a round, and the operator is told what
  they say; what only the tasker's or the policy's wishes forbid can be done even though, what
  cannot be (no rate, no time, a block, an offer that stands) cannot.
- A suspension ends what would lead somebody to the account: sessions, streams, unanswered offers,
  chores that still look for somebody. Bookings stand, since another person counts on each: they are
  named in the answer, to be decided one by one.
- Operators are shut out on the command line alone, as they are made there.
"""
