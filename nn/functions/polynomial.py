"""Features made of other features, so that a linear model draws curves."""

from itertools import combinations_with_replacement
from typing import Any

import autograd_core as ag
from autograd_core import ShapeError, Tensor
from nn.arguments import as_tensor, at_least

__all__ = ["polynomial_features"]


def polynomial_features(x: Any, degree: int = 2, interaction: bool = True, bias: bool = True) -> Tensor:
    """All products of up to `degree` of the features: 1, x1, x2, x1², x1·x2, x2² (deck B leaves out x1·x2).

    Shapes: (n, d), a Tensor or an array, -> (n, number of products), by degree; without `interaction` only powers of
    single features, without `bias` not the 1. With w = [-1, 0, 0, 1, 1] and no interaction, w·features = 0 is the
    circle x1² + x2² = 1.

    >>> polynomial_features([[2.0, 3.0]], interaction=False).tolist()
    [[1.0, 2.0, 3.0, 4.0, 9.0]]
    """
    x = as_tensor(x)
    at_least("polynomial_features", "degree", degree, 1)
    if x.ndim != 2:
        raise ShapeError(f"polynomial_features: takes shape (n, d), got shape {x.shape}")
    features = range(x.shape[1])
    columns = [x[:, :1] ** 0] if bias else []
    for power in range(1, degree + 1):
        if interaction:
            chosen = [list(which) for which in combinations_with_replacement(features, power)]
            columns.append(ag.prod(ag.take(x, chosen, axis=1), axis=-1))
        else:
            columns.append(x**power)
    return ag.concat(columns, axis=1)
