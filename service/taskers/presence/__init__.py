"""Presence: who is online, and in which cell. It changes every few seconds and is kept cheap.

A heartbeat from the cell one is in already is one UPDATE of one narrow row, of a column that no
index holds (HOT). Only what can change a match costs more: coming online, being heard of again
after a silence, another cell, going offline. Of these all but the second go into the log.

Decided:
- The exact point is never stored: it becomes the centre of its H3 cell before anything is written.
- There is a row while somebody is online. Off work nobody is tracked.
- The log is written on a change of state or cell, never on a heartbeat, and kept for a stated time.
"""
