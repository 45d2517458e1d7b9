"""What the array API standard asks of a library: about its dtypes, and about itself. Loaded when first asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_core import dtypes
from autograd_core.devices import CPU, Device, check_device
from autograd_core.errors import ArgumentError, DTypeError
from autograd_core.promotion import cast_to_common_dtype
from autograd_core.tensor import get_default_dtype

_DTYPES: dict[str, np.dtype[Any]] = {"bool": dtypes.bool} | {name: getattr(dtypes, name) for name in dtypes.__all__}


class FloatLimits(NamedTuple):
    """What a floating-point dtype can hold."""

    dtype: np.dtype[Any]
    bits: int
    eps: float
    """From 1 to the next number."""
    max: float
    min: float
    smallest_normal: float


class IntegerLimits(NamedTuple):
    """What an integer dtype can hold."""

    dtype: np.dtype[Any]
    bits: int
    max: int
    min: int


def finfo(type: Any, /) -> FloatLimits:
    """The limits of a floating-point dtype, or of that of an array. Errors: DTypeError for another."""
    dtype = _dtype_of("finfo", type)
    if dtype.kind != "f":
        raise DTypeError(f"finfo: takes a floating-point dtype, not {dtype}; iinfo takes integers")
    found = np.finfo(dtype)
    numbers = [float(x) for x in (found.eps, found.max, found.min, found.smallest_normal)]
    return FloatLimits(dtype, found.bits, *numbers)


def iinfo(type: Any, /) -> IntegerLimits:
    """The limits of an integer dtype, or of that of an array. Errors: DTypeError for another."""
    dtype = _dtype_of("iinfo", type)
    if dtype.kind not in "iu":
        raise DTypeError(f"iinfo: takes an integer dtype, not {dtype}; finfo takes floats")
    found = np.iinfo(dtype)
    return IntegerLimits(dtype, found.bits, int(found.max), int(found.min))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind: another dtype, the standard's name of a kind, or one in a tuple of these.

    The names are "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating" and
    "numeric". Errors: DTypeError for what is no dtype, ArgumentError for what is no kind.
    """
    dtype = _dtype_of("isdtype", dtype)
    if isinstance(kind, tuple):
        return any(isdtype(dtype, part) for part in kind)
    if isinstance(kind, str):
        if kind not in _KINDS:
            raise ArgumentError(f"isdtype: a kind is one of {', '.join(map(repr, _KINDS))}, or a dtype; got {kind!r}")
        return dtype.kind in _KINDS[kind]
    return bool(dtype == _dtype_of("isdtype", kind))


_KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether every value of a dtype, or of an array's, is one of the dtype `to`, or near one, as int64 in float64."""
    return bool(np.can_cast(_dtype_of("can_cast", from_), _dtype_of("can_cast", to)))


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype in which an op computes with these arrays, numbers, and arrays of these dtypes.

    As for an op numbers, and arrays without axes, do not decide beside an array (docs/edge-cases.md).
    Errors: ArgumentError for nothing, or for numbers alone.
    """
    if all(isinstance(x, (bool, int, float)) for x in arrays_and_dtypes):
        raise ArgumentError(f"result_type: takes at least one array or dtype, got {arrays_and_dtypes}")
    weak = [isinstance(x, (bool, int, float)) for x in arrays_and_dtypes]
    arrays = [
        x if is_weak else np.empty((1,) * getattr(x, "ndim", 1), _dtype_of("result_type", x))
        for x, is_weak in zip(arrays_and_dtypes, weak, strict=True)
    ]
    return np.dtype(np.result_type(*(cast_to_common_dtype(arrays, weak, get_default_dtype()) or arrays)))


def _dtype_of(function: str, x: Any) -> np.dtype[Any]:
    """The dtype that x is, or has."""
    try:
        if x is not None:  # of which numpy makes float64
            found: np.dtype[Any] = np.dtype(getattr(x, "dtype", x))
            return found
    except TypeError:
        pass
    raise DTypeError(f"{function}: takes a dtype, such as autograd_core.float32, or an array; got {x!r}")


class NamespaceInfo:
    """What the library can do, as the standard has it, for programs that work with several."""

    def capabilities(self) -> dict[str, Any]:
        """Masks as indices, results whose shape depends on numbers, and no limit to the number of axes but numpy's."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Device:
        """The CPU."""
        return CPU

    def devices(self) -> list[Device]:
        """All devices: the CPU."""
        return [CPU]

    def default_dtypes(self, *, device: Any = None) -> dict[str, np.dtype[Any]]:
        """What floats, integers and indices become unless told otherwise; no number is complex."""
        check_device("default_dtypes", device)
        return {"real floating": get_default_dtype(), "integral": dtypes.int64, "indexing": dtypes.int64}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtypes by their names; with `kind` those of which `isdtype` says so."""
        check_device("dtypes", device)
        return {name: dtype for name, dtype in _DTYPES.items() if kind is None or isdtype(dtype, kind)}


def __array_namespace_info__() -> NamespaceInfo:
    """What the library can do, as the array API standard has it."""
    return NamespaceInfo()
