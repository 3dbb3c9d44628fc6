"""The service: where matching, places and notifications meet people, over HTTP and PostGIS.

A room per noun (accounts, markets, policies, taskers, chores, offers, bookings), each with the
same three files:

- `endpoints`: routes and wire schemas, nothing else;
- `operations`: one function = one use case = one transaction; takes a session, keywords and `now`,
  never commits;
- `queries`: the SQL of that noun, read like captions.

Around them: `db` (tables, the engine that runs an operation in a transaction, migrations, the
private cluster), `http` (what every route shares), `events` (what a person is told, written with
the change), `dispatch` (rounds), `stream` (the websocket and the relay), `cli`.

Decisions
- An endpoint calls `db.run(operation, ...)`: one place begins, commits, retries a deadlock and
  wakes others.
- Refusals are exceptions with facts (`errors`), mapped to HTTP once; broken constraints mean the
  same refusals.
- `now` enters at the edge (`Now`) and travels down as an argument.
"""
