"""The garbage collector of a long-lived process: told what never dies, and to look less often.

A started api holds 200,000 objects, and each subscriber adds some; Python's defaults walk
the young ones every 700 allocations, which took a seventh of the CPU of a post.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 50
"""Allocations, and collections of the generation below, between two looks at each generation."""


def spare_what_stands() -> None:
    """Leave alone what has been made so far. Called once, when a process has loaded its code."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def spare_what_grew() -> None:
    """Leave alone what is young and stands, too: for what is made in great numbers and lives long.

    It is walked once more, a piece at a time, instead of together with everything like it. What is
    spared is given back when nothing holds it any more, but for circles, which stay for ever.
    """
    gc.collect(1)
    gc.freeze()
