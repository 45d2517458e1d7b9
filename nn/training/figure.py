"""Figures of matplotlib as files. Not by pyplot: a Figure alone needs no display and leaves settings as they are."""

import io
from typing import Any


def as_png(figure: Any) -> bytes:
    """A `matplotlib.figure.Figure` as the content of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
