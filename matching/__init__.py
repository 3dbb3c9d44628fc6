"""Whom to offer a chore to, and why: the pure core of Dibs.

A round begins with a `problem`: the chores of one market that are due, the taskers who might take
them, and the policy. It is plain data, checked when it is made; nothing from here on knows a
database, a socket or a clock. `building` makes one from rows. `engine.match` turns it into a
`result`, in four steps that each have a module with a visible table of contents:

1. `rules`: a pair of a chore and a tasker is a candidate unless a rule refuses it. A rule is one
   small function over all `pairs` at once, its refusal is data: `outside_service_area` by 1,200 m.
   `schedule` finds the earliest start that the window, the tasker's hours, their other bookings and
   the trips between them allow. Every rule speaks on every pair, so that whoever asks hears all
   that stood in the way, not the first.

2. `costs`: each candidate is priced by terms, in pence: travel, price, lateness, scarcity,
   fairness, a newcomer's bonus, the chance of a refusal (`chance`, a logistic model fitted from
   answered offers). Other terms say what leaving a chore open costs: waiting, urgency, few
   candidates. `holding` lets a chore wait where that is worth more.

3. `slots`: a chore's wave gets as many slots as it takes until one of its best candidates accepts
   with the wanted chance. The first slot is worth what an open chore costs; each further one that
   times the chance that all before it refuse.

4. `assignment`: slots are filled with candidates at least cost, as one min-cost flow. A tasker gets
   at most one offer of a group of chores that overlap for them (`groups`), and no more in all than
   they have room for. `greedy` fills the same model when the solver cannot; `worker` runs it in a
   process of its own, with a time limit.

The `result` holds the offers and, for every chore, why: who was considered, at what cost, who was
refused by which rule, who comes next. `explain` answers a tasker by matching the same problem again
with one thing changed; `words` says it in a sentence; `estimate` looks ahead of a post. `verify`
checks any answer without sharing a line with what made it, and proves its optimality.

`switchback` says which of two policies a chore falls under while they are compared, `effects` what
the comparison shows.

Beside the round stand `policy` (the operators' knobs, one source for API, console and solver),
`wave` (what the policy says of radius, deadline and the next wave), `lifecycle` (the states of
chore, offer and booking), `availability` (weekly hours to UTC) and `pricing` (rate x time).

Decisions
- A place of a chore is the centre of its cell, here and everywhere: what the matcher does not know,
  no refusal, distance or counterfactual can give away. It costs up to some 500 m of precision.
- Times are epoch seconds, distances metres, money minor units; the solver counts tenths of a penny.
- Overlap is judged with each chore's trip from the tasker's base around it. That is stricter than
  the trip between two chores, and needs no look at pairs of chores: no trip is longer than the
  detour over the base. Measured from where they are now it would not hold, as a random scene
  showed.
- Overlapping chores form a group even where only a third one links them: exact cliques would be no
  flow any more.
- A pair that costs more than its chore's best slot, a group of one and a tasker with enough room
  get no arc or node: the same answer from a smaller network.
- The second best is a chore's next candidate, not another solve.
"""
