"""Parameters that are computed from others whenever they are read: weights of a given norm, say.

What is learned are the originals; the module's own code reads its `weight` as ever, and gradients flow on to them. In a
state they are `parametrizations.weight.original` (or original0, original1, ...), as PyTorch calls them.
"""

import math
from typing import Any, TypeVar

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.arguments import at_least, kind_of
from nn.containers import ModuleDict
from nn.layers.convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.module import Module, Parameter

__all__ = ["register_parametrization", "remove_parametrizations", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _Originals(Module):
    """The parameters that another one is computed from, and the module that computes it, named "0"."""

    def __init__(self, parametrization: Module, value: Tensor) -> None:
        inverse = getattr(parametrization, "right_inverse", None)
        with ag.no_grad():
            originals = value if inverse is None else inverse(value)
        if not isinstance(originals, tuple):
            self.original = Parameter(originals.detach(), requires_grad=value.requires_grad)
        else:
            for number, original in enumerate(originals):
                setattr(self, f"original{number}", Parameter(original.detach(), requires_grad=value.requires_grad))
        self.add_module("0", parametrization)

    def forward(self) -> Tensor:
        """The parameter that is computed."""
        (compute,) = self.children()
        return compute(*self.own_parameters())

    def describe(self) -> str:
        """Nothing: `repr` shows what computes."""
        return ""


def register_parametrization(module: M, name: str, parametrization: Module) -> M:
    """Have `parametrization(original)` in the place of the module's parameter `name`, whenever it is read.

    The original starts as the parameter is; or as what `parametrization.right_inverse(parameter)` makes of it, a tensor
    or, where forward takes several, a tuple. Returns the module. `remove_parametrizations` undoes it.
    Errors: ArgumentError for what is no parameter, ShapeError if what is computed has another shape.

    >>> import autograd_core as ag
    >>> import nn
    >>> class Positive(nn.Module):
    ...     def forward(self, original):
    ...         return ag.exp(original)
    ...     def right_inverse(self, weight):
    ...         return ag.log(ag.abs(weight))
    >>> layer = register_parametrization(nn.Linear(2, 3), "weight", Positive())
    >>> bool((layer.weight.numpy() > 0).all()), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    if not isinstance(module, Module):
        raise ArgumentError(f"register_parametrization: takes a module, got {kind_of(module)}")
    if not isinstance(parametrization, Module):
        raise ArgumentError(f"register_parametrization: takes a module that computes, got {kind_of(parametrization)}")
    value = vars(module).get(name)
    if not isinstance(value, Parameter):
        why = "is computed already" if name in module._computed else "is no parameter"
        raise ArgumentError(f"register_parametrization: {name!r} {why} of {type(module).__name__}; see own_parameters")
    originals = _Originals(parametrization, value)
    with ag.no_grad():
        computed = originals()
    if computed.shape != value.shape:
        raise ShapeError(
            f"register_parametrization: {name} has shape {value.shape}, and what is computed for it {computed.shape}"
        )
    if not module._computed:
        module.parametrizations = ModuleDict()
    delattr(module, name)
    module.parametrizations[name] = originals
    module._computed = module._computed | {name}
    return module


def remove_parametrizations(module: M, name: str) -> M:
    """Have a parameter of its own again, of the value that was computed last. Returns the module."""
    if name not in module._computed:
        raise ArgumentError(f"remove_parametrizations: {name!r} of {type(module).__name__} is not computed")
    with ag.no_grad():
        value = getattr(module, name)
    learned = any(parameter.requires_grad for parameter in module.parametrizations[name].parameters())
    del module.parametrizations[name]
    module._computed = module._computed - {name}
    if not module._computed:
        del module.parametrizations
    setattr(module, name, Parameter(value.detach(), requires_grad=learned))
    return module


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        self.dim = dim

    def forward(self, g: Any, v: Any) -> Tensor:
        return v * (g / self._norm(v))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return self._norm(weight), weight

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """Two for each weight's share in the norm, and a multiplication by g/‖v‖."""
        return 3 * int(output.size)

    def _norm(self, v: Any) -> Any:
        """Of each slice along `dim`, or of all."""
        if self.dim is None:
            return ag.norm(v)
        axes = tuple([axis for axis in range(v.ndim) if axis != self.dim % v.ndim])
        return ag.sqrt(ag.sum(ag.square(v), axis=axes, keepdims=True))


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Learn a weight's length g and its direction v apart: w = g·v/‖v‖ (Salimans and Kingma 2016). Returns the module.

    Each slice along `dim` has a length of its own, by default the weights of each output; with `dim=None` there is one
    for all. In a state g is `parametrizations.weight.original0` and v `original1`.

    >>> import nn
    >>> layer = weight_norm(nn.Linear(4, 3))
    >>> {key: array.shape for key, array in layer.state_dict().items() if "parametrizations" in key}
    {'parametrizations.weight.original0': (3, 1), 'parametrizations.weight.original1': (3, 4)}
    """
    return register_parametrization(module, name, _WeightNorm(dim))


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, eps: float, dim: int) -> None:
        self.n_power_iterations = at_least("spectral_norm", "n_power_iterations", n_power_iterations, 1)
        self.eps, self.dim = eps, dim
        if weight.ndim > 1:
            rows = weight.shape[dim]
            for key, length in (("_u", rows), ("_v", math.prod(weight.shape) // max(1, rows))):
                self.register_buffer(key, ag.randn((length,)).astype(weight.dtype))
            self._iterate(self._matrix(weight), 15)

    def forward(self, weight: Any) -> Tensor:
        if weight.ndim == 1:
            return weight / ag.maximum(ag.norm(weight), self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        return weight / ag.vecdot(self._u, matrix @ self._v)

    def describe(self) -> str:
        """Its settings; the weight is no part of it."""
        return f"n_power_iterations={self.n_power_iterations}, eps={self.eps}, dim={self.dim}"

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """Two products with the matrix for each iteration, one for σ, and the division."""
        products = 1 + 2 * self.n_power_iterations * self.training if output.ndim > 1 else 1
        return (2 * products + 1) * int(output.size)

    def _matrix(self, weight: Any) -> Any:
        """The weight as a matrix with the axis `dim` as its rows."""
        first = weight if self.dim % weight.ndim == 0 else ag.moveaxis(weight, self.dim, 0)
        return ag.reshape(first, (first.shape[0], -1))

    @ag.no_grad()
    def _iterate(self, matrix: Any, times: int) -> None:
        v = self._v
        for _ in range(times):
            u = self._of_length_1(matrix @ v)
            v = self._of_length_1(matrix.T @ u)
        self._u.assign(u)
        self._v.assign(v)

    def _of_length_1(self, x: Any) -> Any:
        return x / ag.maximum(ag.norm(x), self.eps)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide a weight by its largest singular value σ, so that the layer lengthens no vector (Miyato et al. 2018).

    The weight is taken as a matrix with the axis `dim` as rows: by default that of the outputs. σ = u·Wv is estimated
    with two vectors that each reading in training brings nearer by `n_power_iterations`; they are buffers. Gradient:
    that of W/σ, with u and v as constants. Returns the module.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Parameter) or weight.ndim < 1:
        raise ArgumentError(f"spectral_norm: {name!r} of {type(module).__name__} is no parameter with axes")
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, eps, dim))
