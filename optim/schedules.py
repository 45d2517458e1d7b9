"""Learning-rate schedules: each is a function from the number of steps taken so far to the rate of the next one.

Set it before each step with `optimizer.set_lr(schedule(step))`; it has no state, so a resumed run needs none.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_core import ArgumentError

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """The same rate at every step."""
    return lambda step: lr


def linear(lr: float, steps: int, final: float = 0.01) -> Schedule:
    """ε_k = (1-α)ε₀ + αε_τ with α = k/τ up to step τ = `steps`, then ε_τ = `final`·ε₀ for good (deck A).

    Σε = ∞, but Σε² = ∞ too: it comes to rest at an error that ε_τ decides, not at a minimum.

    >>> [round(linear(1.0, steps=2, final=0.1)(k), 2) for k in range(4)]
    [1.0, 0.55, 0.1, 0.1]
    """
    if steps < 1:
        raise ArgumentError(f"linear: steps must be at least 1, got {steps}")

    def at(step: int) -> float:
        alpha = min(step / steps, 1.0)
        return (1 - alpha) * lr + alpha * final * lr

    return at
