"""What PyTorch has in `torch.nn.utils`: gradients clipped, parameters as a vector, weights parametrised; and `rnn`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from autograd_core import ArgumentError, Tensor, concat, flatten, unknown_names
from nn.parametrizations import spectral_norm, weight_norm
from nn.utils import rnn
from optim import clip_grad_norm_, clip_grad_value_

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All numbers of these tensors, one after the other; recorded, so that gradients flow back."""
    vector: Tensor = concat([flatten(parameter) for parameter in parameters])
    return vector


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give these leaves the numbers of a vector, in order, unrecorded.

    Errors: ArgumentError unless it has as many as all of them together; nothing is changed then.
    """
    parameters = list(parameters)
    ends = np.cumsum([0, *[parameter.numel() for parameter in parameters]])
    if vec.shape != (ends[-1],):
        raise ArgumentError(f"vector_to_parameters: takes a vector of {ends[-1]} numbers, got shape {vec.shape}")
    for parameter, start, end in zip(parameters, ends, ends[1:], strict=False):
        parameter.assign(vec.detach()[int(start) : int(end)].reshape(parameter.shape))


if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
