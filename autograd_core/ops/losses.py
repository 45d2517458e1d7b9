"""Losses that are one op because their gradient is simpler than those of their parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.ops import reduction
from autograd_core.ops.definition import array_op


@array_op
def softmax_cross_entropy(x: Any, /, labels: Any) -> Any:
    """The mean of -log softmax(x)[label] over n examples (decks C, E).

    Shapes: x (n, classes), labels (n,) integers from 0 to classes - 1 -> ().
    Gradient: upstream · (softmax(x) - one-hot(labels)) / n; never 1/p, so a hopeless guess does no harm.
    """
    rows = np.arange(len(labels))
    total = reduction.logsumexp(x, axis=1) - x[rows, labels]
    return np.mean(total) if len(labels) else np.full((), np.nan, total.dtype)


@softmax_cross_entropy.vjp("x")
def _(g, x, x_shape, labels):
    n = len(labels)
    one_hot = np.zeros(x_shape, x.dtype)
    one_hot[np.arange(n), labels] = 1
    return (reduction.softmax(x, axis=1) - one_hot) * (g / n)
