"""Kernels for graphs of single numbers: a sweep goes through them in runs, each of many numbers that one op makes.

All numbers lie in one array, the arena. A run fills a stretch of it with an op of numbers from before, whose places
are listed: `operands` has, from the run's offset on, the places of the first operand of each number, then those of the
second. In `lanes`, each place holds a row of as many numbers, of graphs that differ in their inputs alone.

Op and derivative are the rows' own, pasted as for arrays, but with the C library's functions, as Python has them: a
number that is computed here is to the bit what Python computes.
"""

import ast
import functools
import math

import numpy as np
from numba.core.errors import NumbaError

from autograd_core.kernels import plan
from autograd_core.kernels.jit import entry
from autograd_core.kernels.launch import InInts1, InSlots1, Out1, kernel
from autograd_core.kernels.pasting import NoKernelError as NoKernelError
from autograd_core.kernels.pasting import Paste, Typed, compiled
from autograd_core.kernels.team import sweep
from autograd_core.kernels.threads import new_mailbox

FIELDS = 4  # of a run: the first place that it fills, how many, where its operands begin, and terms of a sum

_HEAD = f"""
from autograd_core.kernels.launch import InInts1, InSlots1

FIELDS = {FIELDS}


def task(worker, run, arena: Out1, operands: InSlots1, runs: InInts1"""

_SINGLE = """):
    first, count, offset = runs[FIELDS * run], runs[FIELDS * run + 1], runs[FIELDS * run + 2]
{numbers}
    if count == 1:  # as in a chain, where all runs are so short
        arena[first] = {alone}
        return
    y = arena[first : first + count]
{places}
    for i in range(y.size):
        y[i] = {value}
"""
_SINGLE_PLACE = "    p{i} = operands[offset + {i} * count : offset + {i} * count + count]"
_SINGLE_OUTSIDE = "    {name} = arena[operands[offset + {i} * count]]"

_LANES = """, lanes):
    first, count, offset = runs[FIELDS * run], runs[FIELDS * run + 1], runs[FIELDS * run + 2]
    for n in range(count):
        y = arena[(first + n) * lanes : (first + n + 1) * lanes]
{numbers}
{places}
        for i in range(y.size):
            y[i] = {value}
"""
_LANES_PLACE = """        p{i} = np.int64(operands[offset + {i} * count + n]) * lanes
        x{i} = arena[p{i} : p{i} + lanes]"""
_LANES_OUTSIDE = "        {name} = arena[np.int64(operands[offset + {i} * count]) * lanes]"


class Code:
    """What computes one op, or g times one of its local gradients: a kernel for single numbers, and one for lanes.

    `outside` has functions that read the numbers from outside that the op's row uses: further operands of it.
    """

    def __init__(self, function, gradient):
        self._name = function.__name__
        self._paste = _ScalarPaste()
        self._arity = function.__code__.co_argcount + gradient
        values = []
        for element in ("arena[p{}[i]]", "arena[operands[offset + {}]]", "x{}[i]"):
            names = [element.format(i) for i in range(self._arity)]
            value = self._paste.call(function, names[gradient:], [False] * (self._arity - gradient))
            values.append(f"{names[0]} * F({value})" if gradient else f"F({value})")
        self._single, self._alone, self._in_lanes = values
        self.outside = list(self._paste.outside.values())

    @property
    def is_current(self):
        """Whether what the row calls is what it was."""
        return all(read() is pasted for read, pasted in self._paste.functions)

    def source(self, lanes):
        """The text of the kernel."""
        form, place, number, value = (
            (_LANES, _LANES_PLACE, _LANES_OUTSIDE, self._in_lanes)
            if lanes
            else (_SINGLE, _SINGLE_PLACE, _SINGLE_OUTSIDE, self._single)
        )
        numbers = [number.format(i=i, name=name) for i, name in enumerate(self._paste.outside, self._arity)]
        places = [place.format(i=i) for i in range(self._arity)]
        lines = {"numbers": "\n".join(numbers), "places": "\n".join(places)}
        return self._paste.module("float64", _HEAD + form.format(value=value, alone=self._alone, **lines))

    @functools.cached_property
    def single(self):
        """The kernel for single numbers."""
        return self._kernel(lanes=False)

    @functools.cached_property
    def in_lanes(self):
        """The kernel for rows of numbers."""
        return self._kernel(lanes=True)

    def _kernel(self, lanes):
        call = compiled(self.source(lanes))
        try:
            call.kernel.compile(np.dtype(np.float64))
        except NumbaError as error:
            raise NoKernelError(f"{self._name}: {error}") from error
        return call


_codes: dict[tuple[object, bool], Code] = {}


def code(function, gradient=False):
    """The Code of a function of numbers, or with `gradient` of g times it. Raises NoKernelError."""
    found = _codes.get((function, gradient))
    if found is None or not found.is_current:
        found = _codes[function, gradient] = Code(function, gradient)
    return found


class Sum:
    """The Code of a sum of any number of terms, from the first to the last, each a number or, if so, a product."""

    outside = ()

    def __init__(self, of_products):
        self._of_products = of_products

    @property
    def single(self):
        """The kernel for single numbers."""
        return _products if self._of_products else _sums

    @property
    def in_lanes(self):
        """The kernel for rows of numbers."""
        return _products_in_lanes if self._of_products else _sums_in_lanes


@kernel
def _sums(worker, run, arena: Out1, operands: InSlots1, runs: InInts1):
    """The terms of one number stand side by side."""
    first, count = runs[FIELDS * run], runs[FIELDS * run + 1]
    offset, terms = runs[FIELDS * run + 2], runs[FIELDS * run + 3]
    y = arena[first : first + count]
    whole = count - count % 4
    for i in range(0, whole, 4):  # four at once, for each addition waits for the one before
        t = operands[offset + i * terms : offset + (i + 4) * terms]
        t0, t1, t2, t3 = t[:terms], t[terms : 2 * terms], t[2 * terms : 3 * terms], t[3 * terms :]
        s0, s1, s2, s3 = arena[t0[0]], arena[t1[0]], arena[t2[0]], arena[t3[0]]
        for k in range(1, terms):
            s0 += arena[t0[k]]
            s1 += arena[t1[k]]
            s2 += arena[t2[k]]
            s3 += arena[t3[k]]
        y[i], y[i + 1], y[i + 2], y[i + 3] = s0, s1, s2, s3
    for i in range(whole, count):
        t0 = operands[offset + i * terms : offset + (i + 1) * terms]
        s0 = arena[t0[0]]
        for k in range(1, terms):
            s0 += arena[t0[k]]
        y[i] = s0


@kernel
def _products(worker, run, arena: Out1, operands: InSlots1, runs: InInts1):
    """The same for products: the factors of one number's terms stand side by side."""
    first, count = runs[FIELDS * run], runs[FIELDS * run + 1]
    offset, terms = runs[FIELDS * run + 2], runs[FIELDS * run + 3]
    n = 2 * terms
    if count == 1:
        s0 = arena[operands[offset]] * arena[operands[offset + 1]]
        for k in range(1, terms):
            s0 += arena[operands[offset + 2 * k]] * arena[operands[offset + 2 * k + 1]]
        arena[first] = s0
        return
    y = arena[first : first + count]
    whole = count - count % 4
    for i in range(0, whole, 4):
        t = operands[offset + i * n : offset + (i + 4) * n]
        t0, t1, t2, t3 = t[:n], t[n : 2 * n], t[2 * n : 3 * n], t[3 * n :]
        s0, s1 = arena[t0[0]] * arena[t0[1]], arena[t1[0]] * arena[t1[1]]
        s2, s3 = arena[t2[0]] * arena[t2[1]], arena[t3[0]] * arena[t3[1]]
        for k in range(1, terms):
            s0 += arena[t0[2 * k]] * arena[t0[2 * k + 1]]
            s1 += arena[t1[2 * k]] * arena[t1[2 * k + 1]]
            s2 += arena[t2[2 * k]] * arena[t2[2 * k + 1]]
            s3 += arena[t3[2 * k]] * arena[t3[2 * k + 1]]
        y[i], y[i + 1], y[i + 2], y[i + 3] = s0, s1, s2, s3
    for i in range(whole, count):
        t0 = operands[offset + i * n : offset + (i + 1) * n]
        s0 = arena[t0[0]] * arena[t0[1]]
        for k in range(1, terms):
            s0 += arena[t0[2 * k]] * arena[t0[2 * k + 1]]
        y[i] = s0


@kernel
def _sums_in_lanes(worker, run, arena: Out1, operands: InSlots1, runs: InInts1, lanes):
    first, count = runs[FIELDS * run], runs[FIELDS * run + 1]
    offset, terms = runs[FIELDS * run + 2], runs[FIELDS * run + 3]
    for n in range(count):
        y = arena[(first + n) * lanes : (first + n + 1) * lanes]
        for k in range(terms):
            start = np.int64(operands[offset + n * terms + k]) * lanes
            x = arena[start : start + lanes]
            if k == 0:
                for i in range(y.size):
                    y[i] = x[i]
            else:
                for i in range(y.size):
                    y[i] += x[i]


@kernel
def _products_in_lanes(worker, run, arena: Out1, operands: InSlots1, runs: InInts1, lanes):
    first, count = runs[FIELDS * run], runs[FIELDS * run + 1]
    offset, terms = runs[FIELDS * run + 2], runs[FIELDS * run + 3]
    for n in range(count):
        y = arena[(first + n) * lanes : (first + n + 1) * lanes]
        for k in range(terms):
            pair = offset + 2 * (n * terms + k)
            start, other = np.int64(operands[pair]) * lanes, np.int64(operands[pair + 1]) * lanes
            a, b = arena[start : start + lanes], arena[other : other + lanes]
            if k == 0:
                for i in range(y.size):
                    y[i] = a[i] * b[i]
            else:
                for i in range(y.size):
                    y[i] += a[i] * b[i]


@entry
def add_lanes(arena, places, lanes, totals):
    """Add to totals the numbers of so many lanes at these places, from the first lane to the last."""
    for i in range(0, len(places) - len(places) % 4, 4):  # four at once, as above
        s0, s1, s2, s3 = totals[i], totals[i + 1], totals[i + 2], totals[i + 3]
        for k in range(lanes):
            s0 += arena[places[i], k]
            s1 += arena[places[i + 1], k]
            s2 += arena[places[i + 2], k]
            s3 += arena[places[i + 3], k]
        totals[i], totals[i + 1], totals[i + 2], totals[i + 3] = s0, s1, s2, s3
    for i in range(len(places) - len(places) % 4, len(places)):
        for k in range(lanes):
            totals[i] += arena[places[i], k]


class Sweep:
    """Runs on one arena, to be gone through again and again.

    `codes` has what the runs are made by, `which` the number of that of each run, `runs` their fields. With `lanes`,
    every place is a row of as many numbers.
    """

    def __init__(self, arena, operands, runs, which, codes, lanes=0):
        self._mailbox = new_mailbox()
        self._which = which
        arguments = (arena, operands, runs.reshape(-1), *([lanes] if lanes else []))
        with plan.planning(plan.Plan(dry=True)) as made:
            for each in codes:
                (each.in_lanes if lanes else each.single)(0, 1, *arguments)
        self._kept = made  # with the records that the addresses below point into
        self._launches = np.array([step[:2] for step in made.steps], np.int64).reshape(-1, 2)

    def __call__(self):
        """Compute every number of the arena that a run fills."""
        sweep(self._mailbox, self._launches, self._which)


_NUMPYS = frozenset({"ceil", "floor", "rint", "trunc"})  # that round to whole numbers, and so not otherwise elsewhere
_PYTHONS_OWN = frozenset({"gamma", "hypot", "lgamma"})


class _Like(Typed):
    """As for arrays, but every function is what Python's is."""

    def visit_Attribute(self, node):
        module = self._outer.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if module is np and node.attr in _NUMPYS:
            return ast.Attribute(ast.Name("np", ast.Load()), node.attr, ast.Load())
        if module is math and node.attr in _PYTHONS_OWN:
            raise NoKernelError(f"{self._function.__name__}: math.{node.attr} is Python's own, and rounds its own way")
        node = super().visit_Attribute(node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "exponential":
            node.value.id = "math"
        return node

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Pow):
            sides = [self.visit(node.left), self.visit(node.right)]
            return ast.Call(ast.Attribute(ast.Name("math", ast.Load()), "pow", ast.Load()), sides, [])
        return super().visit_BinOp(node)


class _ScalarPaste(Paste):
    translation = _Like


# --- how a graph becomes runs ------------------------------------------------------------------


@entry
def mark_needed(offsets, operands, needed):
    """Mark, beside what is marked already, everything that it is computed from; nodes stand after their operands."""
    for i in range(len(needed) - 1, -1, -1):
        if needed[i]:
            for k in range(offsets[i], offsets[i + 1]):
                needed[operands[k]] = True


@entry
def count_uses(offsets, operands, needed, uses):
    """How often each is an operand of what is needed."""
    for i in range(len(needed)):
        if needed[i]:
            for k in range(offsets[i], offsets[i + 1]):
                uses[operands[k]] += 1


@entry
def join_sums(offsets, operands, is_sum, uses, terms, before):
    """Find chains of additions, each result of which is used by the next one alone.

    `terms` gets the number of terms of the sum that ends at each addition, `before` the one that it goes on from, or
    -1; what is gone on from is no longer needed by itself: its terms become 0.
    """
    for i in range(len(is_sum)):
        before[i] = -1
        if not is_sum[i]:
            continue
        terms[i] = 2
        for k in (offsets[i], offsets[i] + 1):
            j = operands[k]
            if terms[j] > 0 and uses[j] == 1:
                before[i] = j
                terms[i] = terms[j] + 1
                terms[j] = 0
                break


@entry
def join_products(offsets, operands, is_product, uses, terms, before, of_products):
    """Find the products that one sum alone uses, as a term: it makes them itself. They are marked no more.

    `of_products` gets which sums do.
    """
    for i in range(len(terms) - 1, -1, -1):
        if terms[i] == 0:
            continue
        node = i
        while node >= 0:
            for k in (offsets[node], offsets[node] + 1):
                j = operands[k]
                if j != before[node] and is_product[j] and uses[j] == 1:
                    is_product[j] = False
                    of_products[i] = True
            node = before[node]


@entry
def join(offsets, operands, needed, terms, before, of_products, left_out, one, new_offsets, new_operands):
    """The operands of each node once sums are joined: those of a sum are all its terms, or both factors of each.

    What is no product of those that were `left_out` is its product with the number at `one`.
    """
    end = 0
    for i in range(len(needed)):
        new_offsets[i] = end
        if not needed[i]:
            continue
        if terms[i] == 0:
            for k in range(offsets[i], offsets[i + 1]):
                new_operands[end] = operands[k]
                end += 1
            continue
        width = 2 if of_products[i] else 1
        place = end + width * terms[i]
        end = place
        node = i
        while node >= 0:  # from the last term to the first
            for k in (offsets[node] + 1, offsets[node]):
                j = operands[k]
                if j == before[node]:
                    continue
                place -= width
                if width == 1:
                    new_operands[place] = j
                elif left_out[j]:
                    new_operands[place] = operands[offsets[j]]
                    new_operands[place + 1] = operands[offsets[j] + 1]
                else:
                    new_operands[place] = j
                    new_operands[place + 1] = one
            node = before[node]
    new_offsets[len(needed)] = end


@entry
def find_levels(offsets, operands, levels):
    """The level of each: 0 of what is given, else one more than the highest of its operands."""
    for i in range(len(levels)):
        level = -1
        for k in range(offsets[i], offsets[i + 1]):
            level = max(level, levels[operands[k]])
        levels[i] = level + 1


@entry
def write_operands(order, places, offsets, operands, runs, side_by_side, out):
    """The places of the operands of every run, for the nodes in this order; of sums, all terms of one after another."""
    node = 0
    end = 0
    for r in range(len(runs)):
        count = runs[r, 1]
        runs[r, 2] = end
        arity = offsets[order[node] + 1] - offsets[order[node]]
        for n in range(count):
            start = offsets[order[node + n]]
            for k in range(arity):
                at = n * arity + k if side_by_side[r] else k * count + n
                out[end + at] = places[operands[start + k]]
        node += count
        end += count * arity
