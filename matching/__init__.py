"""Whom to offer a chore to, and why: the pure core of Dibs.

A client posts a chore; taskers nearby could do it. A round looks at the chores of one market that
are due and extends a wave of offers for each, just large enough that somebody probably accepts. The
first to accept has it. Where nobody does in time, the chore is due again, and its next wave reaches
further, to others. This package is one round: a problem goes in, offers and reasons come out. It
knows no database, no socket and no clock; `now` is part of the problem.

    >>> noon, hour = 1_812_020_400.0, 3_600.0  # 3 June 2027 in London
    >>> def lives(name, lon, lat, rate, reach):
    ...     around = MultiPolygon([box(lon - reach, lat - reach, lon + reach, lat + reach)])
    ...     hours = [(noon, noon + 9 * hour)]
    ...     return Tasker(name, LonLat(lon, lat), {"mounting": rate}, around, free_s=hours)
    >>> result = match(
    ...     build_problem(
    ...         market=Market("london", ZoneInfo("Europe/London")),
    ...         now_s=noon,
    ...         policies=PolicyDocument(),
    ...         chores=[
    ...             Chore(
    ...                 "tv", "client", "mounting", cell_of(LonLat(-0.055, 51.545)),
    ...                 window_start_s=noon + 2 * hour, window_end_s=noon + 8 * hour,
    ...                 duration_s=hour, posted_at_s=noon, match_by_s=noon + 7 * hour,
    ...             )
    ...         ],
    ...         taskers=[
    ...             lives("ann", -0.070, 51.550, rate=3_000, reach=0.1),
    ...             lives("bob", -0.142, 51.539, rate=2_500, reach=0.02),
    ...             lives("cleo", -0.060, 51.540, rate=3_200, reach=0.1),
    ...         ],
    ...     ),
    ...     GreatCircleTravel(),
    ... )
    >>> [(offer.tasker_id, round(offer.chance, 2), offer.pay) for offer in result.offers]
    [('cleo', 0.56, 3200), ('ann', 0.52, 3000)]
    >>> why = result.outcome("tv")
    >>> round(why.fill_chance, 2), round(why.candidates[0].terms["travel"])
    (0.79, 143)
    >>> {bob.tasker_id: list(bob.rules) for bob in why.refused}
    {'bob': ['outside_radius', 'outside_service_area']}

The problem is `problem.MatchingProblem`: chores, taskers, skills, free and busy time, and the
policy, as frozen arrays that are checked when they are made (`checks`). `building` makes one from
rows. `engine.match` turns it into a `result`, in four steps that each have a module with a visible
table of contents:

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

What the policy says of a wave stands in `wave`: how far it reaches, how long its offers may stay
unanswered, when the next one is due, which is the last. A chore's wave so far is part of the
problem, so the round after is the same function of another problem.

The `result` holds the offers and, for every chore, why: who was considered, at what cost, who was
refused by which rule, who comes next. `explain` answers a tasker by matching the same problem again
with one thing changed; `words` says it in a sentence; `estimate` looks ahead of a post. `verify`
checks any answer without sharing a line with what made it, and proves its optimality.

`switchback` says which of two policies a chore falls under while they are compared, `effects` what
the comparison shows.

`replay` plays recorded days through the same `match` under other policies: what if.

Beside the round stand `policy` (the operators' knobs, one source for API, console and solver),
`lifecycle` (the states of chore, offer and booking), `availability` and `calendar` (weekly hours to
UTC, days on the market's wall), `pricing` (rate x time), `instances` (a model as bytes, to solve
again) and `patience` (what waiting costs where only arrivals are known). `arrays` names the types.

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
