"""Importing: a whole city into the database, or nothing of it.

- `operations`: the use case `import_city`, one transaction; what it refuses and what it replaces.
- `people`: who the accounts of a market are called, and the password they share on a laptop.
- `rows`: a city's data as rows of the tables. Pure.
- `queries`: COPY, the deletes of a replacement, ANALYZE.
- `cities`: the way back, a market's rows as the `City` that demand is generated from.

Decided:
- Rows go in by COPY through the transaction's own connection, so 100,000 taskers and the refusal
  of one row share one fate.
- Metric points are computed by PostGIS, as those of every later change are, from a staging table:
  two projections of one place would differ by millimetres and queries by an index entry.
- A market that is there already is replaced only when asked, and only while nobody has used it.
- Imported people sign in with one known password under a development-only hash, which production
  refuses; in production they get a hash of a password that was forgotten at once.
"""
