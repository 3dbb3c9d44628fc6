"""Events: what people are told, written with the change it tells of.

An event is a row, written in the transaction that makes it true, with the next number of its
recipient. Nothing here knows a socket: the stream's relay finds new rows and brings them to whoever
is connected (`service.stream`).

Decided:
- The number comes from a counter row per recipient, locked until commit: gap-free, and in commit
  order. A sequence would not do, since transactions commit out of order and a reader of "id > last
  seen" then skips.
- Recipients are locked in order of their ids, after everything else an operation locks, so that two
  operations that tell the same people cannot deadlock.
- Data is checked against the registry in `notifications.messages` before it is written; what is
  stored is sent as it is.
"""
