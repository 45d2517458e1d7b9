"""Initialisers by PyTorch's names: each gives a parameter new numbers by those of `nn.initial`, and returns it.

    >>> import nn
    >>> layer = nn.Linear(3, 2)
    >>> nn.init.zeros_(layer.bias).tolist()
    [0.0, 0.0]

Tensors are values, so what was computed from the old numbers keeps them; only a leaf can be given new ones
(`Tensor.assign`), which is not recorded. Its dtype stays. The numbers drawn are not PyTorch's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core import Tensor, unknown_names
from nn import initial
from nn.initial import calculate_gain

Source = np.random.Generator | None

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def _filled(tensor: Tensor, initialiser: Callable[..., Tensor], *settings: Any, **named: Any) -> Tensor:
    tensor.assign(initialiser(tensor.shape, *settings, **named))
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """All equal; see `nn.initial.constant`."""
    return _filled(tensor, initial.constant, val)


def zeros_(tensor: Tensor) -> Tensor:
    """All 0; see `nn.initial.zeros`."""
    return _filled(tensor, initial.zeros)


def ones_(tensor: Tensor) -> Tensor:
    """All 1; see `nn.initial.ones`."""
    return _filled(tensor, initial.ones)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Source = None) -> Tensor:
    """Uniform from a to b; `nn.initial.uniform` takes the bound of a symmetric one."""
    middle, bound = (a + b) / 2, (b - a) / 2
    tensor.assign(initial.uniform(tensor.shape, bound, generator=generator) + middle)
    return tensor


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Source = None) -> Tensor:
    """N(mean, std²); see `nn.initial.normal`."""
    tensor.assign(initial.normal(tensor.shape, std, generator=generator) + mean)
    return tensor


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Source = None,
) -> Tensor:
    """N(mean, std²) between a and b; see `nn.initial.truncated_normal`."""
    return _filled(tensor, initial.truncated_normal, mean, std, a, b, generator=generator)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Source = None) -> Tensor:
    """See `nn.initial.xavier_uniform`."""
    return _filled(tensor, initial.xavier_uniform, gain, generator=generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Source = None) -> Tensor:
    """See `nn.initial.xavier_normal`."""
    return _filled(tensor, initial.xavier_normal, gain, generator=generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Source = None,
) -> Tensor:
    """See `nn.initial.he_uniform`."""
    return _filled(tensor, initial.he_uniform, a, mode, nonlinearity, generator=generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Source = None,
) -> Tensor:
    """See `nn.initial.he_normal`."""
    return _filled(tensor, initial.he_normal, a, mode, nonlinearity, generator=generator)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Source = None) -> Tensor:
    """See `nn.initial.orthogonal`."""
    return _filled(tensor, initial.orthogonal, gain, generator=generator)


def eye_(tensor: Tensor) -> Tensor:
    """See `nn.initial.eye`."""
    return _filled(tensor, initial.eye)


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """See `nn.initial.dirac`."""
    return _filled(tensor, initial.dirac, groups)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Source = None) -> Tensor:
    """See `nn.initial.sparse`."""
    return _filled(tensor, initial.sparse, sparsity, std, generator=generator)


if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
