"""Einstein's summation: one row for all sums of products that a formula with named axes describes."""

from collections import Counter
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops import reduction
from autograd_core.ops.definition import array_op
from autograd_core.ops.diagonals import diagonal
from autograd_core.ops.shaping import as_array, moveaxis, reshape

__all__ = ["einsum"]

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What axes can be named."""


@array_op
def _einsum(*operands: Any, subscripts: str) -> Any:
    """Σ over the axes that the output lacks. Every axis of an operand is in the output or in another operand.

    Because of that the gradient for an operand is such a sum again: of upstream and the other operands.
    """
    return np.einsum(subscripts, *operands, optimize=True)


@_einsum.vjp("operands")
def _(g, operands, index, subscripts):
    terms, output = _split(subscripts)
    others = [(x, term) for i, (x, term) in enumerate(zip(operands, terms, strict=True)) if i != index]
    arrow = ",".join([output, *[term for _, term in others]]) + "->" + terms[index]
    return _einsum(g, *[x for x, _ in others], subscripts=arrow)


def einsum(subscripts: str, /, *operands: Any) -> Any:
    """Σ of products over named axes: "ij,jk->ik" is the product of two matrices.

    A letter names an axis: one that several operands share is multiplied along, one that the output lacks is summed
    over, one that an operand has twice means its diagonal; "..." stands for axes that broadcast. Without "->" the
    output has the letters that occur once, in alphabetical order.
    Gradient for an operand: the sum of the same kind of upstream and the other operands.

    >>> from autograd_core import einsum, ones
    >>> einsum("ij,jk->ik", ones((2, 3)), ones((3, 2)))
    Tensor([[3., 3.],
            [3., 3.]])
    """
    arrays = [as_array(x, "einsum") for x in operands]
    terms, output = _named_axes(subscripts, [x.shape for x in arrays])
    lengths = _lengths(subscripts, terms, [x.shape for x in arrays])
    parts = [_each_axis_once(x, term, lengths) for x, term in zip(arrays, terms, strict=True)]
    count = Counter("".join([term for _, term in parts]) + output)
    parts = [_without(x, term, [label for label in term if count[label] == 1]) for x, term in parts]
    return _einsum(*[x for x, _ in parts], subscripts=",".join([term for _, term in parts]) + "->" + output)


def _each_axis_once(x: Any, term: str, lengths: dict[str, int]) -> tuple[Any, str]:
    """Diagonals where a label occurs twice; and without axes of length 1 that are longer elsewhere."""
    for label in set(term):
        while term.count(label) > 1:
            i, j = term.index(label), term.rindex(label)
            x = diagonal(moveaxis(x, (i, j), (-2, -1)))
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + label
    long = [n == lengths[label] for label, n in zip(term, x.shape, strict=True)]
    if not all(long):
        x = reshape(x, tuple([n for n, keep in zip(x.shape, long, strict=True) if keep]))
        term = "".join([label for label, keep in zip(term, long, strict=True) if keep])
    return x, term


def _without(x: Any, term: str, labels: list[str]) -> tuple[Any, str]:
    """Summed over the axes that nothing else has."""
    if not labels:
        return x, term
    kept = "".join([label for label in term if label not in labels])
    return reduction.sum(x, axis=tuple([term.index(label) for label in labels])), kept


def _split(subscripts: str) -> tuple[list[str], str]:
    left, _, output = subscripts.partition("->")
    return left.split(","), output


def _named_axes(subscripts: str, shapes: list[tuple[int, ...]]) -> tuple[list[str], str]:
    """The labels of each operand's axes and of the output's, with letters of their own for those of "..."."""
    formula = subscripts.replace(" ", "")
    terms, output = _split(formula)
    if len(terms) != len(shapes):
        raise ArgumentError(f"einsum: {subscripts!r} describes {len(terms)} operands, got {len(shapes)}")
    for term in [*terms, output]:
        if not set(term.replace("...", "", 1)) <= set(LETTERS):
            raise ArgumentError(f"einsum: {subscripts!r} must be made of letters, commas, one -> and ... for each term")
    spare = "".join(sorted(set(LETTERS) - set(formula)))
    implied = ""
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        more = len(shape) - len(term.replace("...", ""))
        if more < 0 or (more and "..." not in term):
            raise ShapeError(f"einsum: {term!r} in {subscripts!r} does not name the axes of shape {shape}")
        # Axes of "..." broadcast as numpy's do: counted from the last.
        letters = spare[len(spare) - more :]
        implied = letters if more > len(implied) else implied
        terms[i] = term.replace("...", letters)
    if "->" not in formula:
        count = Counter("".join(terms))
        return terms, implied + "".join(sorted([c for c in count if count[c] == 1 and c not in implied]))
    output = output.replace("...", implied)
    if len(set(output)) != len(output) or not set(output) <= set("".join(terms)):
        raise ArgumentError(f"einsum: each axis of the output of {subscripts!r} must be one of an operand, named once")
    return terms, output


def _lengths(subscripts: str, terms: list[str], shapes: list[tuple[int, ...]]) -> dict[str, int]:
    """How long each named axis is; length 1 broadcasts."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            known = lengths.setdefault(label, n)
            if known == 1:
                lengths[label] = n
            elif n not in (1, known):
                raise ShapeError(
                    f"einsum: an axis of {subscripts!r} is {known} long in one operand and {n} in another; "
                    f"got shapes {', '.join(map(str, shapes))}"
                )
        for label in set(term):
            sides = {n for other, n in zip(term, shape, strict=True) if other == label}
            if len(sides) > 1:
                raise ShapeError(f"einsum: {subscripts!r} takes the diagonal of shape {shape}, whose sides differ")
    return lengths
