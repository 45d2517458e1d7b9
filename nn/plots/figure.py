"""Figures of matplotlib. Not by pyplot: a Figure alone needs no display, is never shown by itself, and leaves settings.

This file loads matplotlib; `nn.plots.canvas` imports it when the first figure is made.
"""

import io

from matplotlib.figure import Figure


class _Shown(Figure):
    """A Figure that a notebook shows as a picture, whether or not matplotlib has been set up for it."""

    def _repr_png_(self) -> bytes:
        return as_png(self)


def empty(width: float, height: float, dpi: int) -> Figure:
    """A figure of so many inches without anything in it."""
    return _Shown(figsize=(width, height), dpi=dpi, layout="constrained")


def as_png(figure: Figure) -> bytes:
    """A figure as the content of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
