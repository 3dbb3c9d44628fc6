"""Push: what people who are away have to know, brought to their devices by Web Push.

The way of one push: 1. `service.events.append.announce` writes a row for each subscribed device of
the recipient, in the transaction of the event itself (`queries.enqueue`): due at once if no stream
of theirs is open on any node, else when their devices have had time to acknowledge. 2. `delivery`
claims what is due, on any api process; what has become moot meanwhile (acknowledged, withdrawn,
signed out, too late) is dropped. 3. `webpush` encrypts for the device, signs as this service
(VAPID), and posts to the endpoint, at an address that `network` has checked. 4. The row goes when
the device's service took it; a failure moves it on, with backoff, until it would be too late; a
subscription that the service no longer knows goes with all its rows.

`notifications.push` is the table of what is pushed; `keys` holds the service's own key, `endpoints`
registers devices.

Decided:
- A claim moves `due_at` on by a lease instead of marking a holder: what a killed process had
  claimed comes due again, and somebody else sends it. So a push may come twice, never not at all;
  devices replace by topic, and know each event by its number.
- Endpoints are strangers' URLs. They are checked in form when registered, and their addresses both
  then and at the moment of connecting, to the very address that was checked: a name that resolves
  otherwise the next time gains nothing. No redirect is followed, little of an answer is read, and
  all of it has seconds.
- Names are looked up and payloads encrypted in a few threads of their own, and at most 32 pushes of
  a process are under way: an endpoint that hangs delays other pushes at worst, never the stream.
  To one host there are few until it has answered, and few again when it fails (`hosts`).
- A subscription belongs to the login that registered it: signed out, it is pushed nothing.
"""
