"""`dibs diagrams`: the state diagrams, printed from the tables that the code moves by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli._failures import Refused
from service.cli._terminal import answer, say

BEGIN, END = "<!-- dibs diagrams -->", "<!-- end of dibs diagrams -->"
KINDS = ("chore", "offer", "booking")


def register(app: typer.Typer) -> None:
    """Add the `diagrams` command."""
    app.command()(diagrams)


def diagrams(
    into: Annotated[
        Path | None, typer.Option(help="Write them between the markers of this page instead.")
    ] = None,
) -> None:
    """Print the states of a chore, an offer, a booking and a stream as Mermaid diagrams."""
    if into is None:
        answer(printed())
        return
    into.write_text(with_diagrams(into.read_text(encoding="utf-8")), encoding="utf-8")
    say(f"the diagrams of {into} are those of the tables")


def printed() -> str:
    """Every diagram under its heading, as Markdown."""
    from matching.lifecycle import mermaid
    from notifications.states import state_diagram

    drawn = {kind.capitalize(): mermaid(kind) for kind in KINDS} | {"Stream": state_diagram()}
    return "\n\n".join(f"### {name}\n\n```mermaid\n{text}\n```" for name, text in drawn.items())


def with_diagrams(page: str) -> str:
    """The page with the diagrams of now between its markers. Raises Refused where there are
    none.
    """
    before, begins, rest = page.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (begins and ends):
        raise Refused(f"a page that takes the diagrams has the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{printed()}\n\n{END}{after}"
