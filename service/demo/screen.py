"""The live view: the city's chores, offers, bookings and latencies in a terminal, redrawn as they
change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.align import Align
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.demo.tally import Tally

STATES = (
    ("open", "yellow", "looking for somebody"),
    ("offered", "cyan", "offered to taskers"),
    ("booked", "blue", "a tasker is on it"),
    ("completed", "green", "done and priced"),
    ("unfilled", "magenta", "nobody took it"),
    ("cancelled", "bright_black", "called off"),
    ("expired", "bright_black", "too late now"),
)
BAR = 28
SPARKS = " ▁▂▃▄▅▆▇█"


def view(
    tally: Tally, *, market: str, elapsed_s: float, urls: Mapping[str, str], trend: Sequence[int]
) -> RenderableType:
    """The whole screen for one moment."""
    return Group(
        _title(market, elapsed_s, tally),
        Columns([_chores(tally), Group(_offers(tally), _latencies(tally, trend))], padding=(0, 2)),
        _health(tally),
        _urls(urls),
    )


def _title(market: str, elapsed_s: float, tally: Tally) -> RenderableType:
    minutes, seconds = divmod(int(elapsed_s), 60)
    line = Text.assemble(
        (" dibs ", "bold black on bright_green"),
        (f"  {market}", "bold"),
        (f"   {tally.counts['online']:,} taskers online", "bright_black"),
        (f"   {minutes}:{seconds:02d}", "bright_black"),
    )
    return Padding(line, (1, 0, 1, 1))


def _chores(tally: Tally) -> RenderableType:
    stand = tally.chores_by_state()
    most = max([1, *stand.values()])
    table = Table.grid(padding=(0, 1))
    table.add_column(width=10)
    table.add_column(justify="right", width=6)
    table.add_column(width=BAR)
    for state, colour, meaning in STATES:
        number = stand.get(state, 0)
        bar = Text("━" * round(BAR * number / most), style=colour)
        table.add_row(Text(state, style=colour), f"{number:,}", bar or Text(""))
        table.add_row("", "", Text(meaning, style="bright_black"))
    return Panel(table, title="chores", title_align="left", border_style="bright_black")


def _offers(tally: Tally) -> RenderableType:
    counts = tally.counts
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(justify="right", min_width=9)
    table.add_row(
        *[Text(name, style="bright_black") for name in ("offered", "read", "accepted", "declined")]
    )
    table.add_row(
        *[
            Text(f"{counts[name]:,}", style="bold")
            for name in ("offers_extended", "offers_delivered", "accepted", "declined")
        ]
    )
    table.add_row(
        *[Text(name, style="bright_black") for name in ("expired", "booked", "completed", "posted")]
    )
    table.add_row(
        *[
            Text(f"{counts[name]:,}", style="bold")
            for name in ("expired", "booked", "completed", "posted")
        ]
    )
    return Panel(
        table, title="offers and bookings", title_align="left", border_style="bright_black"
    )


def _latencies(tally: Tally, trend: Sequence[int]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=16)
    table.add_column(justify="right", width=10)
    table.add_column(justify="right", width=10)
    table.add_row("", Text("p50", style="bright_black"), Text("p99", style="bright_black"))
    for name, label in (("post_to_offer", "post to offer"), ("accept", "accept"), ("post", "post")):
        spread = tally.spread(name, 0.5, 0.99)
        table.add_row(label, _ms(spread["p50"]), _ms(spread["p99"]))
    table.add_row("", "", "")
    table.add_row("bookings/s", Text(sparkline(trend), style="green"), "")
    return Panel(table, title="how fast", title_align="left", border_style="bright_black")


def _ms(value: float | None) -> Text:
    if value is None:
        return Text("-", style="bright_black")
    return Text(f"{value:,.0f} ms", style="bold green" if value < 250 else "bold yellow")


def sparkline(values: Sequence[int]) -> str:
    """The last values as a line of blocks, as wide as a column."""
    most = max([1, *values])
    return "".join(SPARKS[round(value / most * (len(SPARKS) - 1))] for value in values[-10:])


def _health(tally: Tally) -> RenderableType:
    faults = {name: tally.counts[name] for name in ("lost_events", "errors_5xx")}
    parts = [
        Text.assemble(
            ("● ", "bold red" if number else "green"),
            (f"{number} {name.replace('_', ' ')}   ", "bold red" if number else "bright_black"),
        )
        for name, number in faults.items()
    ]
    return Padding(Text.assemble(*parts), (1, 0, 0, 1))


def _urls(urls: Mapping[str, str]) -> RenderableType:
    lines = [
        Text.assemble((f"{name:>9}  ", "bright_black"), (url, "underline cyan"))
        for name, url in urls.items()
    ]
    return Padding(
        Group(*lines, Text(""), Align.left(Text("Ctrl-C ends the city", "bright_black"))),
        (1, 0, 0, 1),
    )


def summary(console: Console, report: Mapping[str, object], faults: Sequence[str]) -> None:
    """The last word of a run."""
    table = Table.grid(padding=(0, 3))
    table.add_column(style="bright_black")
    table.add_column(justify="right")
    for name, value in report.items():
        if isinstance(value, int):
            table.add_row(name.replace("_", " "), f"{value:,}")
        elif isinstance(value, dict) and value:
            shown = "  ".join(f"{key} {item}" for key, item in value.items())
            table.add_row(name.replace("_", " "), shown)
    console.print(
        Panel(table, title="report", title_align="left", border_style="bright_black", expand=False)
    )
    for fault in faults:
        console.print(f"[bold red]broken:[/] {fault}")
    if not faults:
        console.print("[bold green]every invariant held[/]")
