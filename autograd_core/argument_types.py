"""What functions and operators take, for type checkers: nothing here is imported when a program runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from autograd_core.tensor import Tensor
from autograd_core.value import Value

Number: TypeAlias = float | np.number[Any] | np.bool_
Array: TypeAlias = npt.NDArray[Any]
Arrays: TypeAlias = (
    Array | np.generic | Sequence[Number] | Sequence[Sequence[Number]] | Sequence[Sequence[Sequence[Number]]]
)
"""An array, or lists that stand for one. (Lists of any depth would be strings as well: their letters are strings.)"""
ArrayLike: TypeAlias = float | Arrays
"""An array, or what stands for one."""
TensorLike: TypeAlias = Tensor | ArrayLike
"""What goes with a Tensor in an op."""
ValueLike: TypeAlias = Value | Number
"""What goes with a Value in an op."""
