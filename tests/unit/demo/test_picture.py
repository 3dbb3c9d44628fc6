"""The picture of the demo shows what the screen shows, and fetches nothing."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from service.demo import screen
from service.demo.picture import save_picture
from service.demo.tally import Tally


def test_a_picture_holds_the_numbers_of_the_view_and_loads_nothing(tmp_path: Path) -> None:
    tally = Tally()
    tally.count("offers_extended", 4321)
    view = screen.view(tally, market="London", elapsed_s=61.0, urls={}, trend=[1, 2])
    save_picture(view, tmp_path / "new" / "demo.svg")
    svg = (tmp_path / "new" / "demo.svg").read_text(encoding="utf-8")
    words = "".join(ET.fromstring(svg).itertext())
    assert "4,321" in words
    assert "London" in words
    assert "url(http" not in svg
    assert not re.search(r'(?:href|src)="', svg)
