"""What if: what a policy would do, by playing a market's record again before it is applied.

- `record`, `queries`: a market's past days as a replay takes them.
- `basis`: what a sweep is run on: these days with beliefs drawn from their offers or, where nothing
  was recorded, the generated city (`generated`).
- `pool`: the draws of a sweep over several processes, with progress and an end on demand.
- `runs`, `operations`, `endpoints`: what operators ask for, kept with its result.
- `runner`: takes these up under a lease, one after another.

Decided:
- A sweep is played against the version of the policy that was in force when it was asked for.
- Looking ahead changes nothing, so every operator may, and it leaves no audit line.
- Whoever plays a run holds it by a lease; killed, they lose it, and it begins again elsewhere.
  After the third time it has failed.
- The processes of a sweep are its own: a replay would take the event loop's time from people.
"""
