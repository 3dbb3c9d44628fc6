"""What an api process says while people use it: each request, and nothing that is theirs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from service.db.engine import Database, open_database
from tests.support.scene import make_market
from tests.support.streams import free_port
from tests.support.wire import chore, profile

PASSWORD = "Tr0ub4dor and three"
WRONG = "Tr0ub4dor and four!"
PLACE = {"type": "Point", "coordinates": [-0.0553, 51.5451]}
ADDRESS = "47 Shelford Mews"
EMAIL = "ada.lovelace@example.com"
ELSEWHERE = "3f6f0c1d-2e4a-4c3a-9b52-0199a7c25d1e"

PRIVATE = re.compile(r"-?0\.0553|51\.5451|Shelford|lovelace|Tr0ub4dor|eyJ[\w-]+\.|colour=|ticket\.")


@contextmanager
def api_process(database_url: str, output: Path) -> Iterator[str]:
    """An api process as in production, everything it says going to `output`."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "DIBS_ENVIRONMENT": "production",
        "DIBS_SECRET_KEY": "a production secret of many letters",
        "DIBS_PORT": str(port),
        "DIBS_LOG_LEVEL": "info",
    }
    with output.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "api"], env=environment, stdout=said, stderr=said
        )
        try:
            wait_ready(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def wait_ready(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} is not ready")


class Run:
    """A client of the process, and the ids of all it was answered."""

    def __init__(self, http: httpx.Client) -> None:
        self.http, self.url = http, str(http.base_url).rstrip("/")
        self.answers: dict[str, tuple[str, int]] = {}
        self.secrets: set[str] = set()

    def call(self, method: str, path: str, **send: Any) -> httpx.Response:
        """One request; its id and status are noted."""
        answer = self.http.request(method, path, **send)
        self.answers[answer.headers["x-request-id"]] = (method, answer.status_code)
        return answer

    def sign_in(self) -> None:
        """Sign up and in, wrongly too, and refresh, twice with one token."""
        person = {"email": EMAIL, "name": "Ada Lovelace", "roles": ["client", "tasker"]}
        self.call("POST", "/v1/accounts", json=person | {"password": PASSWORD})
        self.call("POST", "/v1/accounts", json=person | {"password": PASSWORD, "place": PLACE})
        self.call("POST", "/v1/sessions", json={"email": EMAIL, "password": WRONG})
        for again in (True, False):
            credentials = {"email": EMAIL, "password": PASSWORD}
            tokens = self.call("POST", "/v1/sessions", json=credentials).json()
            refresh = {"refresh_token": tokens["refresh_token"]}
            fresh = self.call("POST", "/v1/sessions/refresh", json=refresh).json()
            for pair in (tokens, fresh):
                self.secrets |= {pair["refresh_token"], pair["access_token"]}
            if again:
                self.call("POST", "/v1/sessions/refresh", json=refresh)
            self.http.headers["Authorization"] = f"Bearer {fresh['access_token']}"

    def work(self) -> None:
        """Post, come online, look, and be refused in many ways."""
        posted = chore(point=PLACE, address=ADDRESS, notes=f"{ADDRESS}, ring twice")
        self.call("POST", "/v1/chores", json=posted)
        self.call("POST", "/v1/chores", json=posted | {"point": [51.5451, -0.0553]})
        self.call("POST", "/v1/chores", json=posted | {"address": ADDRESS * 50})
        self.call("PUT", "/v1/taskers/me", json=profile(base_point=PLACE))
        self.call("PUT", "/v1/taskers/me/presence", json={"online": True, "point": PLACE})
        self.call("GET", f"/v1/chores?colour={EMAIL}&limit=1")
        self.call("GET", f"/v1/chores/{ELSEWHERE}")
        self.call("GET", "/v1/@-0.0553,51.5451")
        self.call(
            "GET", f"/v1/accounts/me?colour={EMAIL}", headers={"Authorization": "Bearer eyJa.b"}
        )
        self.call("DELETE", "/v1/chores")
        half, json_type = f'{{"address": "{ADDRESS}", ', {"Content-Type": "application/json"}
        self.call("POST", "/v1/chores", content=half, headers=json_type)
        self.call("GET", "/v1/markets/51.5451", headers={"X-Request-Id": ELSEWHERE})

    def listen(self) -> None:
        """Open the stream with a ticket, and with one that was made up."""
        ticket = self.call("POST", "/v1/stream/tickets").json()["ticket"]
        self.secrets.add(ticket)
        for given in (ticket, "made-up-51.5451"):
            try:
                url = self.url.replace("http", "ws") + f"/v1/stream?colour={EMAIL}"
                with connect(url, subprotocols=["dibs.v1", f"ticket.{given}"]) as stream:  # type: ignore[list-item]
                    stream.recv(timeout=5)
            except WebSocketException:
                pass


@pytest.fixture
async def database(database_url: str) -> Database:
    async with open_database(database_url) as opened:
        await opened.run(make_market)
        return opened


@pytest.mark.usefixtures("database")
def test_logs_hold_every_request_and_nothing_that_is_somebodys(
    database_url: str, tmp_path: Path
) -> None:
    output = tmp_path / "said"
    with (
        api_process(database_url, output) as url,
        httpx.Client(base_url=url, timeout=30) as http,
    ):
        run = Run(http)
        run.sign_in()
        run.work()
        run.listen()
    said = output.read_text()
    assert not PRIVATE.search(said), PRIVATE.search(said)
    assert [secret for secret in run.secrets if secret in said] == []
    lines = [json.loads(line) for line in said.splitlines()]
    requests = {line["request_id"]: line for line in lines if line["event"] == "request"}
    for request_id, (method, status) in run.answers.items():
        line = requests[request_id]
        assert (line["method"], line["status"]) == (method, status)
    assert ELSEWHERE in requests
    assert {status for _, status in run.answers.values()} >= {200, 201, 400, 401, 404, 405, 422}
    assert not any(status >= 500 for _, status in run.answers.values())
    assert {line["level"] for line in lines} <= {"info", "warning"}
