"""The city of the rounds' tests, and offers that were answered in it."""

from __future__ import annotations

from tests.integration.dispatch.conftest import city, policy

__all__ = ["city", "policy"]
