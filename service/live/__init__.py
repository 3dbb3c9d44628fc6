"""The market as it is at this moment, for operators: the ground, the tiles, the feed.

- `endpoints`: a market's base map and its vector tiles;
- `cache`: tiles kept for a few seconds, each drawn once however many ask;
- `operations`, `queries`: what is drawn, and the SQL of it;
- `watching`: what the stream tells those who watch a market.

Decisions
- Taskers are drawn where the cell of their presence is, and only those who are online: who is off
  work is nowhere on the map. Operators see chores at their exact place.
- Tiles are made by PostGIS. Everybody in a cell has the same point, so the database counts by cell
  before it projects: a hundred thousand taskers are two thousand points.
- A tile holds no state of a person who asks, so one cache serves every operator of a process.
"""
