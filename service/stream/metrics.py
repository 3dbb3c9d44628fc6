"""What the stream counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

LINES = Gauge("dibs_stream_lines", "Open stream connections of this process")
CLOSED = Counter("dibs_stream_closed", "Streams closed by the server, by close code", ["code"])
REFUSED = Counter("dibs_stream_refused", "Streams refused before they began, by reason", ["why"])
