"""The stream: event rows brought to whoever is connected, once and in order, from whichever process
they are connected to.

The way of one event: 1. `service.events.append.announce` writes its row with the change it tells
of; after the commit the bus wakes a relay. 2. `relay` claims unrelayed rows in a batch, feeds those
whose people are connected here, and tells the other nodes in one coalesced signal who has something
new, and up to which number. 3. `node` passes that on to the person's lines; a `line` drives a
session (`notifications.session`), which says what to send, what to read from the store and what was
acknowledged. 4. `reader` reads what lines lack, all lines in one query; `recorder` writes what was
delivered and acknowledged, in batches. 5. `socket` is uvicorn's websocket with bounds; `server`
serves and drains.

`registry` keeps rows of who is connected where, for bounds that hold across nodes.

`tickets` opens the door, `endpoints` is the door, `watch` closes it again, `queries` is all the
SQL, `opening` starts everything at a `pace`.

Decided:
- The relay's claim comes first and the signal after: a process that dies between the two delays
  what it claimed until the nodes next compare the counters of the people connected to them
  (`watch`), and loses nothing. The same comparison makes up for a lost NOTIFY.
- A node never trusts a signal's order: a session sends number n + 1 after n or asks the store, so
  that two relays may claim one person's rows at the same time.
- No task and no queue per subscriber beyond the endpoint's own: frames are written to the socket at
  once, and the session's window of unacknowledged bytes is the only buffer. 15,000 people cost
  15,000 idle tasks.
- Nobody is looked at more often than needed: a session says when time matters to it next, an
  acknowledgement that moves on stands for a pong, and a delivery that is acknowledged in time is
  written once.
- `delivered_at` says that an event was written to a live line, `acked_at` that a device dealt with
  it.
"""
