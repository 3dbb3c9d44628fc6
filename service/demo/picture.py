"""The picture: a view of the screen as an SVG file, for a page that shows the demo."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console, RenderableType
from rich.terminal_theme import DIMMED_MONOKAI

WIDTH = 106
"""Columns: the two panels of the view side by side."""
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich names a font to fetch; a picture fetches nothing, and a reader's own monospace will do."""


def save_picture(view: RenderableType, path: Path) -> None:
    """Write the view to `path` as a terminal of `WIDTH` columns would show it."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(view)
    svg = console.export_svg(title="dibs demo", theme=DIMMED_MONOKAI, unique_id="dibs")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WEB_FONTS.sub("", svg), encoding="utf-8")
