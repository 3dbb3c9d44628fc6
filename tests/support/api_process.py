"""An api process of its own, as `python -m tests.support.api_process`, settled by its
environment.
"""

from __future__ import annotations

import asyncio

import uvloop

from service.app import create_app
from service.settings import settings
from service.stream.server import serve

if __name__ == "__main__":
    chosen = settings()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(create_app(chosen), chosen))
