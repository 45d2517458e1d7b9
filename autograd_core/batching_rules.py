"""How each op computes all examples at once, when some of its inputs have one more axis, the first, over examples.

A rule is given a `Call` and returns the result with that axis. Elementwise ops have one rule for all of them; the
others are named here, by families, but for those of other packages, which are declared beside the op
(`Op.batching_rule`). An op without a rule, and a call that its rule does not take (`NoRule`), is computed example by
example: slower, and the same. `mapped.py` says who calls this; nothing here knows of gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_core import linalg, ops  # noqa: F401 - linalg, for its ops have rules here
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops import fourier  # noqa: F401 - its ops have rules here
from autograd_core.ops.definition import Elementwise, LocalProduct
from autograd_core.ops.einsum import LETTERS
from autograd_core.ops.indexing import Input
from autograd_core.ops.op import Op, registry
from autograd_core.recording import Recorded, no_grad


class NoRule(Exception):
    """This call is not for its op's rule."""


class Call(NamedTuple):
    """An op, its inputs, and which of them have an axis over `size` examples, the first."""

    op: Op[Any]
    values: tuple[Any, ...]
    mapped: tuple[bool, ...]
    attributes: dict[str, Any]
    size: int
    wrap: Callable[[Any, bool], Any]  # a value, and whether it has the axis, as a tensor that hides it
    unwrap: Callable[[Any], tuple[Any, bool]]  # the inverse

    def attribute(self, name: str) -> Any:
        """An argument as given, or its default."""
        return self.attributes.get(name, self.op.defaults[name])

    def shape(self, i: int) -> tuple[int, ...]:
        """The shape of an input in one example."""
        shape = getattr(self.values[i], "shape", ())
        return tuple(shape[1:]) if self.mapped[i] else tuple(shape)

    def ndim(self, i: int) -> int:
        """The number of axes of an input in one example."""
        return len(self.shape(i))

    def spread(self, i: int) -> Any:
        """An input with the axis over examples, along which it is repeated, uncopied, if it has none of its own."""
        value = self.values[i]
        if self.mapped[i]:
            return value
        value = value if hasattr(value, "shape") else np.asarray(value)
        return ops.broadcast_to(value, (self.size, *value.shape))

    def aligned(self, core: int = 0) -> list[Any]:
        """The inputs, those with the axis brought to one number of axes, so that they broadcast as in one example.

        The last `core` axes are the op's own, and every input must have them.
        """
        ndims = [getattr(v, "ndim", 0) - has for v, has in zip(self.values, self.mapped, strict=True)]
        if core and min(ndims) < core:
            raise NoRule
        rank = max(ndims)
        aligned = list(self.values)
        for i, (v, has, n) in enumerate(zip(self.values, self.mapped, ndims, strict=True)):
            if has and n < rank:
                aligned[i] = ops.reshape(v, (self.size, *(1,) * (rank - n), *v.shape[1:]))
        return aligned

    def run(self, values: Sequence[Any], **attributes: Any) -> Any:
        """The op of other inputs, with arguments of which some may be others, too."""
        return run(self.op, tuple(values), self.attributes | attributes)

    def by(self, formula: Callable[..., Any], *more: Any) -> Any:
        """formula(*inputs, *more), written for one example, for all of them."""
        inputs = [
            self.wrap(v, has) if hasattr(v, "shape") else v for v, has in zip(self.values, self.mapped, strict=True)
        ]
        found = formula(*inputs, *more)
        if isinstance(found, tuple):
            return tuple([self._with_axis(y) for y in found])
        return self._with_axis(found)

    def _with_axis(self, y: Any) -> Any:
        value, has = self.unwrap(y)
        return value if has else ops.broadcast_to(value, (self.size, *value.shape))

    def folded(self, i: int) -> Any:
        """An input with its first axis and that over examples made into one."""
        if not self.ndim(i):
            raise NoRule
        value = self.spread(i)
        return ops.reshape(value, (value.shape[0] * value.shape[1], *value.shape[2:]))

    def unfolded(self, y: Any) -> Any:
        """The inverse of `folded`, for a result."""
        return ops.reshape(y, (self.size, y.shape[0] // self.size, *y.shape[1:]))


Rule = Callable[[Call], Any]
_rules: dict[str, Rule] = {}


def run(op: Op[Any], values: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """The op, recorded by whichever of its inputs is a tensor."""
    recorded = next(x for x in values if isinstance(x, Recorded))
    return recorded.record(op, values, attributes)


def batched(call: Call) -> Any:
    """The result of the op for all examples, their axis first; of several outputs a tuple."""
    rule = rule_of(call.op)
    if rule is not None:
        try:
            found = rule(call)
            if found is not NotImplemented:
                return found
        except NoRule:
            pass
        except (ShapeError, ArgumentError, DTypeError, IndexError):
            pass  # of inputs that do not go together each example says so, in its own shapes
    return by_examples(call)


def by_examples(call: Call) -> Any:
    """The op of one example after the other, and the results stacked."""
    found = []
    for i in range(call.size):
        values = tuple([v[i] if has else v for v, has in zip(call.values, call.mapped, strict=True)])
        found.append(run(call.op, values, call.attributes))
    if call.op.several:
        return tuple([_stacked(call, part) for part in zip(*found, strict=True)])
    return _stacked(call, found)


def _stacked(call: Call, results: Sequence[Any]) -> Any:
    shapes = {y.shape for y in results}
    if len(shapes) > 1:
        raise ShapeError(
            f"vmap: the result of {call.op.name} has another shape in each example, such as "
            f"{' and '.join(map(str, sorted(shapes)[:2]))}, and cannot be one tensor; use where in place of a mask"
        )
    return ops.stack(results)


def rule_of(op: Op[Any]) -> Rule | None:
    """The op's rule, if it has one."""
    if isinstance(op, (Elementwise, LocalProduct)):
        return _elementwise
    if registry.get(op.name) is not op:
        return None  # one that was made for a call, as a checkpoint's
    return op.batched or _rules.get(op.name)


def _rule_for(*names: str) -> Callable[[Rule], Rule]:
    """Decorator for the rule of these ops."""

    def add(rule: Rule) -> Rule:
        for name in names:
            assert name in registry, name
            _rules[name] = rule
        return rule

    return add


def _elementwise(call: Call) -> Any:
    return run(call.op, tuple(call.aligned()), {})


def _shifted(axis: Any, ndim: int) -> int:
    """An axis of one example where the axis over examples comes first."""
    if not isinstance(axis, (int, np.integer)) or not -ndim <= axis < ndim:
        raise NoRule  # not one of the example's axes: it says so itself
    return int(axis) % ndim + 1


# --- ops along axes ---------------------------------------------------------------------------


@_rule_for(
    *("sum", "mean", "prod", "var", "std", "max", "min", "norm", "any", "all"),
    *("logsumexp", "softmax", "log_softmax", "masked_softmax"),
)
def _along_axes(call: Call) -> Any:
    rank = max(call.ndim(i) for i in range(len(call.values)))
    axis = call.attribute("axis")
    named = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    # Counted from the last: inputs without the axis over examples may have fewer.
    return call.run(call.aligned(), axis=tuple([_shifted(a, rank) - rank - 1 for a in named]))


@_rule_for("argmax", "argmin", "argsort", "cumulative_sum", "cumulative_prod", "cumulative_sum_backwards")
def _along_axis(call: Call) -> Any:
    axis = call.attribute("axis")
    if axis is None:
        if call.ndim(0) != 1:
            raise NoRule
        axis = 0
    return call.run(call.values, axis=_shifted(axis, call.ndim(0)))


@_rule_for("roll")
def _roll(call: Call) -> Any:
    return call.run(call.values, axis=tuple([_shifted(a, call.ndim(0)) for a in call.attribute("axis")]))


@_rule_for("windows", "window_sums")
def _of_the_last_axes(call: Call) -> Any:
    if call.ndim(0) < len(call.attribute("kernel")):
        raise NoRule
    return call.run(call.values)


@_rule_for("add_windows")
def _add_windows(call: Call) -> Any:
    if call.ndim(0) < 2 * len(call.attribute("kernel")):
        raise NoRule
    return call.run(call.values)


@_rule_for("fft", "rfft", "irfft")
def _along_axes_counted_from_the_last(call: Call) -> Any:
    return call.run(call.values)


@_rule_for("vecdot", "recurrence")
def _along_the_last_axis(call: Call) -> Any:
    return call.run(call.aligned(core=1))


# --- shapes -----------------------------------------------------------------------------------


@_rule_for("reshape")
def _reshape(call: Call) -> Any:
    shape = call.attribute("shape")
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    known = math.prod([n for n in shape if n != -1])
    count = math.prod(call.shape(0))
    if -1 in shape:
        if shape.count(-1) > 1 or not known or count % known:
            raise NoRule
        shape = tuple([count // known if n == -1 else n for n in shape])
    return call.run(call.values, shape=(call.size, *shape))


@_rule_for("permute_dims")
def _permute_dims(call: Call) -> Any:
    axes = call.attribute("axes")
    return call.run(call.values, axes=(0, *[_shifted(axis, call.ndim(0)) for axis in axes]))


@_rule_for("broadcast_to")
def _broadcast_to(call: Call) -> Any:
    shape = call.attribute("shape")
    more = len(shape) - call.ndim(0)
    if more < 0:
        raise NoRule
    x = ops.reshape(call.values[0], (call.size, *(1,) * more, *call.shape(0)))
    return call.run([x], shape=(call.size, *shape))


@_rule_for("expand_dims")
def _expand_dims(call: Call) -> Any:
    return call.run(call.values, axis=_shifted(call.attribute("axis"), call.ndim(0) + 1))


@_rule_for("astype")
def _as_it_stands(call: Call) -> Any:
    return call.run(call.values)


@_rule_for("concat")
def _concat(call: Call) -> Any:
    axis = _shifted(call.attribute("axis"), call.ndim(0))
    return call.run([call.spread(i) for i in range(len(call.values))], axis=axis)


# --- products ---------------------------------------------------------------------------------


@_rule_for("matmul")
def _matmul(call: Call) -> Any:
    a, b = call.aligned(core=2)
    if call.mapped == (True, False) and call.ndim(1) == 2:  # one product, of more rows
        rows = ops.reshape(a, (-1, a.shape[-1])) if a.size else a
        return ops.reshape(call.run([rows, b]), (*a.shape[:-1], b.shape[-1]))
    if call.mapped == (False, True) and call.ndim(0) == call.ndim(1) == 2 and b.size:  # likewise, of more columns
        columns = ops.permute_dims(b, (0, 2, 1))
        rows = ops.reshape(columns, (-1, columns.shape[-1]))
        y = call.run([rows, ops.matrix_transpose(a)])
        return ops.permute_dims(ops.reshape(y, (*columns.shape[:-1], a.shape[0])), (0, 2, 1))
    return call.run([a, b])


@_rule_for("linear")
def _linear(call: Call) -> Any:
    if call.mapped == (True, False, False) and call.ndim(0):
        return call.run(call.values)
    if (call.ndim(1), call.ndim(2)) != (2, 1) or not call.ndim(0) or call.shape(1)[:1] != call.shape(2):
        raise NoRule
    return call.by(lambda x, w, b: ops.matmul(x, ops.matrix_transpose(w)) + b)


@_rule_for("einsum")
def _einsum(call: Call) -> Any:
    inputs, output = call.attribute("subscripts").split("->")
    letter = next((x for x in LETTERS if x not in inputs), None)
    if letter is None:
        raise NoRule
    terms = [letter * has + term for term, has in zip(inputs.split(","), call.mapped, strict=True)]
    return call.run(call.values, subscripts=f"{','.join(terms)}->{letter}{output}")


@_rule_for(
    *("inv", "det", "cofactors", "cofactors_gradient", "logabsdet", "signdet", "pinv"),
    *("cholesky", "qr", "svd", "eigh"),
)
def _of_matrices(call: Call) -> Any:
    inputs = range(len(call.values))
    if min(map(call.ndim, inputs)) < 2 or len(set(map(call.ndim, inputs))) > 1:
        raise NoRule
    return call.run(list(map(call.spread, inputs)))


@_rule_for("solve")
def _solve(call: Call) -> Any:
    if call.ndim(0) < 2 or not call.ndim(1):
        raise NoRule
    if call.ndim(1) > 1:
        return call.run(call.aligned(core=2))
    b = call.values[1]
    columns = call._replace(values=(call.values[0], ops.reshape(b, (*b.shape, 1))))
    return ops.squeeze(columns.run(columns.aligned(core=2)), axis=-1)


# --- places -----------------------------------------------------------------------------------


@_rule_for("getitem")
def _getitem(call: Call) -> Any:
    if not call.mapped[0] and isinstance(call.attribute("index"), Input) and call.values[1].dtype.kind != "b":
        return call.run(call.values)  # rows of one table
    index, arrays = _index_of_all(call, 1)
    return run(call.op, (call.spread(0), *arrays), {"index": index})


@_rule_for("scatter_add")
def _scatter_add(call: Call) -> Any:
    index, arrays = _index_of_all(call, 1)
    shape = (call.size, *call.attribute("shape"))
    return run(call.op, (call.spread(0), *arrays), {"shape": shape, "index": index})


@_rule_for("put_together")
def _put_together(call: Call) -> Any:
    shape = (call.size, *call.attribute("shape"))
    indices = [index if type(index) is tuple else (index,) for index in call.attribute("indices")]
    of_all = tuple([(slice(None), *index) for index in indices])
    return run(call.op, tuple(map(call.spread, range(len(call.values)))), {"shape": shape, "indices": of_all})


@_rule_for("set_at", "add_at")
def _written_at(call: Call) -> Any:
    index, arrays = _index_of_all(call, 2)
    if any(part.dtype.kind == "b" for part in arrays):
        raise NoRule
    one = call.attribute("index")
    shapes = [np.zeros(call.shape(i), np.intp) for i in range(2, len(call.values))]
    one = tuple([shapes[part] if isinstance(part, Input) else part for part in (one if type(one) is tuple else (one,))])
    rank = np.broadcast_to(0, call.shape(0))[one].ndim  # of what is written in one example
    v = call.values[1]
    if call.mapped[1]:
        if call.ndim(1) > rank:
            raise NoRule
        v = ops.reshape(v, (call.size, *(1,) * (rank - call.ndim(1)), *call.shape(1)))
    return run(call.op, (call.spread(0), v, *arrays), {"index": index})


def _index_of_all(call: Call, first: int) -> tuple[Any, list[Any]]:
    """An index that reads in every example, and its arrays, which are the inputs from `first` on.

    Errors: NoRule where numpy would put the axes of the result in another order.
    """
    index = call.attribute("index")
    index = index if isinstance(index, tuple) else (index,)
    arrays = list(call.values[first:])
    where = [i for i, part in enumerate(index) if isinstance(part, Input)]
    if any(part.dtype.kind == "b" for part, has in zip(arrays, call.mapped[first:], strict=True) if has):
        raise NoRule
    if not where:
        return (slice(None), *index), arrays
    # Numbers beside arrays are arrays to numpy.
    where = [i for i, part in enumerate(index) if isinstance(part, (int, np.integer))]
    if where != list(range(where[0], where[-1] + 1)):
        raise NoRule
    if not any(call.mapped[first:]):
        return (slice(None), *index), arrays
    if where[0] != 0 or any(part.dtype.kind == "b" for part in arrays):
        raise NoRule
    ranks = [call.ndim(first + i) for i in range(len(arrays))]
    rank = max(ranks)
    arrays = [
        ops.reshape(x, (call.size, *(1,) * (rank - n), *x.shape[1:])) if has else x
        for x, has, n in zip(arrays, call.mapped[first:], ranks, strict=True)
    ]
    examples = np.arange(call.size).reshape((-1, *(1,) * rank))
    return (Input(len(arrays)), *index), [*arrays, examples]


@_rule_for("attention", "attention_gradient")
def _attention(call: Call) -> Any:
    bias = call.op.inputs.index("bias")
    others = [i for i in range(len(call.values)) if i != bias]
    rank = max(map(call.ndim, others))
    if min(map(call.ndim, others)) < 2 or call.ndim(bias) > rank:
        raise NoRule
    values = list(call.values)
    for i in [*others, *[bias] * call.mapped[bias]]:
        if call.ndim(i):
            x = call.spread(i)
            missing = (1,) * (rank - call.ndim(i))
            values[i] = ops.reshape(x, (call.size, *missing, *call.shape(i))) if missing else x
    return call.run(values)


# --- images -----------------------------------------------------------------------------------


@_rule_for("max_pool2d", "max_pool2d_scatter", "max_pool2d_gather")
def _of_images(call: Call) -> Any:
    if any(call.ndim(i) != 4 for i in range(len(call.values))):
        raise NoRule
    return call.unfolded(call.run([call.folded(i) for i in range(len(call.values))]))


@_rule_for("conv2d")
def _conv2d(call: Call) -> Any:
    _check_images(call, 2)
    if not call.mapped[1]:
        return call.unfolded(call.run([call.folded(0), call.values[1]]))
    return _channels_apart(call, call.run([_as_channels(call, 0), call.folded(1)], groups=_groups(call)))


@_rule_for("conv2d_with_bias")
def _conv2d_with_bias(call: Call) -> Any:
    _check_images(call, 2)
    if call.shape(2) != call.shape(1)[:1]:
        raise NoRule
    if call.mapped == (True, False, False):
        return call.unfolded(call.run([call.folded(0), *call.values[1:]]))
    how = call.attributes
    return call.by(lambda x, w, b: ops.conv2d(x, w, **how) + ops.reshape(b, (-1, 1, 1)))


@_rule_for("conv2d_input_gradient")
def _conv2d_input_gradient(call: Call) -> Any:
    _check_images(call, 2)
    n, channels, *sides = call.attribute("shape")
    if not call.mapped[1]:
        shape = (call.size * n, channels, *sides)
        return call.unfolded(call.run([call.folded(0), call.values[1]], shape=shape))
    shape = (n, call.size * channels, *sides)
    y = call.run([_as_channels(call, 0), call.folded(1)], shape=shape, groups=_groups(call))
    return _channels_apart(call, y)


@_rule_for("conv2d_weight_gradient")
def _conv2d_weight_gradient(call: Call) -> Any:
    _check_images(call, 2)
    out, *rest = call.attribute("shape")
    images = [_as_channels(call, i) for i in range(2)]
    return call.unfolded(call.run(images, shape=(call.size * out, *rest), groups=_groups(call)))


def _check_images(call: Call, count: int) -> None:
    if any(call.ndim(i) != 4 for i in range(count)):
        raise NoRule


def _groups(call: Call) -> int:
    return call.size * int(call.attribute("groups"))


def _as_channels(call: Call, i: int) -> Any:
    """Images with the channels of each example as a group: (examples, N, C, H, W) -> (N, examples·C, H, W)."""
    x = ops.permute_dims(call.spread(i), (1, 0, 2, 3, 4))
    return ops.reshape(x, (x.shape[0], x.shape[1] * x.shape[2], *x.shape[3:]))


def _channels_apart(call: Call, y: Any) -> Any:
    """The inverse of `_as_channels`, for a result."""
    n, channels, *sides = y.shape
    return ops.permute_dims(ops.reshape(y, (n, call.size, channels // call.size, *sides)), (1, 0, 2, 3, 4))


# --- sequences --------------------------------------------------------------------------------


@_rule_for("run_cell")
def _run_cell(call: Call) -> Any:
    return _examples_as_rows(call, {"x": 1, "s": 1, "lengths": 0}, {"h": 1, "last": 1, "memory": 1})


@_rule_for("run_cell_gradient")
def _run_cell_gradient(call: Call) -> Any:
    inputs = {"g": 1, "g_last": 1, "x": 1, "s": 1, "lengths": 0, "h": 1, "memory": 1}
    return _examples_as_rows(call, inputs, {"to_x": 1, "to_r": 1, "to_s": 1})


_OF_CTC = {"log_probs": 1, "targets": 0, "input_lengths": 0, "target_lengths": 0}


@_rule_for("ctc_loss")
def _ctc_loss(call: Call) -> Any:
    return _examples_as_rows(call, _OF_CTC, {"losses": 0, "memory": 0})


@_rule_for("ctc_gradient")
def _ctc_gradient(call: Call) -> Any:
    return _examples_as_rows(call, {"g": 0, **_OF_CTC, "memory": 0}, {"to_log_probs": 1})


def _examples_as_rows(call: Call, inputs: dict[str, int], outputs: dict[str, int]) -> Any:
    """A call in which all examples are in one mini-batch, whose axis is named for each input that has one."""
    values = list(call.values)
    for i, name in enumerate(call.op.inputs):
        if name not in inputs:
            if call.mapped[i]:
                raise NoRule  # each example has weights of its own
            continue
        axis = inputs[name]
        if call.ndim(i) == 0 and not call.mapped[i]:
            continue  # lengths that say that all steps count
        if call.ndim(i) <= axis:
            raise NoRule
        x = ops.permute_dims(call.spread(i), (*range(1, axis + 1), 0, *range(axis + 1, call.ndim(i) + 1)))
        values[i] = ops.reshape(x, (*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))
    found, results = [], call.run(values)
    for y, axis in zip(results if call.op.several else (results,), outputs.values(), strict=True):
        y = ops.reshape(y, (*y.shape[:axis], call.size, y.shape[axis] // call.size, *y.shape[axis + 1 :]))
        found.append(ops.permute_dims(y, (axis, *range(axis), *range(axis + 1, y.ndim))))
    return tuple(found) if call.op.several else found[0]


# --- what is made of other ops ----------------------------------------------------------------


@_rule_for("normalize")
def _normalize(call: Call) -> Any:
    if max(call.ndim(1), call.ndim(2)) > call.ndim(0):
        raise NoRule
    _, weight, bias = call.aligned()
    return call.run([call.spread(0), weight, bias], axes=_axes(call))


@_rule_for("standardize_gradient")
def _standardize_gradient(call: Call) -> Any:
    return call.run([call.spread(0), call.spread(1)], axes=_axes(call))


def _axes(call: Call) -> tuple[int, ...]:
    return tuple([_shifted(axis, call.ndim(0)) for axis in call.attribute("axes")])


@_rule_for(
    *("softmax_gradient", "log_softmax_gradient", "logsumexp_gradient"),
    "normalize_gradient",
)
def _by_its_formula(call: Call) -> Any:
    assert call.op.made_of is not None
    return call.by(call.op.made_of, *[call.attribute(name) for name in call.op.defaults])


@_rule_for("softmax_cross_entropy_gradient")
def _softmax_cross_entropy_gradient(call: Call) -> Any:
    if [call.ndim(i) for i in range(4)] != [0, 2, 1, 0]:
        raise NoRule
    assert call.op.made_of is not None  # and that takes leading axes
    inputs = [call.spread(i) for i in range(4)]
    return call.op.made_of(*inputs, call.attribute("ignore_index"), call.attribute("average"))


@_rule_for("softmax_cross_entropy")
def _softmax_cross_entropy(call: Call) -> Any:
    if call.ndim(0) != 2 or call.ndim(1) != 1:
        raise NoRule
    with no_grad():
        call.run([call.folded(0), call.folded(1)], average=False)  # which refuses labels that are no classes

    x, labels, ignore_index = call.spread(0), call.spread(1), call.attribute("ignore_index")
    named = ops.expand_dims(labels, -1) == np.arange(x.shape[-1], dtype=labels.dtype)
    count: Any = np.full(call.size, x.shape[1], x.dtype)
    if ignore_index is not None:
        counts = labels != ignore_index
        count = ops.astype(ops.sum(counts, axis=1), x.dtype)
        if 0 <= ignore_index < x.shape[-1]:
            named = ops.logical_and(named, ops.expand_dims(counts, -1))
    total = -ops.sum(ops.where(named, ops.log_softmax(x, axis=-1), 0.0), axis=(1, 2))
    return (total / count if call.attribute("average") else total), count
