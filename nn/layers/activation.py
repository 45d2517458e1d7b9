"""Activation functions as modules, for `Sequential`; `nn.functions` has the formulas."""

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from nn import functions
from nn.arguments import at_least, not_in_place
from nn.module import Module, Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Heaviside",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Sign",
    "Softplus",
    "Softsign",
    "Swish",
    "Tanh",
    "Threshold",
]


class _Activation(Module):
    """What all of them share: the shape stays, and each number is worked on once.

    Without settings a layer is its `function`; with them it has a `forward` of its own.
    """

    function: Callable[[Any], Any]

    def forward(self, x: Any) -> Tensor:
        return self.function(x)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """One for each number that comes out."""
        return int(output.size)


class _WithInplace(_Activation):
    """Those without settings to which PyTorch's programs give `inplace`."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = not_in_place(type(self).__name__, inplace)


class ReLU(_WithInplace):
    """max(0, x); see `autograd_core.relu`."""

    function = staticmethod(functions.relu)


class ReLU6(_WithInplace):
    """min(max(0, x), 6); see `autograd_core.relu6`."""

    function = staticmethod(functions.relu6)


class LeakyReLU(_Activation):
    """x, or negative_slope·x below 0; see `nn.functions.leaky_relu`."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.inplace = not_in_place(type(self).__name__, inplace)
        self.negative_slope = float(negative_slope)

    def forward(self, x: Any) -> Tensor:
        return functions.leaky_relu(x, self.negative_slope)


class PReLU(_Activation):
    """leaky_relu with learned slopes; see `nn.functions.prelu`. Shapes: x (N, C, ...), weight (C,) or (1,)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.num_parameters = at_least("PReLU", "num_parameters", num_parameters, 1)
        self.init = float(init)
        self.weight = Parameter(ag.full((num_parameters,), init))

    def forward(self, x: Any) -> Tensor:
        return functions.prelu(x, self.weight)


class ELU(_Activation):
    """x, or α(e^x - 1) below 0; see `autograd_core.elu`."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.inplace = not_in_place(type(self).__name__, inplace)
        self.alpha = float(alpha)

    def forward(self, x: Any) -> Tensor:
        return functions.elu(x, self.alpha)


class CELU(ELU):
    """x, or α(e^(x/α) - 1) below 0; see `autograd_core.celu`."""

    def forward(self, x: Any) -> Tensor:
        return functions.celu(x, self.alpha)


class SELU(_WithInplace):
    """λ·elu(x, α) with the λ and α that keep mean 0 and variance 1; see `autograd_core.selu`."""

    function = staticmethod(functions.selu)


class GELU(_Activation):
    """x·Φ(x), or by `approximate` "tanh" or "sigmoid" what comes near it; see `nn.functions.gelu`."""

    def __init__(self, approximate: str = "none") -> None:
        functions.gelu(0.0, approximate)  # so that a wrong name is refused here
        self.approximate = approximate

    def forward(self, x: Any) -> Tensor:
        return functions.gelu(x, self.approximate)


class SiLU(_WithInplace):
    """x·σ(x); see `nn.functions.silu`. With a β of your choice, or a learned one: `Swish`."""

    function = staticmethod(functions.silu)


class Swish(_Activation):
    """x·σ(βx), with β fixed or `learned`; see `nn.functions.swish`. A learned beta has shape ()."""

    def __init__(self, beta: float = 1.0, learned: bool = False) -> None:
        self.learned = learned
        self.beta: float | Parameter = Parameter(ag.full((), beta)) if learned else float(beta)

    def forward(self, x: Any) -> Tensor:
        return functions.swish(x, self.beta)


class Mish(_WithInplace):
    """x·tanh(softplus(x)); see `autograd_core.mish`."""

    function = staticmethod(functions.mish)


class Softplus(_Activation):
    """log(1 + e^(βx))/β; see `nn.functions.softplus`."""

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = float(beta)
        if not self.beta > 0:
            raise ag.ArgumentError(f"Softplus: beta must be above 0, got {beta!r}")

    def forward(self, x: Any) -> Tensor:
        return functions.softplus(x, self.beta)


class Softsign(_Activation):
    """x/(1 + |x|); see `autograd_core.soft_sign`."""

    function = staticmethod(functions.softsign)


class Sigmoid(_Activation):
    """1/(1 + e^-x); see `autograd_core.sigmoid`."""

    function = staticmethod(functions.sigmoid)


class LogSigmoid(_Activation):
    """log σ(x), without overflow; see `autograd_core.log_sigmoid`."""

    function = staticmethod(functions.logsigmoid)


class Tanh(_Activation):
    """The hyperbolic tangent; see `autograd_core.tanh`."""

    function = staticmethod(functions.tanh)


class Hardswish(_WithInplace):
    """x·hardsigmoid(x); see `autograd_core.hard_swish`."""

    function = staticmethod(functions.hardswish)


class Hardsigmoid(_WithInplace):
    """x/6 + ½ between 0 and 1; see `autograd_core.hard_sigmoid`."""

    function = staticmethod(functions.hardsigmoid)


class Hardtanh(_Activation):
    """x between min_val and max_val; see `nn.functions.hardtanh`."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        self.inplace = not_in_place(type(self).__name__, inplace)
        self.min_val, self.max_val = float(min_val), float(max_val)
        if not self.min_val < self.max_val:
            raise ag.ArgumentError(f"Hardtanh: min_val must be below max_val, got {min_val!r} and {max_val!r}")

    def forward(self, x: Any) -> Tensor:
        return functions.hardtanh(x, self.min_val, self.max_val)


class Threshold(_Activation):
    """x above the threshold, else `value`; see `nn.functions.threshold`. A perceptron's is `Heaviside`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        self.inplace = not_in_place(type(self).__name__, inplace)
        self.threshold, self.value = float(threshold), float(value)

    def forward(self, x: Any) -> Tensor:
        return functions.threshold(x, self.threshold, self.value)


class Heaviside(_Activation):
    """0 below 0, 1 above, `at_zero` between: the perceptron's threshold unit (deck C). Its gradient is 0."""

    def __init__(self, at_zero: float = 0.0) -> None:
        self.at_zero = float(at_zero)

    def forward(self, x: Any) -> Tensor:
        return functions.heaviside(x, self.at_zero)


class Sign(_Activation):
    """-1 below 0, 1 above, 0 between: the threshold unit of classes ±1 (deck B). Its gradient is 0."""

    function = staticmethod(functions.sign)
