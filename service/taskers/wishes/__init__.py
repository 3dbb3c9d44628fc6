"""Wishes: whom a client would like again, and who are not to meet.

Decided:
- A block is either side's, and the other is not told; matching reads it both ways.
- A block withdraws the pending offers between the two, for a reason that does not name it.
- A block does not undo a booking: that is cancelled by whoever wants to, with its consequences.
"""
