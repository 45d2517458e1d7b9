"""Draws of random numbers: ops whose result is another each time that they are executed. None is differentiable.

`generator` is one of numpy's, or None for the default one of the thread that executes the op. Most have no inputs;
`sampling.py` has the functions that users call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError
from autograd_core.generator import default_generator, random_words, set_random_words
from autograd_core.ops.definition import array_op

Shape = tuple[int, ...]


def _source(generator: np.random.Generator | None) -> np.random.Generator:
    return default_generator() if generator is None else generator


@array_op
def _rand(*, shape: Shape, dtype: Any, generator: Any = None) -> Any:
    """Numbers from 0 up to, but not including, 1."""
    return _source(generator).random(shape, dtype)


@array_op
def _randn(*, shape: Shape, dtype: Any, generator: Any = None) -> Any:
    """Normally distributed numbers of mean 0 and variance 1."""
    return _source(generator).standard_normal(shape, dtype)


@array_op
def _normal(mean: Any, std: Any, /, shape: Shape, dtype: Any, generator: Any = None) -> Any:
    """Normally distributed numbers of these means and standard deviations."""
    if not (std >= 0).all():
        raise ArgumentError(f"normal: std must be at least 0, got {std.min()}")
    return (mean + std * _source(generator).standard_normal(shape)).astype(dtype)


@array_op
def _randint(*, low: int, high: int, shape: Shape, generator: Any = None) -> Any:
    """Whole numbers from low up to, but not including, high."""
    return _source(generator).integers(low, high, shape)


@array_op
def _randperm(*, n: int, generator: Any = None) -> Any:
    """0, 1, ... below n in a random order."""
    return _source(generator).permutation(n)


@array_op
def _bernoulli(p: Any, /, generator: Any = None) -> Any:
    """1 with probability p, else 0."""
    if not ((p >= 0) & (p <= 1)).all():
        raise ArgumentError("bernoulli: takes probabilities, numbers from 0 to 1")
    return (_source(generator).random(p.shape) < p).astype(p.dtype)


@array_op
def _multinomial(weights: Any, /, num_samples: int, replacement: bool, generator: Any = None) -> Any:
    """Indices drawn with probabilities in proportion to the weights, for each row of them."""
    w = weights.astype(np.float64)
    if not (np.isfinite(w).all() and (w >= 0).all()):
        raise ArgumentError("multinomial: weights must be finite and at least 0")
    least = 1 if replacement else num_samples
    if w.size and (positive := int((w > 0).sum(axis=-1).min())) < least:
        raise ArgumentError(
            f"multinomial: a row has {positive} positive weights, and {num_samples} sample(s) "
            f"{'with' if replacement else 'without'} replacement need {least}"
        )
    source = _source(generator)
    if replacement:
        # The first index whose cumulative weight exceeds a random share of the whole; shares are below 1, and the last
        # cumulative weight is the whole, so there is one. An index of weight 0 adds nothing and is never the first.
        cumulative = np.cumsum(w, axis=-1)
        shares = source.random((*w.shape[:-1], num_samples)) * cumulative[..., -1:]
        rows = zip(np.atleast_2d(cumulative), np.atleast_2d(shares), strict=True)
        found = [np.searchsorted(row, share, side="right") for row, share in rows]
        return np.reshape(found, shares.shape).astype(np.int64)
    # Exponential waiting times at these rates end in an order that is drawn without replacement.
    with np.errstate(divide="ignore"):
        times = source.standard_exponential(w.shape) / w
    return np.argsort(times, axis=-1)[..., :num_samples].astype(np.int64)


@array_op
def random_state() -> Any:
    """The state of the default generator, as numbers."""
    return random_words()


@array_op
def swap_random_state(state: Any, /) -> Any:
    """Continue the default generator from this state; the state that it had is the result."""
    before = random_words()
    set_random_words(state)
    return before


for _op in (_normal, _bernoulli, _multinomial, swap_random_state):
    _op.promotes = False
    _op.not_differentiable()
