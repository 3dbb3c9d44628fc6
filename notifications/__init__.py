"""Notifications: what people are told, and the protocol that brings it to them once and in order.

- `messages`: what an event of each type holds; `frames`: what each side of a stream may say;
  `close_codes`: why a stream ends and whether to come back. Together they are the wire vocabulary,
  and `asyncapi` prints it as a document.
- `session`: one subscriber's numbers, acknowledgements, resume, heartbeats and bounds, without a
  socket or a clock.
- `push`: which events are pushed to who is away, and what becomes of a push; `push_addresses`:
  where a push may go.
- `hub`: who is connected to this process, by person and device.
- `client`: a reference client that reconnects, in Python and in TypeScript.

Decided:
- The session pulls. It never queues what it may not send yet: it knows the newest number, asks for
  the next rows when its window of unacknowledged bytes has room, and forgets them once sent. Memory
  per subscriber is bounded whatever the backlog.
- Acknowledgements are cumulative and belong to a device. An event is done with when its device said
  so, not when a socket took it.
- Heartbeats are frames, not websocket pings, since a browser's script sees only frames and has to
  notice a dead line too.
- Nothing here opens a socket or a database, `client` excepted; times and randomness are arguments.
"""
