"""Schedules that keep a rate or let it fall: at given steps, or a little with each."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise

from autograd_core import ArgumentError
from optim.kinds import ABOVE_0, AT_LEAST_0, AT_LEAST_1, FROM_0_TO_1, RATE, Kind, require

Schedule = Callable[[int], float]
RISING = Kind("steps in rising order", lambda steps: all(a <= b for a, b in pairwise([0, *steps])))


def constant(lr: float) -> Schedule:
    """The same rate at every step.

    Σε = ∞, and Σε² = ∞: it comes to rest at an error that ε decides, not at a minimum.
    """
    require("constant", RATE, lr=lr)
    return lambda step: lr


def piecewise(rates: Sequence[float], milestones: Sequence[int]) -> Schedule:
    """The first of `rates` up to the first of `milestones`, from there on the second, and so on.

    Σε = ∞ and Σε² = ∞ unless the last rate is 0, which ends the learning: Σε < ∞.

    >>> [piecewise([1.0, 0.1], milestones=[2])(k) for k in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """
    rates, milestones = list(rates), list(milestones)
    if len(rates) != len(milestones) + 1:
        raise ArgumentError(f"piecewise: rates must be one more than there are milestones, got {rates}")
    for lr in rates:
        require("piecewise", RATE, lr=lr)
    require("piecewise", RISING, milestones=milestones)
    return lambda step: rates[bisect_right(milestones, step)]


def step(lr: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """ε_k = ε₀·γ^⌊k/n⌋: times `gamma` after each n = `step_size` steps.

    Σε < ∞ for γ < 1: it can stop short of a minimum that is far away. Σε² < ∞.
    """
    require("step", RATE, lr=lr)
    require("step", AT_LEAST_1, step_size=step_size)
    require("step", FROM_0_TO_1, gamma=gamma)
    return lambda step: lr * gamma ** (step // step_size)


def multi_step(lr: float, milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """Times `gamma` at each of `milestones`.

    Σε = ∞ and Σε² = ∞, since the last rate stays: it comes to rest at an error that this decides.

    >>> [round(multi_step(1.0, milestones=[1, 3])(k), 2) for k in range(5)]
    [1.0, 0.1, 0.1, 0.01, 0.01]
    """
    require("multi_step", RATE, lr=lr)
    require("multi_step", RISING, milestones=milestones)
    require("multi_step", FROM_0_TO_1, gamma=gamma)
    return piecewise([lr * gamma**passed for passed in range(len(milestones) + 1)], milestones)


def linear(lr: float, steps: int, final: float = 0.01) -> Schedule:
    """ε_k = (1-α)ε₀ + αε_τ with α = k/τ up to step τ = `steps`, then ε_τ = `final`·ε₀ for good (deck A).

    Σε = ∞, but Σε² = ∞ too: it comes to rest at an error that ε_τ decides, not at a minimum.

    >>> [round(linear(1.0, steps=2, final=0.1)(k), 2) for k in range(4)]
    [1.0, 0.55, 0.1, 0.1]
    """
    require("linear", RATE, lr=lr)
    require("linear", AT_LEAST_1, steps=steps)
    require("linear", FROM_0_TO_1, final=final)
    return polynomial(lr, steps, final=final)


def polynomial(lr: float, steps: int, power: float = 1.0, final: float = 0.0) -> Schedule:
    """ε_k = ε_τ + (ε₀ - ε_τ)(1 - k/τ)^`power` up to step τ = `steps`, then ε_τ = `final`·ε₀ for good.

    With `final` = 0 both Σε and Σε² are finite, and it ends at step τ; else both are ∞, as of a constant rate.
    """
    require("polynomial", RATE, lr=lr)
    require("polynomial", AT_LEAST_1, steps=steps)
    require("polynomial", ABOVE_0, power=power)
    require("polynomial", FROM_0_TO_1, final=final)
    return lambda step: lr * (final + (1.0 - final) * (1.0 - min(step / steps, 1.0)) ** power)


def exponential(lr: float, gamma: float) -> Schedule:
    """ε_k = ε₀·γᵏ.

    Σε = ε₀/(1-γ) < ∞ for γ < 1: it can stop short of a minimum that is farther away than that. Σε² < ∞.
    """
    require("exponential", RATE, lr=lr)
    require("exponential", FROM_0_TO_1, gamma=gamma)
    return lambda step: lr * gamma**step


def inverse(lr: float, decay: float) -> Schedule:
    """ε_k = ε₀ / (1 + `decay`·k).

    Σε = ∞ and Σε² < ∞: the schedule for which stochastic gradient descent is proven to converge (Robbins and Monro
    1951), if slowly.
    """
    require("inverse", RATE, lr=lr)
    require("inverse", AT_LEAST_0, decay=decay)
    return lambda step: lr / (1.0 + decay * step)


def inverse_square_root(lr: float, warm_up: int = 1) -> Schedule:
    """ε_k = ε₀·min(t/w, √(w/t)) with t = k + 1 and w = `warm_up`: rises in a line to ε₀ at step w, then falls as 1/√t.

    Noam's schedule for transformers (Vaswani et al. 2017), whose d^-½·min(t^-½, t·w^-3/2) it is for ε₀ = (d·w)^-½.
    Σε = ∞, but Σε² = ∞ (it grows like log k).

    >>> [round(inverse_square_root(1.0, warm_up=4)(k), 2) for k in (0, 1, 3, 15)]
    [0.25, 0.5, 1.0, 0.5]
    """
    require("inverse_square_root", RATE, lr=lr)
    require("inverse_square_root", AT_LEAST_1, warm_up=warm_up)
    return lambda step: lr * min((step + 1) / warm_up, (warm_up / (step + 1)) ** 0.5)
