"""gradcheck: are the gradients those that finite differences give? (Deck C: numerical against chained.)"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_core.errors import ArgumentError, GradcheckError
from autograd_core.ops import reduction
from autograd_core.tensor import Tensor
from autograd_core.value import Value

Array = npt.NDArray[np.float64]


def gradcheck(
    function: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    step: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    """Compare the gradients of `function` at `inputs` with central differences, in float64, entry by entry.

    `inputs` are numbers, with which the function is called as Values, or arrays and Tensors, with
    which it is called as Tensors; its result may have any shape and is weighted at random. With
    `order=2` the gradients of the gradients are checked as well, along a random direction.

    Errors: GradcheckError names the input, the entry and both numbers. Keep away from kinks and
    ties: a difference quotient straddles them.

    >>> from autograd_core import tanh
    >>> gradcheck(tanh, [0.1, -2.0], order=2)
    """
    if order not in (1, 2):
        raise ArgumentError(f"gradcheck: order must be 1 or 2, got {order}")
    scalar = all(isinstance(x, (int, float, Value)) for x in inputs)
    points = [np.array(x.data if isinstance(x, (Value, Tensor)) else x, dtype=np.float64) for x in inputs]
    rng = np.random.default_rng(seed)
    weighted = _Weighted(function, scalar, rng)
    _compare(weighted.value, weighted.gradients, points, step, rtol, atol, "gradient")
    if order == 2:
        directions = [rng.standard_normal(x.shape) for x in points]

        def slope(*at: Array) -> float:
            pairs = zip(weighted.gradients(*at), directions, strict=True)
            return float(sum(np.sum(g * d) for g, d in pairs))

        def slope_gradients(*at: Array) -> list[Array]:
            return weighted.gradients_along(at, directions)

        _compare(slope, slope_gradients, points, step, rtol, atol, "second gradient")


class _Weighted:
    """Σ u·f(x) for random weights u, so that a result of any shape becomes one number; with its gradients."""

    def __init__(self, function: Callable[..., Any], scalar: bool, rng: np.random.Generator) -> None:
        self.function = function
        self.scalar = scalar
        self.rng = rng
        self.weights: Any = None

    def __call__(self, at: tuple[Array, ...]) -> tuple[Any, list[Any]]:
        leaves: list[Any] = [Value(float(x)) if self.scalar else Tensor(x, requires_grad=True) for x in at]
        y: Any = self.function(*leaves)
        if not isinstance(y, (Value, Tensor)):
            raise ArgumentError(f"gradcheck: the function must return a Value or a Tensor, got a {type(y).__name__}")
        if self.weights is None:
            self.weights = self.rng.uniform(0.5, 1.5, y.shape if isinstance(y, Tensor) else ())
        if self.scalar:
            return y * float(self.weights), leaves
        return reduction.sum(y * self.weights), leaves

    def value(self, *at: Array) -> float:
        return float(self(at)[0].item())

    def gradients(self, *at: Array) -> list[Array]:
        y, leaves = self(at)
        if self.scalar or y.requires_grad:
            y.backward()
        return [_gradient(leaf) for leaf in leaves]

    def gradients_along(self, at: tuple[Array, ...], directions: list[Array]) -> list[Array]:
        """The gradients of Σ ∇f·d."""
        y, leaves = self(at)
        if not (self.scalar or y.requires_grad):
            return [np.zeros(np.shape(x)) for x in at]
        y.backward(create_graph=True)
        along: Any = 0.0
        for leaf, direction in zip(leaves, directions, strict=True):
            if leaf.grad is not None:
                along = along + (leaf.grad * float(direction) if self.scalar else reduction.sum(leaf.grad * direction))
            leaf.grad = 0.0 if self.scalar else None
        if isinstance(along, Value) or (isinstance(along, Tensor) and along.requires_grad):
            along.backward()
        return [_gradient(leaf) for leaf in leaves]


def central_difference(moved: Callable[[float], float], step: float) -> float:
    """(f(x + h) - f(x - h))/2h, where moved(h) is f(x + h) and h is `step`."""
    return (moved(step) - moved(-step)) / (2 * step)


def _gradient(leaf: Any) -> Array:
    if isinstance(leaf, Value):
        return np.array(float(leaf.grad))
    return np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy()


def _compare(
    value: Callable[..., float],
    gradients: Callable[..., list[Array]],
    points: list[Array],
    step: float,
    rtol: float,
    atol: float,
    what: str,
) -> None:
    found = gradients(*points)
    for i, point in enumerate(points):
        for entry in np.ndindex(point.shape):

            def moved(by: float, i: int = i, entry: tuple[int, ...] = entry) -> float:
                at = [x.copy() for x in points]
                at[i][entry] += by
                return value(*at)

            numerical = central_difference(moved, step)
            analytic = float(found[i][entry])
            if not math.isclose(analytic, numerical, rel_tol=rtol, abs_tol=atol):
                raise GradcheckError(
                    f"gradcheck: {what} for input {i} at entry {entry}: the graph says {analytic:.9g}, "
                    f"central differences {numerical:.9g}"
                )
