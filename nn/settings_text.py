"""The settings of a layer as text, for `repr` and for notes on errors: `in_features=2, out_features=3`; and by name."""

import functools
import inspect
from typing import Any

import numpy as np

from autograd_core import Tensor, did_you_mean
from nn.arguments import numbers_of

UNKNOWN = "?"
"""Stands where a layer has a parameter of `__init__`, and no attribute of that name to say what was given."""


def settings_text(layer: object) -> str:
    """What `__init__` was called with, by name: all that has no default, and what differs from its default.

    It is read from the attributes that have the names of the parameters, and a parameter that has none is shown as
    `?`. A Parameter or None in the place of a bool, as of `bias`, says whether there is one. Of other tensors and
    arrays, which may be large, the shape is shown.
    """
    attributes = vars(layer)
    shown = []
    for name, parameter in inspect.signature(type(layer)).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue  # whose values have no names to be kept by
        value = attributes.get(name)
        if isinstance(parameter.default, bool) and not isinstance(value, bool):
            value = value is not None
        text = _text(value) if name in attributes else UNKNOWN
        if parameter.default is parameter.empty or text != _text(parameter.default):
            shown.append(f"{name}={text}")
    return ", ".join(shown)


def setting_meant(layer: object, name: str) -> str:
    """What a message says of a `name` that is no setting of a layer: "; did you mean 'p'?", or nothing.

    Of the settings those count that the layer has kept, as numbers or words, and so has after its `__init__`.
    """
    kept = vars(layer)
    kind: Any = type(layer)
    names = names_of_settings(kind)
    return did_you_mean(name, [own for own in names if isinstance(kept.get(own), int | float | str)])


@functools.lru_cache(maxsize=1024)
def names_of_settings(kind: type) -> tuple[str, ...]:
    """The names of the parameters of a class's `__init__`."""
    return tuple(inspect.signature(kind).parameters)


def _text(value: Any) -> str:
    if not isinstance(value, Tensor | np.ndarray | np.generic):
        return repr(value)
    return str(numbers_of(value)) if value.ndim == 0 else f"<{type(value).__name__} of shape {value.shape}>"
