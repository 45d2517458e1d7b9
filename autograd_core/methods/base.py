"""What the methods of a Tensor stand on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd_core.ops.argument_names import given_twice

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from autograd_core.argument_types import TensorLike
    from autograd_core.operators import Operators
    from autograd_core.tensor import Tensor

Axis = int | Sequence[int] | None


if TYPE_CHECKING:

    class Methods(Operators[Tensor, Tensor, TensorLike]):
        """An array in the graph, as its methods see it."""

        array: npt.NDArray[Any]

        @property
        def shape(self) -> tuple[int, ...]: ...
        @property
        def dtype(self) -> np.dtype[Any]: ...
        @property
        def ndim(self) -> int: ...
        def detach(self) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...
else:

    class Methods:
        """An array in the graph, as its methods see it; no Operators, for every base costs each tensor a little."""

        __slots__ = ()


def either(function: str, dim: Any, axis: Any) -> Any:
    """The axis, or axes, that one of two arguments names; None stands for what was not given.

    Errors: ArgumentError if both were.
    """
    if axis is None:
        return tuple(dim) if type(dim) is list else dim
    if dim is not None:
        raise given_twice(function, "axis", "dim")
    return tuple(axis) if type(axis) is list else axis
