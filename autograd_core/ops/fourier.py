"""Fourier transforms of real numbers and of complex ones, which are pairs: real and imaginary part, the last axis of 2.

There is no complex dtype. Each transform is a linear function of real numbers, and its gradient the transposed one: the
transform in the other direction, with the same factor. Axes are counted as if the axis of pairs were not there, so that
`axis` is the same before and after. numpy computes them, by pocketfft.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.arranging import pad, roll
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import as_array, several_axes

__all__ = ["fft", "fft2", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft"]
__all__ += ["irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftn"]

_TRANSPOSED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""Which `norm` the transform in the other direction has, for the same factor."""

_CONJUGATE = np.array([1.0, -1.0], np.float32)  # the narrower float, which decides no dtype


def _complex(z: Any) -> Any:
    """Pairs as numpy's complex numbers, uncopied if they lie together; of integers float64."""
    z = np.ascontiguousarray(z, np.float32 if z.dtype == np.float32 else np.float64)
    return z.view(np.result_type(z.dtype, np.complex64)).reshape(z.shape[:-1])


def _pairs(c: Any) -> Any:
    """numpy's complex numbers as pairs."""
    return np.ascontiguousarray(c).view(c.real.dtype).reshape(*c.shape, 2)


# The rows count axes from the last one, so that others may come before.


@array_op
def _fft(z: Any, /, axes: Any, inverse: bool, norm: Any) -> Any:
    """The transform of pairs along these axes. Gradient: upstream, by the inverse with the same factor."""
    transform = np.fft.ifftn if inverse else np.fft.fftn
    return _pairs(transform(_complex(z), axes=axes, norm=norm))


@_fft.vjp("z")
def _(g, axes, inverse, norm):
    return _fft(g, axes, not inverse, _TRANSPOSED[norm])


@array_op
def _rfft(x: Any, /, axis: int, norm: Any) -> Any:
    """Half of the transform of real numbers, which decides the other half. Gradient: `_irfft`, which adds both."""
    return _pairs(np.fft.rfft(x, axis=axis, norm=norm))


@_rfft.vjp("x")
def _(g, x_shape, axis, norm):
    n = x_shape[axis]
    return _irfft(g / _occurrences(n, axis, g.dtype), n, axis, _TRANSPOSED[norm])


@array_op
def _irfft(z: Any, /, n: int, axis: int, norm: Any) -> Any:
    """The n real numbers whose transform has this half. Gradient: `_rfft`, twice what stands in both halves."""
    return np.fft.irfft(_complex(z), n, axis=axis, norm=norm)


@_irfft.vjp("z")
def _(g, n, axis, norm):
    return _rfft(g, axis, _TRANSPOSED[norm]) * _occurrences(n, axis, g.dtype)


def _occurrences(n: int, axis: int, dtype: Any) -> Any:
    """How often each entry of half a transform stands in the whole: twice, but for frequency 0 and, of even n, n/2."""
    times = np.full(n // 2 + 1, 2.0, dtype)
    times[0] = 1.0
    if n % 2 == 0:
        times[-1] = 1.0
    return times.reshape(-1, *[1] * -axis)  # those axes after it that there are, one of pairs among them


# --- arguments ------------------------------------------------------------------------------------------------------


def _checked(name: str, x: Any, norm: str, pairs: bool) -> Any:
    """An input as an array, if it is one that can be transformed."""
    x = as_array(x, name)
    if pairs and (x.ndim < 2 or x.shape[-1] != 2):
        raise ShapeError(
            f"{name}: takes complex numbers as pairs, real and imaginary part, of shape (..., n, 2), got {x.shape}; "
            "of real numbers x, write ag.stack([x, 0 * x], axis=-1), or take ag.fft.rfft"
        )
    if x.dtype.char not in "fd" and x.dtype.kind not in "iu":
        raise DTypeError(f"{name}: takes float32, float64 and integers, not {x.dtype}; use astype")
    if norm not in _TRANSPOSED:
        raise ArgumentError(f"{name}: norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    return x


def _axes_and_lengths(
    name: str, shape: tuple[int, ...], axes: Any, s: Sequence[int | None] | None, half: bool = False
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Which axes of `shape`, without that of pairs, to transform, counted from the last one, and how long they become.

    None in `s` is for as long as they are. With `half`, the last of them is that along which half of a transform lies,
    and its length that of the whole.
    """
    if axes is None:
        axes = range(len(shape))[-len(s) if s else 0 :]
    axes = tuple([axis - len(shape) for axis in several_axes(name, shape, axes)])
    wanted = [None] * len(axes) if s is None else s
    if not axes or len(wanted) != len(axes):
        raise ArgumentError(
            f"{name}: takes at least one axis, and of each the length, or none of them; of shape {shape} got axes "
            f"{axes} and lengths {s}"
        )
    lengths = [shape[axis] if n is None else n for n, axis in zip(wanted, axes, strict=True)]
    if half and wanted[-1] is None:
        lengths[-1] = 2 * (lengths[-1] - 1)
    for n, axis in zip(lengths, axes, strict=True):
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ArgumentError(
                f"{name}: transforms a whole number of entries, at least 1, along an axis; along axis {axis} of shape "
                f"{shape} it would be {n!r}"
            )
    return axes, tuple(map(int, lengths))


def _or_none(s: int | Sequence[int] | None) -> list[int | None] | None:
    """Lengths of several axes, in which the standard has -1 for as long as they are."""
    s = (s,) if isinstance(s, (int, np.integer)) else s
    return None if s is None else [None if n == -1 else n for n in s]


def _fitted(x: Any, axes: tuple[int, ...], lengths: tuple[int, ...], pairs: bool) -> Any:
    """x cut, or with zeros after it, to these lengths along these axes, which are counted without that of pairs."""
    places = [axis - pairs + x.ndim for axis in axes]
    wanted = dict(zip(places, lengths, strict=True))
    if any(x.shape[place] > n for place, n in wanted.items()):
        x = x[tuple([slice(wanted.get(place)) for place in range(x.ndim)])]
    if any(x.shape[place] < n for place, n in wanted.items()):
        x = pad(x, [(0, wanted.get(place, n) - n) for place, n in enumerate(x.shape)])
    return x


def _of_pairs(name: str, z: Any, s: Any, axes: Any, norm: str, inverse: bool) -> Any:
    z = _checked(name, z, norm, pairs=True)
    axes, lengths = _axes_and_lengths(name, z.shape[:-1], axes, s)
    return _fft(_fitted(z, axes, lengths, pairs=True), axes, inverse, norm)


def _of_real(name: str, x: Any, s: Any, axes: Any, norm: str) -> Any:
    x = _checked(name, x, norm, pairs=False)
    axes, lengths = _axes_and_lengths(name, x.shape, axes, s)
    half = _rfft(_fitted(x, axes, lengths, pairs=False), axes[-1], norm)
    return _fft(half, axes[:-1], False, norm) if axes[1:] else half


def _to_real(name: str, z: Any, s: Any, axes: Any, norm: str) -> Any:
    z = _checked(name, z, norm, pairs=True)
    axes, lengths = _axes_and_lengths(name, z.shape[:-1], axes, s, half=True)
    half = _fitted(z, axes, (*lengths[:-1], lengths[-1] // 2 + 1), pairs=True)
    half = _fft(half, axes[:-1], True, norm) if axes[1:] else half
    return _irfft(half, lengths[-1], axes[-1], norm)


# --- along one axis -------------------------------------------------------------------------------------------------


@axis_or_dim
def fft(z: Any, /, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The discrete Fourier transform of complex numbers: y_k = Σ_j z_j exp(-2πi jk/n).

    Shapes: (..., m, 2) -> (..., n, 2), pairs of real and imaginary part; z is cut, or continued by zeros, to n, which
    is m unless it is given. The factor 1/n stands in `ifft` with norm="backward", here with "forward", and with "ortho"
    its root in both. Gradient: n times the `ifft` of upstream, with "backward".
    """
    return _of_pairs("fft", z, (n,), (axis,), norm, inverse=False)


@axis_or_dim
def ifft(z: Any, /, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `fft`: y_j = Σ_k z_k exp(2πi jk/n) / n. Shapes: (..., m, 2) -> (..., n, 2), pairs.

    `n` and `norm` as of `fft`. Gradient: the `fft` of upstream over n, with "backward".
    """
    return _of_pairs("ifft", z, (n,), (axis,), norm, inverse=True)


@axis_or_dim
def rfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The `fft` of real numbers: its first n//2 + 1 entries, as the others are their complex conjugates.

    Shapes: (..., m) -> (..., n//2 + 1, 2), pairs of real and imaginary part; x is cut, or continued by zeros, to n.
    Gradient: Σ_k of upstream, its real part times cos(2πjk/n) and its imaginary part times -sin(2πjk/n).

    >>> import autograd_core as ag
    >>> ag.fft.rfft(ag.tensor([1.0, 0.0, 2.0, 0.0])).tolist()
    [[3.0, 0.0], [-1.0, 0.0], [3.0, 0.0]]
    """
    return _of_real("rfft", x, (n,), (axis,), norm)


@axis_or_dim
def irfft(z: Any, /, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `rfft`: the n real numbers of whose `fft` these are the first n//2 + 1 entries.

    Shapes: (..., m, 2) -> (..., n), with n = 2(m - 1) unless it is given, as an odd one must be. The imaginary parts
    at 0 and, if n is even, at n/2 would be 0; they are not read, and their gradient is 0.
    Gradient: the `rfft` of upstream over n, twice that where an entry stands for its conjugate as well.
    """
    return _to_real("irfft", z, (n,), (axis,), norm)


@axis_or_dim
def hfft(z: Any, /, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The `fft`, which is real, of n numbers of which z_(n-j) is the conjugate of z_j: of the first n//2 + 1 of them.

    Shapes: (..., m, 2) -> (..., n), with n = 2(m - 1) unless it is given. Gradient as of `irfft` of the conjugates.
    """
    z = _checked("hfft", z, norm, pairs=True)
    return _to_real("hfft", z * _CONJUGATE, (n,), (axis,), _TRANSPOSED[norm])


@axis_or_dim
def ihfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `hfft`. Shapes: (..., m) -> (..., n//2 + 1, 2), pairs. Gradient as of the conjugate of `rfft`."""
    x = _checked("ihfft", x, norm, pairs=False)
    return _of_real("ihfft", x, (n,), (axis,), _TRANSPOSED[norm]) * _CONJUGATE


# --- along several --------------------------------------------------------------------------------------------------


@axis_or_dim
def fftn(z: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward") -> Any:
    """The `fft` along each of these axes, or along all: (..., m, ..., 2) -> (..., n, ..., 2), pairs.

    `s` has the n of each axis, with -1 for as many as there are; without axes it is that of the last ones.
    """
    return _of_pairs("fftn", z, _or_none(s), axes, norm, inverse=False)


@axis_or_dim
def ifftn(z: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward") -> Any:
    """The inverse of `fftn`, with its arguments: (..., m, ..., 2) -> (..., n, ..., 2), pairs."""
    return _of_pairs("ifftn", z, _or_none(s), axes, norm, inverse=True)


@axis_or_dim
def rfftn(x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward") -> Any:
    """The `fftn` of real numbers: `rfft` along the last of the axes, `fft` along the others.

    Shapes: (..., m, ..., m') -> (..., n, ..., n'//2 + 1, 2), pairs. Arguments as of `fftn`; of images (N, C, H, W), say
    axes=(-2, -1), which is `rfft2`.
    """
    return _of_real("rfftn", x, _or_none(s), axes, norm)


@axis_or_dim
def irfftn(z: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward") -> Any:
    """The inverse of `rfftn`: `ifft` along all of the axes but the last, and `irfft` along that.

    Shapes: (..., m, ..., m', 2) -> (..., n, ..., n'), with n' = 2(m' - 1) unless `s` says another.
    """
    return _to_real("irfftn", z, _or_none(s), axes, norm)


# --- along two, the last ones: those of an image --------------------------------------------------------------------


@axis_or_dim
def fft2(z: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str = "backward") -> Any:
    """The `fftn` along two axes: (..., m, m', 2) -> (..., n, n', 2), pairs."""
    return _of_pairs("fft2", z, _or_none(s), axes, norm, inverse=False)


@axis_or_dim
def ifft2(z: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str = "backward") -> Any:
    """The `ifftn` along two axes, the inverse of `fft2`: (..., m, m', 2) -> (..., n, n', 2), pairs."""
    return _of_pairs("ifft2", z, _or_none(s), axes, norm, inverse=True)


@axis_or_dim
def rfft2(x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str = "backward") -> Any:
    """The `rfftn` along two axes: (..., m, m') -> (..., n, n'//2 + 1, 2), pairs."""
    return _of_real("rfft2", x, _or_none(s), axes, norm)


@axis_or_dim
def irfft2(z: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str = "backward") -> Any:
    """The `irfftn` along two axes, the inverse of `rfft2`: (..., m, m', 2) -> (..., n, n')."""
    return _to_real("irfft2", z, _or_none(s), axes, norm)


# --- order ----------------------------------------------------------------------------------------------------------


@axis_or_dim
def fftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """x with frequency 0 in the middle of these axes, or of all: rolled by n//2. Gradient: upstream, rolled back.

    Of pairs, name the axes, those of the array as it is: fftshift(z, axes=-2) for the frequencies of rfft(x).
    """
    return _rolled("fftshift", x, axes, lambda n: n // 2)


@axis_or_dim
def ifftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """The inverse of `fftshift`, also where n is odd: rolled by -(n//2)."""
    return _rolled("ifftshift", x, axes, lambda n: -(n // 2))


def _rolled(name: str, x: Any, axes: Any, shift: Any) -> Any:
    x = as_array(x, name)
    axes = several_axes(name, x.shape, range(x.ndim) if axes is None else axes)
    return roll(x, [shift(x.shape[axis]) for axis in axes], axis=axes) if axes else x
