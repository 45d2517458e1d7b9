"""All second derivatives of a number by others: the gradients, recorded and differentiated again."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.show.summaries import number_text
from autograd_core.show.text import aligned
from autograd_core.value import Value


def explain_hessian(root: Value, variables: Sequence[Value]) -> str:
    """∂²root/∂a∂b for each two of `variables`, leaves with labels, as a table. It uses up the `.grad` of all of them.

    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> print(explain_hessian(x * x * y, [x, y]))
    second derivatives  x  y
    x                   6  4
    y                   4  0
    """
    names = [variable.label for variable in variables]
    rows = [["second derivatives", *names]]
    rows += [[name, *map(number_text, row)] for name, row in zip(names, hessian(root, variables), strict=True)]
    return "\n".join(aligned(rows, "l" + "r" * len(names)))


def hessian(root: Value, variables: Sequence[Value]) -> list[list[float]]:
    """∂²root/∂a∂b for each two of `variables`, leaves. It uses up the `.grad` of all of them."""
    for variable in variables:
        variable.grad = 0.0
    root.backward(create_graph=True)
    gradients = [variable.grad for variable in variables]
    rows = []
    for gradient in gradients:
        for variable in variables:
            variable.grad = 0.0
        if isinstance(gradient, Value):
            gradient.backward()
        rows.append([float(variable.grad) for variable in variables])
    return rows
