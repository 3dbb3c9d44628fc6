"""Hours: when a tasker works, in the wall-clock of their market: weekly hours, and dates that
differ.

`matching.availability` says what hours mean, across the days on which clocks change too; here they
are written down, and read back as the instants they come to, so that a tasker sees what was
understood.

Decided:
- Weekdays have names on the wire: 0 is Monday to some and Sunday to others.
- An end at or before its start is past midnight; 00:00 to 00:00 is the whole day.
- An exception replaces what the week says of its date; one without hours is a day off.
"""
