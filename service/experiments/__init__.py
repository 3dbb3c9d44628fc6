"""Experiments: did a policy do what it was changed for?

An operator names two versions of a market's policy. While the experiment runs, each chore posted is
put under one of them by its region and slot (`matching.switchback`), and keeps its arm for good.
What happened to the chores of each arm, and how sure the difference is, `results` tells from the
rows (`matching.effects`); `plan` says how many days it would take to see a given effect, from what
the market's own last weeks were like under one policy.

Decisions
- A chore that its client called off unmatched counts as posted and not matched: giving up is an
  outcome.
- A change of the policy in force during an experiment governs no chore that has an arm, also when
  it is applied to open ones. Otherwise the arms would compare mixtures.
- One experiment a market at a time. Two would need each other's effects to add up.
"""
