"""Service areas: where a tasker works, as polygons they draw; a separate one for chores of today.

Decided:
- An area is refused with one reason and its facts (`geo.areas`), never mended: what a tasker drew
  is what holds, and they can see where it went wrong.
- With a same-day area, chores of today are matched by it alone; without one, by the regular area.
"""
