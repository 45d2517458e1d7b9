"""Normalising layers: by batch, by layer, by group, by instance, and by root mean square."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn import functions
from nn.arguments import as_tensor, at_least
from nn.functions.normalisation import as_shape
from nn.module import Module, Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "RMSNorm",
]


class _Normalisation(Module):
    def _uses_its_own(self) -> bool:
        """Whether the mean and variance are those of x, rather than the running ones."""
        return True

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """For each element four for its own moments, two to apply them, one for the weight and one for the bias.

        Running moments are applied with weight and bias in two.
        """
        return (6 + len(self.own_parameters()) if self._uses_its_own() else 2) * int(output.size)


class _ByChannel(_Normalisation):
    """What batch and instance normalisation share: weight and bias, and the running mean and variance as buffers."""

    axes: dict[int, str]  # the numbers of axes that it takes, and what they are
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    momentum: Any  # a number; for batch normalisation None too

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track_running_stats: bool
    ) -> None:
        self.num_features = at_least(type(self).__name__, "num_features", num_features, 1)
        self.eps, self.momentum, self.affine, self.track_running_stats = eps, momentum, affine, track_running_stats
        shape = (self.num_features,)
        self.weight = Parameter(ag.ones(shape)) if affine else None
        self.bias = Parameter(ag.zeros(shape)) if affine else None
        tracked = track_running_stats
        self.register_buffer("running_mean", ag.zeros(shape) if tracked else None)
        self.register_buffer("running_var", ag.ones(shape) if tracked else None)
        self.register_buffer("num_batches_tracked", ag.tensor(np.zeros((), np.int64)) if tracked else None)

    def _checked(self, x: Any) -> Any:
        x = as_tensor(x)
        if x.ndim not in self.axes or x.shape[1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: takes shape {' or '.join(self.axes.values())} with C = {self.num_features}, "
                f"got shape {x.shape}"
            )
        return x

    def _uses_its_own(self) -> bool:
        return self.training or not self.track_running_stats


class _BatchNorm(_ByChannel):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats)

    def forward(self, x: Any) -> Tensor:
        x = self._checked(x)
        share = self._share_of_this_batch()
        moments = (self.running_mean, self.running_var)
        return functions.batch_norm(x, *moments, self.weight, self.bias, self.training, share, self.eps)

    def _share_of_this_batch(self) -> Any:
        """How far the running moments move towards this batch's: `momentum`; with None they are the mean of all."""
        if self.num_batches_tracked is None or not self.training:
            return 0.0
        count = self.num_batches_tracked
        count.assign(count + 1)
        if self.momentum is not None:
            return float(self.momentum)
        return 1.0 / count.astype(float if self.running_mean is None else self.running_mean.dtype)


class BatchNorm1d(_BatchNorm):
    """See `nn.functions.batch_norm`. Shapes: (N, C) or (N, C, L) -> the same; weight, bias, running ones (C,).

    `momentum=None` makes the running mean and variance the average of all batches so far.
    """

    axes = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_BatchNorm):
    """As `BatchNorm1d`, for images. Shapes: (N, C, H, W) -> the same."""

    axes = {4: "(N, C, H, W)"}


class BatchNorm3d(_BatchNorm):
    """As `BatchNorm1d`, for volumes. Shapes: (N, C, D, H, W) -> the same."""

    axes = {5: "(N, C, D, H, W)"}


class _InstanceNorm(_ByChannel):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
    ) -> None:
        if momentum is None and track_running_stats:
            raise ArgumentError(
                f"{type(self).__name__}: momentum must be a number; None is for batch normalisation alone"
            )
        super().__init__(num_features, eps, momentum, affine, track_running_stats)

    def forward(self, x: Any) -> Tensor:
        x = self._checked(x)
        moments = (self.running_mean, self.running_var)
        return functions.instance_norm(
            x, *moments, self.weight, self.bias, self._uses_its_own(), self.momentum, self.eps
        )


class InstanceNorm1d(_InstanceNorm):
    """See `nn.functions.instance_norm`. Shapes: (N, C, L) -> the same; weight, bias, running ones (C,)."""

    axes = {3: "(N, C, L)"}


class InstanceNorm2d(_InstanceNorm):
    """As `InstanceNorm1d`, for images. Shapes: (N, C, H, W) -> the same."""

    axes = {4: "(N, C, H, W)"}


class InstanceNorm3d(_InstanceNorm):
    """As `InstanceNorm1d`, for volumes. Shapes: (N, C, D, H, W) -> the same."""

    axes = {5: "(N, C, D, H, W)"}


class GroupNorm(_Normalisation):
    """See `nn.functions.group_norm`. Shapes: (N, num_channels, ...) -> the same; weight and bias (num_channels,)."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True) -> None:
        self.num_groups = at_least("GroupNorm", "num_groups", num_groups, 1)
        self.num_channels = at_least("GroupNorm", "num_channels", num_channels, 1)
        if num_channels % num_groups:
            raise ArgumentError(f"GroupNorm: {num_channels} channels do not make {num_groups} groups of one size")
        self.eps, self.affine = eps, affine
        self.weight = Parameter(ag.ones((num_channels,))) if affine else None
        self.bias = Parameter(ag.zeros((num_channels,))) if affine else None

    def forward(self, x: Any) -> Tensor:
        x = as_tensor(x)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ShapeError(f"GroupNorm: takes shape (N, C, ...) with C = {self.num_channels}, got shape {x.shape}")
        return functions.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class LayerNorm(_Normalisation):
    """See `nn.functions.layer_norm`. Shapes: (..., *normalized_shape) -> the same; weight and bias normalized_shape."""

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        self.normalized_shape = as_shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = Parameter(ag.ones(self.normalized_shape)) if elementwise_affine else None
        self.bias = Parameter(ag.zeros(self.normalized_shape)) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Tensor:
        return functions.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(_Normalisation):
    """See `nn.functions.rms_norm`. Shapes: (..., *normalized_shape) -> the same; weight normalized_shape."""

    def __init__(
        self, normalized_shape: int | tuple[int, ...], eps: float | None = None, elementwise_affine: bool = True
    ) -> None:
        self.normalized_shape = as_shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = Parameter(ag.ones(self.normalized_shape)) if elementwise_affine else None

    def forward(self, x: Any) -> Tensor:
        return functions.rms_norm(x, self.normalized_shape, self.weight, self.eps)
