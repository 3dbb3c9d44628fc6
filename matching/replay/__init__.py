"""What if: a market's recorded demand, played again through the rounds under other policies.

A `record` is what was: chores with the times at which they were posted, taskers with their skills,
areas and hours, where they were, what they had already agreed to. It is told in the tables of a
problem, over days instead of one moment. `run.replay` plays it: what becomes due goes through the
very `match` that the dispatcher calls (`rounds`), what follows for each chore is what the
dispatcher's plans say (`plans`), people answer by a fitted model (`behaviour`), and bookings take
their time (`state`).

Several lanes run abreast: a lane is one policy with one draw of everybody's behaviour. They share
clock, chores and taskers but no state, and each round is one problem for all of them, so that the
cost of a round is paid once. Rows of different lanes share no candidate: nobody's answer depends on
who else is in the problem.

`metrics` says what came of a lane, `forecast` what is to be expected of a policy, with an interval,
and where it cannot be told.

Decisions
- Time goes in ticks. Answers fall at their own moments, rounds begin at the ends of ticks: a chore
  waits up to a tick for its round, where the dispatcher takes milliseconds.
- Whether somebody takes a chore is drawn by a hash of the seed, the chore and the tasker, never by
  a generator's state: two policies that ask the same person get the same answer (common random
  numbers). It does not hang on the wave, since nobody is asked again after an answer.
- A chore for which the rules left nobody is not matched again until one of its taskers is freed
  or a new day begins: with time alone the rules only get stricter. That saves nine rounds of ten.
- Who could not come by their hours and limits alone takes a place among a chore's nearest, as in
  the dispatcher's search, but is left out of the problem; so are rules that the search has gone by.
- Presence is what was recorded, whatever the policy; so are hours, areas and rates.
- Nobody is held back (`hold_s`): what arrivals promise is not known in a replay.
"""
