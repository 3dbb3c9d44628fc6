"""A town to be honest in: people who answer by a rule that the fitted model cannot express, living
through the service's own operations under a simulated clock.

- `town`: its people and chores, drawn from a seed.
- `people`: the hidden rule by which they answer.
- `life`: a day of the town on PostGIS, by the real operations and the dispatcher's rounds.
- `foretelling`: what the record of one radius says of another, held against what then happened.
- `verdict`: how often it held, over all seeds, in numbers and as a picture.
"""
