"""Other dtypes as methods of a Tensor, and the one device that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from autograd_core import ops
from autograd_core.devices import CPU, Device, check_device, wanted_dtype
from autograd_core.methods.base import Methods

if TYPE_CHECKING:
    from autograd_core.tensor import Tensor


class Conversions(Methods):
    """A conversion to what a tensor is already is the tensor itself: nothing can change its numbers."""

    __slots__ = ()

    @property
    def device(self) -> Device:
        """The CPU."""
        return CPU

    def to(
        self,
        target: Any = None,
        dtype: npt.DTypeLike | None = None,
        *,
        device: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
    ) -> Tensor:
        """In another dtype: `x.to(np.float64)`, `x.to("cpu")`, `x.to("cpu", np.float64)`, `x.to(other_tensor)`.

        The gradient is converted back. Errors: ArgumentError for a device that is not the CPU.
        """
        wanted = wanted_dtype("to", target, dtype, device) or self.dtype
        return self if wanted == self.dtype and not copy else ops.astype(self, wanted)  # type: ignore[return-value]

    def to_device(self, device: Any, /, *, stream: Any = None) -> Self:
        """The tensor itself, for a device that is the CPU; the array API's name."""
        check_device("to_device", device)
        return self

    def cpu(self) -> Self:
        """The tensor itself: it is on the CPU."""
        return self

    def type(self, dtype: npt.DTypeLike) -> Tensor:
        """In another dtype; see `to`."""
        return self.to(dtype=dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """In the dtype of another tensor; see `to`."""
        return self.to(dtype=other.dtype)

    def astype(self, dtype: npt.DTypeLike) -> Tensor:
        """See `autograd_core.astype`."""
        return ops.astype(self, dtype)

    def float(self) -> Tensor:
        """The same numbers in float32; see `to`."""
        return self.to(dtype=np.float32)

    def double(self) -> Tensor:
        """The same numbers in float64; see `to`."""
        return self.to(dtype=np.float64)

    def int(self) -> Tensor:
        """The same numbers in int32, without what is behind the point; see `to`."""
        return self.to(dtype=np.int32)

    def long(self) -> Tensor:
        """The same numbers in int64, without what is behind the point; see `to`."""
        return self.to(dtype=np.int64)

    def bool(self) -> Tensor:
        """Which numbers are not 0; see `to`."""
        return self.to(dtype=np.bool_)
