"""How each op is written in ONNX: one function an op, a file a family."""

from nn.onnx.translations import elementwise, linear, recurrence, reduction, shaping, windows  # noqa: F401 - the rows
from nn.onnx.translations.table import TRANSLATIONS, translates

__all__ = ["TRANSLATIONS", "translates"]
