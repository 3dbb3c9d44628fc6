"""The parts of the protocol page that are made from the code: close codes, events, pushes,
the state diagram.

`python -m notifications.page` writes them into PROTOCOL.md; a test holds the page to them.
"""

from __future__ import annotations

from pathlib import Path

from notifications.close_codes import close_code_table
from notifications.messages import EVENTS, Wire
from notifications.push import push_table
from notifications.states import state_diagram

PAGE = Path(__file__).with_name("PROTOCOL.md")


def event_table() -> str:
    """Every event type, what it means and what its data holds, as Markdown."""
    rows = [
        f"| `{name}` | {_sentence(model.__doc__)} | {_fields(model)} |"
        for name, model in EVENTS.items()
    ]
    return "\n".join(["| type | meaning | data |", "|---|---|---|", *rows])


def written(page: str) -> str:
    """The page with its made parts as the code has them now."""
    parts = {
        "close codes": close_code_table(),
        "events": event_table(),
        "pushes": push_table(),
        "states": f"```mermaid\n{state_diagram()}\n```",
    }
    for name, part in parts.items():
        before, rest = page.split(f"<!-- {name} -->\n", 1)
        after = rest.split("<!-- end -->", 1)[1]
        page = f"{before}<!-- {name} -->\n{part}\n<!-- end -->{after}"
    return page


def _fields(model: type[Wire]) -> str:
    return ", ".join(f"`{field}`" for field in model.model_fields)


def _sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
