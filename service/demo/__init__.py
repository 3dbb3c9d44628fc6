"""The demo: a city that lives. Simulated clients and taskers use the public API like anybody else.

    city       sets everything up, starts the api and the dispatcher as processes, ends only those
    phone      one person's device: signs in, calls the api, holds the stream open, counts events
    client     posts chores as the city's demand has them
    tasker     answers offers, travels, works, finishes; each with a temper of their own
    tally      what happened, how fast: the report, measured and never assumed
    checks     the invariants, looked up in the database when all is quiet
    screen     the live view of a terminal

Decisions
- The phones know the public API alone; only `checks` looks into the database, to catch what an api
  could hide: two bookings in one place, an event that never arrived.
- Work is finished within seconds, so that a minute shows whole lives; completion releases the
  hold.
- Real time and real sockets. A simulated clock belongs to what-if, which runs the same matching.
"""
