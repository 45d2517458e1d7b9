"""Several functions of numbers in one pass over arrays: what is computed between them is written to no array.

A compiled step uses it for runs of elementwise ops (`compiler/fusion.py`). Each value is computed and rounded as by a
kernel of its own, so that nothing but the time changes.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core.errors import NumbaError

from autograd_core.kernels.addresses import address_of
from autograd_core.kernels.pasting import NoKernelError, Paste, compiled
from autograd_core.kernels.plan import owner
from autograd_core.kernels.thresholds import ELEMENTWISE_TASK
from autograd_core.own_packages import is_own


class Part(NamedTuple):
    """One of the functions. Its arguments are arrays, numbers, and the values of parts before it.

    With `gradient` its first argument is the upstream gradient, and it is the product of that and the function, a local
    gradient, of the others. A truth value counts as 0 or 1 where it is no condition.
    """

    function: Callable[..., Any]
    arguments: tuple[tuple[str, int], ...]  # each "array", "number" or "part", and which one
    conditions: tuple[bool, ...] = ()  # whether each argument is one
    gradient: bool = False
    gives_bool: bool = False


class Layout(NamedTuple):
    """How arrays that broadcast lie: the pass goes over blocks of rows, all of one length.

    `steps` has for each array how many entries further its next block is, its next row, and whether a row has entries
    that follow each other, rather than one for all; None for those that lie as the result does.
    """

    rows: int  # in a block
    length: int
    steps: tuple[tuple[int, int, bool] | None, ...]


def layout_of(shape: tuple[int, ...], arrays: list[Any]) -> tuple[Layout | None, list[Any]] | None:
    """How arrays broadcast to `shape`, and the memory of each as a flat array; no Layout if all are as large and whole.

    None if they lie in a way that a pass cannot follow: transposed, say, or broadcast along too many axes.
    """
    following = [0 if n == 1 else math.prod(shape[i + 1 :]) for i, n in enumerate(shape)]
    lines, strides = [], []
    for x in arrays:
        spread = np.broadcast_to(x, shape)
        steps = [0 if n == 1 else stride // x.itemsize for n, stride in zip(shape, spread.strides, strict=True)]
        strides.append(steps)
        if min(steps, default=0) < 0 or not (x.flags.aligned and owner(x).flags.c_contiguous):
            return None
        length = 1 + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
        lines.append(_line(x, length))
    axes: list[list[int]] = []  # the length of each axis that is left, and the steps of the arrays along it
    for n, *along in zip(shape, *strides, strict=True):
        if n == 1:
            continue
        if axes and all(outer == inner * n for outer, inner in zip(axes[-1][1:], along, strict=True)):
            axes[-1] = [axes[-1][0] * n, *along]
        else:
            axes.append([n, *along])
    if len(axes) > 3:
        return None
    while len(axes) < 3:
        axes.insert(0, [1] + [0] * len(arrays))
    (_, *blocks), (rows, *between), (length, *within) = axes
    if any(step not in (0, 1) for step in within):
        return None
    along_all = [
        None if steps == following else (block, row, bool(entry))
        for steps, block, row, entry in zip(strides, blocks, between, within, strict=True)
    ]
    return (Layout(rows, length, tuple(along_all)) if any(along_all) else None), lines


def _line(x: Any, length: int) -> Any:
    """So much of x's memory, from its first entry on, as a flat array."""
    base = owner(x)
    return np.ndarray((length,), x.dtype, base, address_of(x) - address_of(base))


@functools.cache
def can_be_pasted(part: Part) -> bool:
    """Whether the source of the part's function is to be found, and has nothing that kernels lack."""
    try:
        Paste().call(part.function, ["x"] * len(part.arguments[part.gradient :]), _are_numbers(part))
    except NoKernelError:
        return False
    return True


def run(
    parts: list[Part],
    arrays: list[Any],
    numbers: list[float],
    layout: Layout | None,
    outputs: list[tuple[int, Any]],
) -> None:
    """Compute all parts, and write the values of some to the flat arrays that are paired with their places.

    `arrays` are flat and contiguous, of one float dtype or of bools, and lie as `layout` says.
    Errors: NoKernelError if the functions are beyond Numba.
    """
    results = [out for _, out in outputs]
    bools = tuple([x.dtype.kind == "b" for x in arrays])
    dtype = next(x.dtype for x in (*arrays, *results) if x.dtype.kind == "f")
    # Of this project's own functions a text is made once: that takes longer than to run it.
    text_of = _own_text if all(is_own(part.function.__module__) for part in parts) else _text
    text, outside = text_of(tuple(parts), dtype, bools, len(numbers), layout, tuple([place for place, _ in outputs]))
    given = [*arrays, *results, *numbers, *[float(read()) for read in outside]]
    size = results[0].size
    if layout is None:
        tasks = -(-size // ELEMENTWISE_TASK)
    else:
        # A task has some rows, or a piece of one.
        count, width = size // layout.length, min(layout.length, ELEMENTWISE_TASK)
        per_task, pieces = ELEMENTWISE_TASK // width, -(-layout.length // width)
        tasks = -(-count // per_task) * pieces
        given += [count, per_task, layout.rows, layout.length, width, pieces]
        given += [step for steps in layout.steps if steps is not None for step in steps[:2]]
    try:
        compiled(text)(size * len(parts), tasks, *given)
    except NumbaError as error:
        raise NoKernelError(str(error)) from error


def _are_numbers(part: Part) -> list[bool]:
    return [kind == "number" for kind, _ in part.arguments[part.gradient :]]


def _text(
    parts: tuple[Part, ...],
    dtype: Any,
    bools: tuple[bool, ...],
    numbers: int,
    layout: Layout | None,
    written: tuple[int, ...],
) -> tuple[str, list[Callable[[], float]]]:
    """The text of the kernel, and what reads the numbers from outside that it takes after the others.

    a0, a1 ... are arrays, or s0 ... their entry for a whole row, n0 ... numbers, t0 ... the values of parts, and y0 ...
    the arrays that some are written to.
    """
    steps = (None,) * len(bools) if layout is None else layout.steps
    entries = [f"a{i}[i]" if its is None or its[2] else f"s{i}" for i, its in enumerate(steps)]
    paste = Paste()
    body = []
    for k, part in enumerate(parts):
        arguments = []
        for (kind, which), is_condition in zip(part.arguments, part.conditions, strict=True):
            if kind == "array":
                value, is_bool = entries[which], bools[which]
            elif kind == "part":
                value, is_bool = f"t{which}", parts[which].gives_bool
            else:
                value, is_bool = f"n{which}", False
            arguments.append(f"F({value})" if is_bool and not is_condition else value)
        value = paste.call(part.function, arguments[part.gradient :], _are_numbers(part))
        if part.gradient:
            value = f"{arguments[0]} * F({value})"
        body.append(f"t{k} = {value}" if part.gives_bool else f"t{k} = F({value})")
    body += [f"y{k}[i] = t{k}" for k in written]
    kinds = {f"a{i}": "InBools1" if is_bool else "In1" for i, is_bool in enumerate(bools)}
    kinds |= {f"y{k}": "OutBools1" if parts[k].gives_bool else "Out1" for k in written}
    floats = [f"{name}: float" for name in [*[f"n{i}" for i in range(numbers)], *paste.outside]]
    if layout is None:
        parameters = [*[f"{name}: {kind}" for name, kind in kinds.items()], *floats]
        loop = [f"{name} = {name}[number * TASK : (number + 1) * TASK]" for name in kinds]
        loop += [f"for i in range(y{written[0]}.size):", *[f"    {line}" for line in body]]
    else:
        parameters = [*[f"all_{name}: {kind}" for name, kind in kinds.items()], *floats]
        parameters += ["count", "per_task", "rows", "length", "width", "pieces"]
        parameters += [f"{what}{i}" for i, its in enumerate(steps) if its is not None for what in ("block", "row")]
        rows = []
        for i, its in enumerate(steps):
            at = "row * length" if its is None else f"block * block{i} + (row - block * rows) * row{i}"
            is_run = its is None or its[2]
            rows.append(f"a{i} = all_a{i}[{at} + start :][:size]" if is_run else f"s{i} = all_a{i}[{at}]")
        rows += [f"y{k} = all_y{k}[row * length + start :][:size]" for k in written]
        loop = [
            "first, start = number // pieces * per_task, number % pieces * width",
            "size = min(width, length - start)",
            "for row in range(first, min(first + per_task, count)):",
            "    block = row // rows",
            *[f"    {line}" for line in rows],
            "    for i in range(size):",
            *[f"        {line}" for line in body],
        ]
    task = "\n".join([f"def task(worker, number, {', '.join(parameters)}):", *[f"    {line}" for line in loop]])
    return paste.module(dtype, task), list(paste.outside.values())


_own_text = functools.lru_cache(maxsize=1024)(_text)
