"""The city of the rounds' tests, in which clients think of chores."""

from __future__ import annotations

from tests.integration.dispatch.conftest import city, policy

__all__ = ["city", "policy"]
