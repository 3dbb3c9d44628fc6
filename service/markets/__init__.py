"""Markets: the cities Dibs works in, each with its zone, currency, projection, boundary and
categories.

- `queries`: a market's facts, its categories, whether it holds a place.
- `operations`: finding the market somebody means, and refusing a place or a rate that it cannot
  take.
- `endpoints`: what anybody may read, signed in or not.

Decided:
- On the wire a market is its slug (`london`), a category likewise; numbers stay inside.
- Whether a place is inside is asked of PostGIS; the boundary is only loaded to say how far outside
  it is.
- What rate can be meant follows from what is usual in the market's category, so a new currency
  needs no code.
"""
