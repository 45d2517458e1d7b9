"""Where numbers are: on the CPU. `device=` is taken wherever PyTorch's programs give it, and any other is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_core.errors import ArgumentError, DTypeError
from autograd_core.recording import Recorded


class Device(str):
    """A device, by its name."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """The kind of device."""
        return str(self)


CPU = Device("cpu")


def device(name: Any = "cpu") -> Device:
    """The device of this name, which is the CPU.

    >>> device("cpu")
    'cpu'

    Errors: ArgumentError for any other.
    """
    check_device("device", name)
    return CPU


def check_device(function: str, device: Any) -> None:
    """Refuse a device that there is not; None is left out."""
    if device not in (None, "cpu", "cpu:0"):
        raise ArgumentError(
            f"{function}: there is no device {str(device)!r} here, for all is computed on the CPU; leave device out, "
            "or give device='cpu'"
        )


def wanted_dtype(function: str, target: Any, dtype: npt.DTypeLike | None, device: Any) -> np.dtype[Any] | None:
    """The dtype that the arguments of PyTorch's `to` ask for, or None for that which is.

    `target` is a device, a dtype or a tensor. Errors: ArgumentError for a device that there is not, DTypeError for what
    is no dtype.
    """
    if isinstance(target, str) and not _is_dtype(target):
        check_device(function, target)
        target = None
    check_device(function, device)
    if isinstance(target, Recorded):
        target = target.dtype  # type: ignore[attr-defined]
    if target is not None and dtype is not None:
        raise DTypeError(f"{function}: takes a device and a dtype, got {target!r} and {dtype!r}")
    chosen = dtype if target is None else target
    if chosen is None:
        return None
    if not _is_dtype(chosen):
        raise DTypeError(f"{function}: takes a dtype such as np.float64, or the device 'cpu'; got {chosen!r}")
    return np.dtype(chosen)


def _is_dtype(target: Any) -> bool:
    try:
        np.dtype(target)
    except TypeError:
        return False
    return True
