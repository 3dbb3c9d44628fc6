"""Switchback: which of two policies a chore is matched under, by its region and the time of its
posting.

Chores compete for the same taskers, so that giving every other chore another policy would compare
two things that disturb each other. A switchback gives a whole region one policy for a whole slot,
and the other in the same slot of the next day: the order is a coin's, seeded, for each region, slot
of the day and pair of days. Every block of two is balanced by hour of the day and by place, whoever
wins the toss.

What was offered before a switch still fills taskers' calendars after it. So the first minutes of a
slot that follows one under the other policy are a wash-out: matched like the rest, and not counted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

Arm = Literal["a", "b"]

DAY_S = 86_400


class Block(NamedTuple):
    """A region, a slot of the day and a pair of days: each arm has one of its two slots."""

    region: str
    slot_of_day: int
    days: int


class Placement(NamedTuple):
    """Where a chore falls: its arm, its block, and whether it counts (not in a wash-out)."""

    arm: Arm
    block: Block
    counted: bool


@dataclass(frozen=True, slots=True)
class Switchback:
    """The design of an experiment, from `starts_at` (epoch seconds) for an even number of days.

    Raises ValueError for slots that do not fill a day, an odd number of days or a wash-out that
    leaves nothing of its slot.
    """

    seed: int
    starts_at: float
    days: int
    slot_s: int
    washout_s: int

    def __post_init__(self) -> None:
        if self.slot_s <= 0 or DAY_S % self.slot_s:
            raise ValueError("slot_s: slots of one length fill a day")
        if self.days < 2 or self.days % 2:
            raise ValueError("days: pairs of days, so an even number")
        if not 0 <= self.washout_s < self.slot_s:
            raise ValueError("washout_s: part of a slot")

    @property
    def ends_at(self) -> float:
        """When its last slot ends, in epoch seconds."""
        return self.starts_at + self.days * DAY_S

    def place(self, region: str, at: float) -> Placement | None:
        """The arm of a chore posted in a region at a time (epoch seconds); None before and after.

        The first slot begins with a wash-out too: what was in force before may be another policy.
        """
        if not self.starts_at <= at < self.ends_at:
            return None
        slot, into_s = divmod(at - self.starts_at, self.slot_s)
        arm, block = self._of_slot(region, int(slot))
        before = self._of_slot(region, int(slot) - 1)[0] if slot else None
        return Placement(arm, block, arm == before or into_s >= self.washout_s)

    def _of_slot(self, region: str, slot: int) -> tuple[Arm, Block]:
        day, slot_of_day = divmod(slot, DAY_S // self.slot_s)
        days, second = divmod(day, 2)
        block = Block(region, slot_of_day, days)
        return ("b" if _coin(self.seed, block) ^ second else "a"), block


def _coin(seed: int, block: Block) -> int:
    """Heads or tails, the same each time for the same block: no state, on any machine."""
    text = f"{seed}|{block.region}|{block.slot_of_day}|{block.days}"
    return hashlib.blake2b(text.encode(), digest_size=1).digest()[0] & 1
