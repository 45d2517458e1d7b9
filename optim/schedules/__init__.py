"""Learning-rate schedules: each is a function from the number of steps taken so far to the rate of the next one.

Set it before each step with `optimizer.set_lr(schedule(step))`; it has no state, so a resumed run needs none. Only
`ReduceOnPlateau` has, since it waits for what the training achieves.

Stochastic gradient descent is sure to converge if Σε = ∞ (it can get anywhere) and Σε² < ∞ (the noise dies away); each
schedule says whether it fulfils that, were it to go on for ever. Most that work well in practice do not.
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from optim.schedules.composed import chained, sequence, warm_up
from optim.schedules.falling import (
    Schedule,
    constant,
    exponential,
    inverse,
    inverse_square_root,
    linear,
    multi_step,
    piecewise,
    polynomial,
    step,
)
from optim.schedules.plateau import ReduceOnPlateau
from optim.schedules.waves import cosine, cosine_restarts, one_cycle

__all__ = [
    "ReduceOnPlateau",
    "Schedule",
    "chained",
    "constant",
    "cosine",
    "cosine_restarts",
    "exponential",
    "inverse",
    "inverse_square_root",
    "linear",
    "multi_step",
    "one_cycle",
    "piecewise",
    "polynomial",
    "sequence",
    "step",
    "warm_up",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
