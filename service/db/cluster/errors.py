"""What can go wrong when a database is looked for; every message ends in what to do."""

from __future__ import annotations


class ClusterError(RuntimeError):
    """No database could be had, and the message says what to do about it."""
