"""The strong Wolfe line search: how far to go along a direction of descent.

A step is long enough when the slope has flattened, |φ'(t)| ≤ -c₂φ'(0), and not too long when the loss has fallen,
φ(t) ≤ φ(0) + c₁tφ'(0) (Nocedal and Wright, algorithms 3.5 and 3.6). Trial steps come from cubic interpolation and
its safeguards as in Schmidt's minFunc, which torch uses too.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9  # c₁, c₂


class Point(NamedTuple):
    """What is known at step t along the direction."""

    t: float
    loss: float
    gradient: Any
    slope: float  # of the loss along the direction


def strong_wolfe(at: Callable[[float], Point], start: Point, t: float, *, shortest: float, trials: int = 25) -> Point:
    """A point that fulfils the conditions.

    `start` is the point at 0, where the slope is negative, and `t` the first step to try. If brackets get narrower
    than `shortest`, or `trials` run out, it is the lowest point found.
    """

    def too_long(point: Point) -> bool:
        return not point.loss <= start.loss + SUFFICIENT_DECREASE * point.t * start.slope  # so is one that is nan

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -CURVATURE * start.slope

    # Go on, further each time, until a minimum lies between the last two points.
    last, new, trial = start, at(t), 0
    while True:
        if too_long(new) or (trial > 1 and new.loss >= last.loss):
            break
        if flat(new):
            return new
        if new.slope >= 0:
            break
        if trial == trials:
            last = start
            break
        bounds = (new.t + 0.01 * (new.t - last.t), 10 * new.t)
        last, new = new, at(_lowest_of_cubic(last, new, *bounds))
        trial += 1

    # Narrow it down. The minimum is between `low`, the best point so far, and `high`.
    low, high = (last, new) if last.loss <= new.loss or math.isnan(new.loss) else (new, last)
    slow = False
    while trial < trials and abs(high.t - low.t) >= shortest:
        left, right = sorted((low.t, high.t))
        t = _lowest_of_cubic(low, high, left, right)
        margin = 0.1 * (right - left)
        close = min(right - t, t - left) < margin
        if close and (slow or t in (left, right)):  # a second time: it would creep towards that end
            t = right - margin if right - t < t - left else left + margin
            close = False
        slow = close
        new = at(t)
        trial += 1
        if too_long(new) or new.loss >= low.loss:
            low, high = (new, low) if new.loss < low.loss else (low, new)
            continue
        if flat(new):
            return new
        if new.slope * (high.t - low.t) >= 0:
            high = low
        low = new
    return low


def _lowest_of_cubic(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through both points, with their slopes, has its minimum, kept within bounds; or halfway."""
    if a.t > b.t:
        a, b = b, a
    if a.t == b.t:
        return (least + most) / 2
    mean = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = mean * mean - a.slope * b.slope
    if not 0 <= square < math.inf:
        return (least + most) / 2
    root = math.sqrt(square)
    divisor = b.slope - a.slope + 2 * root
    if divisor == 0:
        return (least + most) / 2
    t = b.t - (b.t - a.t) * ((b.slope + root - mean) / divisor)
    return min(max(t, least), most)
