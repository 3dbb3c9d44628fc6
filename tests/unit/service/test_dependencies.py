"""What endpoints depend on runs on the loop: FastAPI would send a plain function to a thread."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from service.app import ROUTERS


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _all(below)


def test_no_endpoint_and_no_dependency_is_a_plain_function() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert routes
    for route in routes:
        for each in _all(route.dependant):
            call = each.call
            of_class = getattr(call, "__call__", call)  # noqa: B004 (a security scheme is an object)
            assert inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(of_class), call
