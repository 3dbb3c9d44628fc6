"""Accounts: people who sign up as clients, taskers or both, operators, and their sessions.

- `passwords`: argon2id in a few threads, and the cheap hash of seeded people;
- `operations`: sign up, sign in, rotate, sign out, change a password or a role, sweep;
- `queries`: the SQL; `endpoints`: the routes under `/v1/accounts` and `/v1/sessions`.

A sign-in is a session: a row that every token of it hangs on. The access token is a JWT of ten
minutes; the refresh token is a random secret used once, which gets a new pair. Whoever uses one a
second time, the thief or the robbed, ends the session for both.

Decisions
- Operators are made by `dibs operator create` alone: no route gives an operator's role.
- Signing in hashes once whether or not the e-mail is known, so that time does not tell. Signing up
  does say that an e-mail is taken; hiding that needs a mailbox, and there is none here. Both are
  limited per address.
- A wrong password and an unknown e-mail are the same refusal. A suspended account is told so only
  once its password was right.
- Sign-ins and tickets take no `Idempotency-Key`: their answers are credentials, which are never
  kept. Repeating one makes another session, which does no harm.
"""
