"""Every exception that this engine raises on purpose. No logic lives here.

Each class is also the built-in exception that a Python programmer would expect, so
`except ValueError` keeps working. The command lines turn any of them into one line.
"""


class AutogradError(Exception):
    """Base of every error raised on purpose; its message says what was expected, what came, and what to do."""


class ShapeError(AutogradError, ValueError):
    """Shapes that do not fit the op."""


class NoLengthError(ShapeError, TypeError):
    """A number, an array without axes, where several were to be counted or gone through."""


class DTypeError(AutogradError, TypeError):
    """A dtype, or a Python type, that the op cannot take."""


class ArgumentError(AutogradError, ValueError):
    """An argument out of its range, whatever its type."""


class OutOfRangeError(ArgumentError, IndexError):
    """An axis or an index that names no place of the array; an IndexError as well, as numpy's AxisError is."""


class GraphError(AutogradError, RuntimeError):
    """A graph that cannot be differentiated as asked: freed, not recorded, or changed since."""


class MappedError(GraphError):
    """The numbers of one example asked for within `vmap`, where a tensor stands for those of all examples."""


class GradcheckError(AutogradError, AssertionError):
    """A gradient that differs from what finite differences say."""


class AnomalyError(AutogradError, FloatingPointError):
    """A result or gradient that is nan or infinite, found by `detect_anomaly()`."""


class CompileError(AutogradError, RuntimeError):
    """A step that cannot be compiled, because a later run of it would not be what Python would make of it."""


class ExpressionError(AutogradError, ValueError):
    """Text on a command line that is no arithmetic expression of the kind described there."""
