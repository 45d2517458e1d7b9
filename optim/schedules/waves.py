"""Schedules in the shape of a cosine: one fall, falls that start again, one cycle up and down."""

import math

from optim.kinds import AT_LEAST_1, FROM_0_TO_1, RATE, number, one_of, require
from optim.schedules.falling import Schedule


def _by_cosine(start: float, end: float, way: float) -> float:
    """From start to end along half a wave, of which `way` is the part gone."""
    return end + (start - end) * (1.0 + math.cos(math.pi * way)) / 2.0


def _in_a_line(start: float, end: float, way: float) -> float:
    return start + (end - start) * way


def cosine(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """ε_k = ε_τ + (ε₀ - ε_τ)(1 + cos(πk/τ))/2 up to step τ = `steps`, then ε_τ = `final`·ε₀ for good.

    (Loshchilov and Hutter 2017.) With `final` = 0 both Σε and Σε² are finite, and it ends at step τ; else both are ∞.

    >>> [round(cosine(1.0, steps=4)(k), 3) for k in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    require("cosine", RATE, lr=lr)
    require("cosine", AT_LEAST_1, steps=steps)
    require("cosine", FROM_0_TO_1, final=final)
    return lambda step: _by_cosine(lr, final * lr, min(step / steps, 1.0))


def cosine_restarts(lr: float, period: int, growth: int = 1, final: float = 0.0) -> Schedule:
    """Falls as `cosine` to `final`·ε₀ in `period` steps and starts again, each time `growth` times as long.

    (Loshchilov and Hutter 2017: SGDR.) Σε = ∞ and Σε² = ∞: it never comes to rest; look at the end of a period.

    >>> [round(cosine_restarts(1.0, period=2)(k), 2) for k in range(5)]
    [1.0, 0.5, 1.0, 0.5, 1.0]
    """
    require("cosine_restarts", RATE, lr=lr)
    require("cosine_restarts", AT_LEAST_1, period=period)
    require("cosine_restarts", number("a whole number from 1", lambda n: n >= 1 and n == int(n)), growth=growth)
    require("cosine_restarts", FROM_0_TO_1, final=final)

    def at(step: int) -> float:
        length = period
        if growth == 1:
            step %= period
        while step >= length:
            step -= length
            length *= growth
        return _by_cosine(lr, final * lr, step / length)

    return at


def one_cycle(
    lr: float,
    steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Rises from ε/`div_factor` to ε = `lr` in the share `pct_start` of `steps`, then falls to that start /
    `final_div_factor` at the last step, along cosines or, with `anneal_strategy="linear"`, lines.

    (Smith and Topin 2018.) Torch's also lets the momentum fall and rise; here that is the caller's to set. Σε and Σε²
    are ∞ only because the tiny last rate stays: it is made to end at `steps`.

    >>> [round(one_cycle(1.0, steps=10)(k), 2) for k in range(10)]
    [0.04, 0.52, 1.0, 0.95, 0.81, 0.61, 0.39, 0.19, 0.05, 0.0]
    """
    require("one_cycle", RATE, lr=lr)
    require("one_cycle", AT_LEAST_1, steps=steps)
    require("one_cycle", FROM_0_TO_1, pct_start=pct_start)
    require("one_cycle", one_of("cos", "linear"), anneal_strategy=anneal_strategy)
    require("one_cycle", AT_LEAST_1, div_factor=div_factor, final_div_factor=final_div_factor)
    between = _by_cosine if anneal_strategy == "cos" else _in_a_line
    first, top, last = lr / div_factor, pct_start * steps - 1, steps - 1

    def at(step: int) -> float:
        if step < top:
            return between(first, lr, step / top)
        return between(lr, first / final_div_factor, min((step - top) / (last - top), 1.0) if last > top else 1.0)

    return at
