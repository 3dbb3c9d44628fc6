"""Decisions: why a chore went as it did, told to each of three people as they may know it.

- `queries`: the records that rounds wrote, and what has been between a chore and a tasker.
- `telling`: what a record says to a client, and to one of the taskers it names; pure.
- `operations`: who may ask, and what is read for an answer.
- `schemas`, `endpoints`: the views and the routes.

Decided:
- Operators get the whole record: everybody considered with each term of the cost, everybody refused
  with each rule's facts, whom the search left out and by what, the solver, who comes next.
- The client gets a sentence and blurred counts: nobody's name, place or rate. One or two people
  are not told from nobody, so that chores posted here and there do not find where somebody lives.
- A tasker may ask about a chore they were offered, or that a record names them in: as considered,
  as refused, or among the nearest that the search left out. For everything else, for a chore that
  does not exist and for one whose client blocks them, the answer is the same 404. Ids of chores
  are random, so they cannot be tried; and asking is rate-limited.
- A tasker's answer counts from the chore's privacy cell, with distances and times made coarse: it
  gives away no more than an offer does, however often it is asked.
- `then` is the record's own word. What a change would have done is worked out by the rules
  themselves, and only while the tasker stands at the revision of the record: later their area may
  be another. Whether the change would have brought an offer is judged by the costs in the record.
- `now` looks at the pair, and at whom a round would find beside it, afresh; it asks the rules what
  they say and what each change would do. A chore that is taken or over has no `now` but that.
- Records and rounds are kept for `decisions_kept_s`, then deleted by the dispatchers.
"""
