"""The city of the chores' tests, looked at on a map."""

from __future__ import annotations

from tests.integration.chores.conftest import city

__all__ = ["city"]
