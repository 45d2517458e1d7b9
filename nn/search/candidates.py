"""Which hyper-parameters to try, decided beforehand: all combinations, at random, or by a design that fills the space.

Each function returns a list of dictionaries for `nn.search.run`.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.search.space import Space, checked

Candidate = dict[str, Any]


def grid(values: Mapping[str, Sequence[Any]]) -> list[Candidate]:
    """All combinations of the listed values; the last name changes fastest.

    >>> grid({"lr": [0.1, 0.01], "units": [10, 30]})[:2]
    [{'lr': 0.1, 'units': 10}, {'lr': 0.1, 'units': 30}]
    """
    if not isinstance(values, Mapping):
        raise ArgumentError(f"grid: takes a dictionary of lists of values, got {values!r}")
    for name, listed in values.items():
        if hasattr(listed, "at"):
            raise ArgumentError(
                f"grid: {name} is {listed!r}, of which there are no finitely many values; list some, or draw from a "
                "space with random(space, count) or design(space, count)"
            )
        if isinstance(listed, str) or not hasattr(listed, "__len__") or not len(listed):
            raise ArgumentError(f"grid: takes a list of values for each name, got {listed!r} for {name}")
    if not values:
        raise ArgumentError("grid: takes a list of values for each name, got no names")
    return [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]


def random(space: Space, count: int, *, seed: int = 0) -> list[Candidate]:
    """`count` points drawn from the space, each name on its own.

    Better than a grid of as many when only some of the names matter (Bergstra and Bengio 2012): none of them is tried
    at the same value twice. The first n of a longer list are the same.
    """
    checked(space)
    stream = np.random.Philox(np.random.SeedSequence(seed))
    units = (stream.random_raw((at_least("random", "count", count, 1), len(space))) >> np.uint64(11)) * 2.0**-53
    return _points(space, units)


def design(space: Space, count: int, *, method: str = "latin", seed: int = 0) -> list[Candidate]:
    """`count` points that fill the space more evenly than chance does, by scipy.stats.qmc (the extra `search`).

    `method` is "latin" (hypercube: each name takes `count` values, one in each of as many equal intervals), "sobol"
    (`count` must be a power of 2) or "halton".
    """
    from scipy.stats import qmc

    checked(space)
    at_least("design", "count", count, 1)
    methods = {"latin": qmc.LatinHypercube, "sobol": qmc.Sobol, "halton": qmc.Halton}
    if method not in methods:
        raise ArgumentError(f"design: method must be one of {', '.join(methods)}, got {method!r}")
    if method == "sobol" and count & (count - 1):
        raise ArgumentError(f"design: a Sobol design has a power of 2 points, got {count}; or use method='halton'")
    return _points(space, methods[method](d=len(space), rng=np.random.default_rng(seed)).random(count))


def _points(space: Space, units: NDArray[Any]) -> list[Candidate]:
    """Points of the unit cube as points of the space. Shapes: units (count, names)."""
    return [{name: space[name].at(float(u)) for name, u in zip(space, row, strict=True)} for row in units]
