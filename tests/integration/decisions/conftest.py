"""The city of the rounds' tests, in which people ask why."""

from __future__ import annotations

from tests.integration.dispatch.conftest import city, policy

__all__ = ["city", "policy"]
