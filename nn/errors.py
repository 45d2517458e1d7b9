"""Every exception that this package raises on purpose. No logic lives here.

Each class is also the built-in exception that a Python programmer would expect. Each message is one line, since the
command line prints it as it stands: what was expected, what came, what to do.
"""

from typing import Any

from autograd_core import AutogradError

__all__ = [
    "CheckpointError",
    "DataError",
    "DivergenceError",
    "OnnxError",
    "OutputError",
    "ParallelError",
    "PictureError",
    "SanityError",
    "SearchError",
    "SettingsError",
    "StateError",
]


class DataError(AutogradError, ValueError):
    """Data that cannot be had or cannot be used: missing, damaged, of the wrong form, or out of range."""


class CheckpointError(AutogradError, ValueError):
    """A checkpoint that is damaged, foreign, or made by another model."""


class OutputError(AutogradError, OSError):
    """A place that cannot be written to."""


class StateError(AutogradError, ValueError):
    """A state dictionary that does not fit the module, or a state that is needed and not there yet."""


class PictureError(AutogradError, ValueError):
    """A picture that cannot be read, or that does not fit the model."""


class SettingsError(AutogradError, ValueError):
    """Settings out of range, or that do not go together."""


class DivergenceError(AutogradError, ArithmeticError):
    """A training whose loss is no longer a finite number."""


class OnnxError(AutogradError, ValueError):
    """A model that cannot be written as an ONNX file, or a file that cannot be read as a model."""


class ParallelError(AutogradError, RuntimeError):
    """Processes that cannot work together: started in another way, or not doing the same."""


class SanityError(AutogradError, AssertionError):
    """A model or a training that fails a check which every healthy one passes."""


class SearchError(AutogradError, RuntimeError):
    """A search that cannot go on: a trial has a defect, or none has a value.

    `results` are the trials that had ended before.
    """

    def __init__(self, message: str, results: Any = ()) -> None:
        super().__init__(message)
        self.results = results
