"""Make the stubs that tell type checkers and editors what an op gives for what it takes

Of a Tensor it gives a Tensor, of a Value a Value, of a number a number, of an array an array. An op's row says nothing
of that, for it is written once for all four; so an overload for each is made here, from the op's signature and from
what it gives when it is called with numbers, Values and lists of them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, get_overloads

import numpy as np

from autograd_core import Value, fft, linalg, op_functions
from autograd_core.errors import AutogradError

PACKAGE = Path(__file__).parents[2]
MODULES = (op_functions, linalg, fft)

_HEADER = '''\
"""Made by `make stubs` from the ops; tests/typing/make_stubs.py says how."""

# mypy: disable-error-code="overload-overlap"
# A list of numbers stands for an array, though it might be one of Values, too: the first overload that fits is meant.

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from autograd_core.argument_types import Array, ArrayLike, Arrays, TensorLike, ValueLike
from autograd_core.tensor import Tensor
from autograd_core.value import Value
'''
# Which ops/argument_names.py takes as well, each of its own type or of that given here. A dim of several axes is `dims`
# where PyTorch calls it so: in place of `axes`, and where `_DIMS` says it.
_ALIASES: dict[str, dict[str, str]] = {
    "axis": {"dim": ""},
    "axes": {"dim": "", "dims": ""},
    "keepdims": {"keepdim": ""},
    "ord": {"p": ""},
    "correction": {"unbiased": "bool", "ddof": "float"},
}
_DIMS = ("flip", "roll")
_RESULTS = (Value, float, int, bool)
_SCALARS = "np.number[Any] | np.bool_"  # what numpy gives in place of an array without axes


class Kind(NamedTuple):
    """A way to call an op: one of its inputs is `special`, the others are that or anything `beside` it."""

    special: str
    beside: str
    result: str


def path_of(module: ModuleType) -> Path:
    """Where the stub of a module stands: beside it."""
    return PACKAGE.joinpath(*module.__name__.split(".")).with_suffix(".pyi")


def stub(module: ModuleType) -> str:
    """The text of the stub of a module of ops."""
    names = sorted(module.__all__)
    listed = "".join(f'    "{name}",\n' for name in names)
    homes = {name: getattr(module, name).__module__ for name in names}
    ops = [name for name in names if homes[name].startswith("autograd_core.ops.")]
    overloads = "".join(_overloads(name, getattr(module, name)) for name in ops)
    others = sorted(set(re.findall(r"\b(autograd_core[\w.]*)\.(\w+)", overloads)))
    others += [(homes[name], name) for name in names if name not in ops]  # which say their types themselves
    imports = "".join(f"from {origin} import {name}\n" for origin, name in others)
    overloads = re.sub(r"\bautograd_core[\w.]*\.", "", overloads)
    return f"{_HEADER}{imports}\n__all__ = [\n{listed}]\n\n{overloads}"


def _overloads(name: str, op: Callable[..., Any]) -> str:
    signatures = (signature for form in get_overloads(op) or [op] for signature in _signatures(form, op))
    lines = [f"def {name}{signature}: ...\n" for signature in dict.fromkeys(signatures)]
    return lines[0] if len(lines) == 1 else "".join(f"@overload\n{line}" for line in lines)


def _signatures(form: Callable[..., Any], op: Callable[..., Any]) -> Iterator[str]:
    """Of one form of an op for each kind of inputs, and each input that may be of it; editors show that for Tensors."""
    signature = inspect.signature(form, eval_str=True)
    parameters = list(signature.parameters.values())
    inputs = _inputs(parameters)
    if not inputs:
        raise TypeError(f"{op}: which of its parameters are arrays? They are annotated with Any, before a slash")
    returned = "Any" if signature.return_annotation is signature.empty else _text(signature.return_annotation)
    several = any(p.kind is p.VAR_POSITIONAL or _text(p.annotation) == "Sequence[Any]" for p in inputs)
    required = [p for p in inputs if p.default is p.empty]
    renamed = form is op and any(p.name in _ALIASES for p in parameters)  # one of several forms says what it takes
    aliases = {**_ALIASES, "axis": _ALIASES["axes" if op.__name__ in _DIMS else "axis"]}

    def of(kind: Kind, first: bool = False, under_others: bool = True, left_out: str = "") -> Iterator[str]:
        result = re.sub(r"\bAny\b", kind.result, returned)
        for special in required[: 1 if first else None]:
            types = {p.name: kind.special if p is special else kind.beside for p in inputs}
            yield f"({_listed([p for p in parameters if p.name != left_out], types)}) -> {result}"
            if renamed and under_others:
                yield f"({_listed(parameters, types, aliases)}) -> {result}"

    arrays = np.ones(2), np.eye(2)
    array = f"Array | {_SCALARS}" if any(_given(op, parameters, x) == "scalar" for x in arrays) else "Array"
    if several:  # in which one Tensor makes a Tensor of all
        yield from of(Kind("ArrayLike", "ArrayLike", array))
        yield from of(Kind("TensorLike", "TensorLike", "Tensor"))
        return
    yield from of(Kind("Tensor", "TensorLike", "Tensor"))
    for sample, special, beside in ((Value(0.5), "Value", "ValueLike"), (0.5, "float", "float")):
        if given := _given(op, parameters, sample):
            yield from of(Kind(special, beside, given), first=not isinstance(sample, Value), under_others=False)
    yield from of(Kind("Arrays", "ArrayLike", array))
    if given := _given(op, parameters, [Value(0.5), Value(0.25)]):
        values = "Sequence[ValueLike]"
        yield from of(Kind(values, f"{values} | ValueLike", given), under_others=False, left_out="keepdims")
        # Of lists of lists the result is nested as its array would be, which no type says.
        yield from of(Kind(f"Sequence[{values}]", "Sequence[Any] | ValueLike", "Any"), first=True, under_others=False)


def _inputs(parameters: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Those that are arrays: an elementwise op's are not annotated, others with Any, and stand before a slash."""
    arrays = [p for p in parameters if p.annotation is p.empty or "Any" in _text(p.annotation)]
    return [p for p in arrays if p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)] or arrays


def _listed(
    parameters: Sequence[inspect.Parameter], types: dict[str, str], aliases: dict[str, dict[str, str]] | None = None
) -> str:
    """Parameters as written, but for the types of the inputs; with `aliases` those behind an axis by name, as these."""
    parts: list[str] = []
    named: list[str] = []  # behind the star
    before = None
    aliases = aliases or {}
    axis = next((i for i, p in enumerate(parameters) if p.name in ("axis", "axes")), None)
    # What has to be given behind an axis that may be left out has to be named, and so the axis, too.
    may_be_named = axis is None or any(p.default is p.empty for p in parameters[axis + 1 :])
    for i, p in enumerate(parameters):
        kind = p.kind
        if aliases and kind is p.POSITIONAL_OR_KEYWORD and p.name not in types and may_be_named:
            first = p.default is p.empty and p.name not in aliases and before is not p.KEYWORD_ONLY
            kind = kind if first else p.KEYWORD_ONLY
        may_be_named = may_be_named or i == axis
        if before is p.POSITIONAL_ONLY and kind is not before:
            parts.append("/")
        before = kind
        text = "Any" if p.annotation is p.empty else _text(p.annotation)
        if p.name in types:
            text = re.sub(r"\bAny\b", types[p.name], text) + " | None" * (p.default is None)
        default = "" if p.default is p.empty else f" = {p.default!r}".replace("'", '"')
        if p.name in aliases:
            default = default or " = ..."  # one of the two is given
            other = text.replace("tuple[int, ...]", "Sequence[int]")  # a list is taken as well
            for alias, of_its_own in aliases[p.name].items():
                named.append(f"{alias}: {of_its_own} = ..." if of_its_own else f"{alias}: {other}{default}")
        listed = named if kind is p.KEYWORD_ONLY else parts
        listed.append(f"{'*' * (kind is p.VAR_POSITIONAL)}{p.name}: {text}{default}")
    if before is inspect.Parameter.POSITIONAL_ONLY:
        parts.append("/")
    star = ["*"] if named and not any(part.startswith("*") for part in parts) else []
    return ", ".join([*parts, *star, *named])


def _given(op: Callable[..., Any], parameters: Sequence[inspect.Parameter], sample: Any) -> str:
    """The type of what an op gives for such inputs and nothing else; nothing if it does not take them."""
    required = [p for p in parameters if p.default is p.empty]
    if not all(p in _inputs(parameters) for p in required):
        return ""  # what would its other arguments be?
    try:
        with np.errstate(all="ignore"):
            given = op(*[sample] * len(required))
    except (AutogradError, AttributeError, TypeError, ValueError):
        return ""
    if isinstance(sample, np.ndarray):
        return "scalar" if isinstance(given, np.generic) else ""
    if isinstance(given, list) and type(given[0]) in _RESULTS:
        return f"list[{type(given[0]).__name__}]"
    return type(given).__name__ if type(given) in _RESULTS else ""


def _text(annotation: Any) -> str:
    return inspect.formatannotation(annotation).replace("collections.abc.", "").replace("typing.", "")


if __name__ == "__main__":
    for made in MODULES:
        path_of(made).write_text(stub(made), encoding="utf-8")
