"""Acceptance: what the offers of a market teach about how likely the next ones are accepted.

- `queries`: offers that say something, and the fitted models.
- `models`: a model as it is kept, by the names of its features.
- `operations`: fit a market's model and keep it.

Decided:
- An offer that was accepted, declined, or left to expire on a device that had it, says something.
  One that was withdrawn, or never delivered, says nothing.
- The fit starts from the prior that holds without offers, so a few offers move it little.
- How good it is, is measured on offers that were not in the fit.
- A model is kept under a version and never changed. Rounds read the newest; one that was fitted to
  other features than the code knows is passed over for the prior.
"""
