"""Neural networks on top of `autograd_core` alone: modules, losses, initialisers, data, training."""

import nn.interrupt_during_import  # noqa: F401  first, for the rest takes a while

# isort: split
from typing import TYPE_CHECKING

from autograd_core import late_names
from nn import errors, functional, functions, init, initial, layers, penalties, scalar
from nn.containers import ModuleDict, ModuleList, Sequential
from nn.errors import *
from nn.layers import *
from nn.module import Module, Parameter
from nn.parameter_containers import ParameterDict, ParameterList
from nn.parameter_groups import biases_of, weights_of
from nn.parametrizations import register_parametrization, remove_parametrizations, spectral_norm, weight_norm
from nn.perceptron import Perceptron
from nn.stateless import functional_call
from nn.weights import load_optimizer_state, load_weights, save_weights

# What many programs need not wait for.
_LATE = ("data", "models", "onnx", "parallel", "plots", "search", "sklearn", "training", "utils")

if TYPE_CHECKING:
    from nn import data, models, onnx, parallel, plots, search, training, utils
    from nn import sklearn as sklearn


__all__ = [
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Perceptron",
    "Sequential",
    "biases_of",
    "data",
    "functional",
    "functional_call",
    "functions",
    "init",
    "initial",
    "load_optimizer_state",
    "load_weights",
    "models",
    "onnx",
    "parallel",
    "penalties",
    "plots",
    "register_parametrization",
    "remove_parametrizations",
    "save_weights",
    "scalar",
    "search",
    "spectral_norm",
    "training",
    "utils",
    "weight_norm",
    "weights_of",
]
__all__ += errors.__all__
__all__ += layers.names  # a form that type checkers do not know, so that they see all that is imported above

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = late_names(__name__, {name: f"nn.{name}" for name in _LATE}, __all__)
