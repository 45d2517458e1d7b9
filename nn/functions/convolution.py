"""Convolution and transposed convolution of signals, images and volumes, under PyTorch's names and arguments.

Shapes: x (N, C, L), (N, C, H, W) or (N, C, D, H, W), or one of these without N; weight (out, in/groups, *kernel), of
the transposed ones (in, out/groups, *kernel); bias (out,) or None. Gradients: see `autograd_core.conv2d`.
"""

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn.functions.unbatched import unbatched

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

Sizes = int | tuple[int, ...]


@unbatched(1)
def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Filters slid along signals. `padding` is a number of zeros on both sides, "valid" (none), or "same" (as needed).

    With "same", for which the stride must be 1, the output is as long as the input; of an odd number of zeros the one
    more is at the end.
    """
    return _convolve("conv1d", ag.conv1d, x, weight, bias, stride, padding, dilation, groups)


@unbatched(2)
def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Filters slid over images; arguments as those of `conv1d`, each one number or two."""
    return _convolve("conv2d", ag.conv2d, x, weight, bias, stride, padding, dilation, groups)


@unbatched(3)
def conv3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Filters slid through volumes; arguments as those of `conv1d`, each one number or three."""
    return _convolve("conv3d", ag.conv3d, x, weight, bias, stride, padding, dilation, groups)


@unbatched(1)
def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The transpose of `conv1d`, which makes signals longer; see `autograd_core.conv_transpose2d` for how long."""
    return _plus(ag.conv_transpose1d(x, weight, stride, padding, output_padding, groups, dilation), bias)


@unbatched(2)
def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The transpose of `conv2d`, which makes images larger; see `autograd_core.conv_transpose2d`."""
    return _plus(ag.conv_transpose2d(x, weight, stride, padding, output_padding, groups, dilation), bias)


@unbatched(3)
def conv_transpose3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The transpose of `conv3d`, which makes volumes larger; see `autograd_core.conv_transpose3d`."""
    return _plus(ag.conv_transpose3d(x, weight, stride, padding, output_padding, groups, dilation), bias)


def sides_for_same(kernel: tuple[int, ...], dilation: Sizes) -> list[tuple[int, int]]:
    """How many zeros "same" puts before and after each axis."""
    spread = dilation if isinstance(dilation, (tuple, list)) else (dilation,) * len(kernel)
    total = [d * (k - 1) for d, k in zip(spread, kernel, strict=True)]
    return [(n // 2, n - n // 2) for n in total]


def check_padding(name: str, padding: Sizes | str, stride: Sizes) -> None:
    """Refuse a word that is no kind of padding, and "same" where outputs are fewer than inputs."""
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ArgumentError(f'{name}: padding must be whole numbers, "same" or "valid"; got {padding!r}')
        if padding == "same" and any(
            step != 1 for step in (stride if isinstance(stride, (tuple, list)) else (stride,))
        ):
            raise ArgumentError(f'{name}: padding="same" is for a stride of 1, got {stride}; give the padding itself')


def _convolve(
    name: str,
    convolution: Callable[..., Any],
    x: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Any:
    if isinstance(padding, str):
        check_padding(name, padding, stride)
        sides = sides_for_same(weight.shape[2:], dilation) if padding == "same" else []
        if all(before == after for before, after in sides):
            padding = tuple([before for before, _ in sides]) if sides else 0
        else:
            x, padding = ag.pad(x, [(0, 0), (0, 0), *sides]), 0
    return convolution(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _plus(y: Any, bias: Any) -> Any:
    """A number for each channel added."""
    return y if bias is None else y + ag.reshape(bias, (-1, *[1] * (y.ndim - 2)))
