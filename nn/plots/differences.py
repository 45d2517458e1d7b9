"""How far finite differences are off, against their step: too wide a step curves away, too small a one rounds away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError
from nn.plots.canvas import BLUE, ORANGE, panel, plain


def finite_difference_errors(
    function: Callable[[Any], Any], x: float, steps: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """|quotient - derivative| of forward and of central differences for each step h, in float64.

    `function` takes a number and is made of ops; its derivative at `x` is the engine's.
    Shapes: steps (n,) -> (n,) twice.
    Errors: `ArgumentError` for a step that is not above 0.
    """
    h = np.asarray(steps, np.float64)
    if h.ndim != 1 or not h.size or not np.all(h > 0):
        raise ArgumentError("finite_difference_errors: takes steps above 0, a list of them")
    at = ag.Value(float(x))
    y = function(at)
    if not isinstance(y, ag.Value):
        raise ArgumentError(
            f"finite_difference_errors: the function is made of ops, so that it gives a Value; got {type(y).__name__}"
        )
    y.backward()
    here = y.data
    ahead, behind = (np.array([float(function(float(x) + step)) for step in sign * h]) for sign in (1, -1))
    return np.abs((ahead - here) / h - at.grad), np.abs((ahead - behind) / (2 * h) - at.grad)


def finite_difference_error(
    function: Callable[[Any], Any], x: float, *, steps: ArrayLike | None = None, axes: Any = None, title: str = ""
) -> Any:
    """The errors of forward and central differences against h, both logarithmic, from h = 1e-15 to 1.

    To the right the formula is off, by a multiple of h and of h²; to the left the subtraction has lost its digits.
    Arguments and errors are those of `finite_difference_errors`. Draws into `axes` if they are given; returns the
    figure.
    """
    h = np.asarray(np.geomspace(1e-15, 1.0, 91) if steps is None else steps, np.float64)
    forward, central = finite_difference_errors(function, x, h)
    figure, axes = panel(axes, 6.4, 4.5, title)
    for name, errors, colour in (
        ("(f(x + h) - f(x)) / h", forward, BLUE),
        ("(f(x + h) - f(x - h)) / 2h", central, ORANGE),
    ):
        seen = errors > 0  # an error of exactly 0 has no place on a logarithmic scale
        axes.loglog(h[seen], errors[seen], "o-", color=colour, markersize=3.5, label=name)
    plain(axes, "step h", "|difference quotient - derivative|")
    axes.legend(frameon=False)
    return figure
