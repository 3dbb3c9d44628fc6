"""Load: what the benchmarks of the running service share.

`ground` is a durable server and what it holds, `people` those who are let in, `processes` the api,
the dispatcher and the helpers. A helper is a process of the load generator's own, told what to do
in lines of JSON: `listeners` hold sockets and note when frames arrive, `requester` sends requests,
`writer` writes events as a dispatcher would, `bare` and `rooms` are the servers that the stream is
held against. They are kept cheap, since they share the machine with what they measure: uvloop,
requests and frames made beforehand, protocols without a task a connection (`websocket`, `http`).
Times are of the machine's monotonic clock, which all processes share.
"""
