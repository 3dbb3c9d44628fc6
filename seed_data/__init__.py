"""A city to run in: London as data, generated taskers and demand, the reader of other cities.

`LONDON` is a market folder in the form that FORMAT.md documents, and the first city in it:

    city = read_city(LONDON)                          # places, categories, rates, profiles
    taskers = generate_taskers(city, 5_000, rng)      # homes, areas, skills, hours
    for chore in demand(city, day, 4_000, rng): ...   # a day's chores, in order of posting

Everything is plain frozen data (`city.py`); nothing here knows a database. Randomness is a numpy
Generator that the caller brings: the same seed gives the same city, bit for bit, on one version of
numpy and GEOS. All is drawn many at a time, so that 100,000 taskers take seconds.

What is true about London: the outline (drawn by hand; it shares 97 % of its ground with the
published one), the boroughs' centres, their population in the census of 2021 (rounded to
hundreds), 400 localities, the river. What is not: the boroughs' borders (nearest locality), the
rates and demand (plausible, from no source), every person and street.

Decisions:
- A new city is data: London takes the same way in as any other, so the form is always in use.
- Borders of boroughs are not copied from anywhere: `drawing.py` draws them from the localities.
- Areas are drawn as rings of taps around a home, then cut, joined and holed, since matching must
  be tried on what people draw: dents, holes, two places, shapes that end at the river.
"""

from pathlib import Path

LONDON = Path(__file__).parent / "london"
"""London's market folder, part of the package."""
