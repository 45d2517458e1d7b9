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

from autograd_core.kernels.pasting import NoKernelError, Paste, compiled
from autograd_core.kernels.thresholds import ELEMENTWISE_TASK


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
    that follow each other, rather than one for all; None for those that are as large as the result.
    """

    rows: int  # in a block
    length: int
    steps: tuple[tuple[int, int, bool] | None, ...]


def layout_of(shape: tuple[int, ...], arrays: list[Any]) -> tuple[Layout | None, list[Any]] | None:
    """How arrays broadcast to `shape`, and each of them flat; no Layout if all go from first to last together.

    None if they lie in a way that a pass cannot follow: transposed, say, or broadcast along too many axes.
    """
    flat, strides = [], []
    for x in arrays:
        spread = np.broadcast_to(x, shape)
        steps = [0 if n == 1 else stride // x.itemsize for n, stride in zip(shape, spread.strides, strict=True)]
        strides.append(steps)
        whole = spread[(*[slice(None) if step else slice(1) for step in steps], ...)]  # not a copy, if it has no axes
        if not whole.flags.c_contiguous:
            return None
        flat.append(whole.reshape(-1))
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
    size = math.prod(shape)
    all_steps = [
        None if x.size == size else (block, row, bool(entry))
        for x, block, row, entry in zip(flat, blocks, between, within, strict=True)
    ]
    if all(steps is None or x.size == 1 for steps, x in zip(all_steps, flat, strict=True)):
        all_steps = [steps and (0, 0, False) for steps in all_steps]
        return (None if not any(all_steps) else Layout(1, size, tuple(all_steps))), flat
    return Layout(rows, length, tuple(all_steps)), flat


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
    dtype = next(x.dtype for x in (*arrays, *results) if x.dtype != bool)
    text, outside = _text(
        tuple(parts), dtype, tuple([x.dtype for x in arrays]), len(numbers), layout, tuple([k for k, _ in outputs])
    )
    given = [*arrays, *results, *numbers, *[float(read()) for read in outside]]
    size = results[0].size
    if layout is None:
        tasks = -(-size // ELEMENTWISE_TASK)
    else:
        count, per_task = size // layout.length, -(-ELEMENTWISE_TASK // layout.length)
        tasks = -(-count // per_task)
        given += [count, per_task, layout.rows, layout.length]
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
    dtypes: tuple[Any, ...],
    numbers: int,
    layout: Layout | None,
    written: tuple[int, ...],
) -> tuple[str, list[Callable[[], float]]]:
    """The text of the kernel, and what reads the numbers from outside that it takes after the others."""
    paste = Paste()
    follow = [layout is None or layout.steps[i] is None or layout.steps[i][2] for i in range(len(dtypes))]  # type: ignore[index]
    element = [f"a{i}[i]" if entries else f"s{i}" for i, entries in enumerate(follow)]

    def argument(part: Part, place: int) -> str:
        kind, which = part.arguments[place]
        value = {"array": f"a{which}[i]", "number": f"n{which}", "part": f"t{which}"}[kind]
        if kind == "array":
            value = element[which]
        is_bool = (kind == "array" and dtypes[which] == bool) or (kind == "part" and parts[which].gives_bool)
        return f"F({value})" if is_bool and not part.conditions[place] else value

    body = []
    for k, part in enumerate(parts):
        arguments = [argument(part, place) for place in range(len(part.arguments))]
        value = paste.call(part.function, arguments[part.gradient :], _are_numbers(part))
        if part.gradient:
            value = f"{arguments[0]} * F({value})"
        body.append(f"t{k} = {value}" if part.gives_bool else f"t{k} = F({value})")
    body += [f"y{k}[i] = t{k}" for k in written]
    typed = [f"a{i}: {'InBools1' if its == bool else 'In1'}" for i, its in enumerate(dtypes)]
    typed += [f"y{k}: {'OutBools1' if parts[k].gives_bool else 'Out1'}" for k in written]
    typed += [f"{name}: float" for name in [*[f"n{i}" for i in range(numbers)], *paste.outside]]
    everything = [*[f"a{i}" for i in range(len(dtypes))], *[f"y{k}" for k in written]]
    if layout is None:
        cut = [f"{name} = {name}[number * TASK : (number + 1) * TASK]" for name in everything]
        loop = [*cut, f"for i in range(y{written[0]}.size):", *[f"    {line}" for line in body]]
    else:
        rows = []
        for i, steps in enumerate(layout.steps):
            start = "row * length" if steps is None else f"block * block{i} + (row - block * rows) * row{i}"
            rows.append(f"a{i} = all_a{i}[{start} :][:length]" if follow[i] else f"s{i} = all_a{i}[{start}]")
        rows += [f"y{k} = all_y{k}[row * length :][:length]" for k in written]
        typed = [f"all_{name}" if name[0] in "ay" else name for name in typed]
        strided = [i for i, steps in enumerate(layout.steps) if steps is not None]
        typed += ["count", "per_task", "rows", "length", *[f"{what}{i}" for i in strided for what in ("block", "row")]]
        loop = [
            "for row in range(number * per_task, min((number + 1) * per_task, count)):",
            "    block = row // rows",
            *[f"    {line}" for line in rows],
            "    for i in range(length):",
            *[f"        {line}" for line in body],
        ]
    task = "\n".join([f"def task(worker, number, {', '.join(typed)}):", *[f"    {line}" for line in loop]])
    return paste.module(dtype, task), list(paste.outside.values())
