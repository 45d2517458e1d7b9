"""vmap: its axes, what nests in it and around it, and what it refuses."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ops.op import registry

rng = np.random.default_rng(0)
W = ag.tensor(rng.normal(size=(3, 4)))
X = ag.tensor(rng.normal(size=(5, 4)))
T = ag.tensor(rng.normal(size=(5, 3)))


def loss(w, x, t):
    return ag.sum((ag.tanh(w @ x) - t) ** 2)


def close(found, expected):
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-11, atol=1e-13)


def one_after_the_other(function, *args):
    return ag.stack([function(*[x[i] for x in args]) for i in range(len(args[0]))])


def test_gradients_of_each_example_alone():
    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(W, X, T)
    assert found.shape == (5, 3, 4)
    close(found, one_after_the_other(lambda x, t: ag.grad(loss)(W, x, t), X, T))


def test_in_axes_and_out_axes_name_axes_in_nested_arguments_and_results():
    def function(a, both, scale, *, offset):
        return {"sum": (both["x"] * scale + both["y"] + offset, a), "same": ag.ones(2)}

    x, y = ag.tensor(rng.normal(size=(4, 5))), ag.tensor(rng.normal(size=(4,)))
    mapped = ag.vmap(function, (0, {"x": 1, "y": None}, None), {"sum": (1, 0), "same": None})
    found = mapped(X, {"x": x, "y": y}, 2.0, offset=ag.arange(5))
    close(found["sum"][0], x * 2.0 + y[:, None] + ag.arange(5))
    close(found["sum"][1], X)
    close(found["same"], ag.ones(2))
    assert ag.vmap(lambda x: ag.ones(2), out_axes=-1)(X).shape == (2, 5)


def test_axes_have_pytorchs_names_too():
    product = ag.vmap(lambda a, b: a * b, in_dims=(0, None), out_dims=1)
    close(product(X, X[0]), (X * X[0]).mT)
    with pytest.raises(ag.ArgumentError, match="in_axes and in_dims are two names"):
        ag.vmap(ag.sin, in_axes=1, in_dims=1)


def test_vmaps_nest():
    found = ag.vmap(ag.vmap(lambda x, y: ag.exp(x) @ y, (None, 0)), (0, None))(X, X)
    close(found, ag.exp(X) @ X.T)
    by_rows = ag.vmap(lambda m: ag.vmap(ag.grad(lambda v: ag.sum(v**3) * ag.sum(m)))(m))
    stacked = ag.stack([X, X * 2.0])
    expected = [3 * m**2 * ag.sum(m) for m in (X, X * 2.0)]
    close(by_rows(stacked), ag.stack(expected))


def test_gradients_flow_through_it_of_any_order():
    def total(per_example):
        return lambda w, x: ag.sum(ag.square(per_example(w, x)))

    def by_vmap(w, x):
        return ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(w, x, T)

    def by_loop(w, x):
        return one_after_the_other(lambda x, t: ag.grad(loss)(w, x, t), x, T)

    for found, expected in zip(
        ag.grad(total(by_vmap), (0, 1))(W, X), ag.grad(total(by_loop), (0, 1))(W, X), strict=True
    ):
        close(found, expected)
    ag.gradcheck(total(by_vmap), W, X, order=2)


def test_a_backward_pass_goes_through_it():
    w = ag.tensor(W, requires_grad=True)
    ag.vmap(lambda x, t: loss(w, x, t))(X, T).sum().backward()
    expected = ag.grad(lambda w: sum(loss(w, X[i], T[i]) for i in range(5)))(W)
    close(w.grad, expected)


@pytest.mark.parametrize("transform", ["jacobian", "hessian", "hvp", "jvp", "vjp", "value_and_grad", "checkpoint"])
def test_it_goes_with_the_other_transforms(transform):
    def scalar(x):
        return ag.sum(ag.tanh(W @ x) ** 3)

    def vector(x):
        return ag.tanh(W @ x)

    v = ag.tensor(rng.normal(size=4))
    function = {
        "jacobian": ag.jacobian(vector),
        "hessian": ag.hessian(scalar),
        "hvp": lambda x: ag.hvp(scalar, (x,), (v,))[0],
        "jvp": lambda x: ag.jvp(vector, (x,), (v,))[1],
        "vjp": lambda x: ag.vjp(vector, x)[1](ag.vjp(vector, x)[0])[0],
        "value_and_grad": lambda x: ag.value_and_grad(scalar)(x)[1],
        "checkpoint": ag.grad(ag.checkpoint(scalar)),
    }[transform]
    close(ag.vmap(function)(X), one_after_the_other(function, X))
    # and differentiated from outside
    for outer in (lambda f: ag.grad(lambda x: ag.sum(f(x) ** 2)),):
        close(outer(ag.vmap(function))(X), outer(lambda x: one_after_the_other(function, x))(X))


def test_what_is_not_recorded_stays_unrecorded():
    w = ag.tensor(W, requires_grad=True)
    with ag.no_grad():
        assert not ag.vmap(ag.grad(loss), (None, 0, 0))(w, X, T).requires_grad
    assert ag.vmap(ag.grad(loss), (None, 0, 0))(w, X, T).requires_grad
    assert not ag.vmap(lambda x: ag.sum(w.detach() @ x))(X).requires_grad
    assert not ag.vmap(lambda x: ag.sum(w @ x).detach())(X).requires_grad


def test_a_value_that_does_not_depend_on_the_argument_keeps_its_other_history():
    w = ag.tensor(W, requires_grad=True)
    values, gradients = ag.vmap(lambda x: ag.value_and_grad(lambda _: ag.sum(w @ x))(x))(X)
    assert not gradients.numpy().any()
    (found,) = ag.gradients(ag.sum(values), w)
    close(found, ag.broadcast_to(ag.sum(X, axis=0), (3, 4)))


def test_numbers_and_dtypes_meet_as_in_one_example():
    single = ag.tensor(rng.normal(size=(5, 3)), dtype="float32")
    double = ag.tensor(rng.normal(size=5))
    for function, args in [
        (ag.multiply, (single, double)),
        (lambda x, y: x * y.astype(int), (single, double)),
        (lambda x: x * 2, (ag.arange(5),)),
        (lambda x: x / 2, (ag.arange(5),)),
        (lambda x: ag.exp(x), (ag.arange(5),)),
        (lambda x: x[0] * np.float64(3.0), (single,)),
        (lambda x: x * np.arange(3.0), (single,)),
    ]:
        found, expected = ag.vmap(function)(*args), one_after_the_other(function, *args)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6)


def test_an_op_without_a_rule_runs_example_by_example_with_its_gradients():
    @ag.array_op
    def third_power_for_mapping(x, /):
        return x**3 if x.ndim == 1 else None  # of one example alone

    @third_power_for_mapping.vjp("x")
    def _(g, x):
        return 3.0 * g * x * x

    close(ag.vmap(third_power_for_mapping)(X), X**3)
    close(ag.vmap(ag.grad(lambda x: ag.sum(third_power_for_mapping(x))))(X), 3.0 * X**2)
    close(ag.grad(lambda x: ag.sum(ag.vmap(third_power_for_mapping)(x)))(X), 3.0 * X**2)


@pytest.mark.parametrize("pick", ["rows", "pairs", "columns", "labels", "set", "add", "take_along_axis"])
def test_indices_may_differ_from_example_to_example(pick):
    m = ag.tensor(rng.normal(size=(5, 3, 4)))
    i = ag.tensor(rng.integers(0, 3, (5, 2)))
    function = {
        "rows": lambda m, i: m[i],
        "pairs": lambda m, i: m[i, i],
        "columns": lambda m, i: m[:, i],
        "labels": lambda m, i: m[np.arange(2), i],
        "set": lambda m, i: m.at[i].set(m[0]),
        "add": lambda m, i: m.at[i, 1].add(m[0, 0]),
        "take_along_axis": lambda m, i: ag.take_along_axis(m, ag.reshape(i, (1, 2)), axis=1),
    }[pick]
    both = ag.value_and_grad(lambda m, i: (lambda y: (ag.sum(ag.cos(y)), y))(function(m, i)), has_aux=True)
    (_, found), gradient = ag.vmap(both)(m, i)
    for k in range(5):
        (_, y), g = both(m[k], i[k])
        close(found[k], y)
        close(gradient[k], g)
    if pick in ("rows", "labels"):  # of one table for all
        table = ag.vmap(lambda m, i: function(m, i), (None, 0))(m[0], i)
        close(table, one_after_the_other(lambda i: function(m[0], i), i))


def test_python_is_told_that_there_is_no_single_number():
    for ask in (bool, float, lambda x: x.item(), lambda x: x.numpy(), lambda x: 1 if x > 0 else 2, np.asarray):
        with pytest.raises(ag.MappedError, match="where"):
            ag.vmap(lambda x, ask=ask: ask(ag.sum(x)))(X)
    with pytest.raises(ag.MappedError, match="5 examples"):
        ag.vmap(lambda x: ag.zeros(4).assign(x))(X)
    assert ag.vmap(lambda x: ag.where(ag.sum(x) > 0, 1.0, 2.0))(X).shape == (5,)


def test_the_shape_is_that_of_one_example():
    def look(x):
        assert (x.shape, x.ndim, x.size, len(x), x.numel(), x.dtype) == ((4,), 1, 4, 4, 4, X.dtype)
        assert "for each of 5 examples" in repr(x)
        return sum(x[i] for i in range(len(x)))

    close(ag.vmap(look)(X), ag.sum(X, axis=1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.vmap(3.0), ag.DTypeError, "takes a function"),
        (lambda: ag.vmap(ag.add, (0, 0, 0))(X, X), ag.ArgumentError, "2 positional"),
        (lambda: ag.vmap(ag.add, (None, None))(X, X), ag.ArgumentError, "no argument to map over"),
        (lambda: ag.vmap(ag.add)(X, T[:4]), ag.ShapeError, "4, 5 examples"),
        (lambda: ag.vmap(ag.sin, 2)(X), ag.ArgumentError, "axis 2"),
        (lambda: ag.vmap(ag.sin)(ag.zeros((0, 2))), ag.ShapeError, "no examples"),
        (lambda: ag.vmap(ag.add)(X, 2.0), ag.DTypeError, "None"),
        (lambda: ag.vmap(ag.sin, [{"a": 0}])(X), ag.ArgumentError, "for a Tensor"),
        (lambda: ag.vmap(ag.sin, out_axes=None)(X), ag.ArgumentError, "another in each example"),
        (lambda: ag.vmap(lambda x: 2.0)(X), ag.DTypeError, "must return tensors"),
        (lambda: ag.vmap(lambda x: ag.sum(x, axis=-2))(X), ag.ArgumentError, r"shape \(4,\)"),
        (lambda: ag.vmap(lambda x: ag.reshape(x, (3, 2)))(X), ag.ShapeError, r"shape \(4,\)"),
        (lambda: ag.vmap(lambda x: x[x > 0])(X), ag.ShapeError, "another shape in each example"),
        (lambda: ag.vmap(lambda x: W @ ag.sum(x))(X), ag.ShapeError, r"\(\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_shapes_of_one_example(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_map_of_upstream_gradients_may_be_mapped():
    x = ag.tensor(X[0], requires_grad=True)
    expected = ag.jacobian(lambda x: ag.tanh(W @ x))(x)
    with ag.no_grad():
        _, pull_back = ag.vjp(lambda x: ag.tanh(W @ x), x)
        close(ag.vmap(lambda g: pull_back(g)[0])(ag.eye(3, dtype=float)), expected)
    y, pull_back = ag.vjp(lambda x: ag.tanh(W @ x), x)
    found = ag.vmap(lambda g: pull_back(g)[0])(ag.eye(3, dtype=float))
    close(found, expected)
    close(ag.vmap(lambda g: ag.gradients(y, x, g, retain_graph=True)[0])(ag.eye(3, dtype=float)), expected)
    close(ag.gradients(ag.sum(found**2), x)[0], ag.gradients(ag.sum(expected**2), x)[0])
    _, pull_back = ag.vjp(ag.checkpoint(lambda x: ag.tanh(W @ x)), x)
    with pytest.raises(ag.GraphError, match="checkpoint"):
        ag.vmap(lambda g: pull_back(g)[0])(ag.eye(3, dtype=float))


def test_a_jacobian_goes_back_through_a_checkpoint_to_what_its_function_uses():
    close(ag.jacobian(lambda w: ag.checkpoint(lambda x: ag.sin(w) * x)(X[0]))(X[1]), ag.eye(4) * (ag.cos(X[1]) * X[0]))


def test_anomalies_are_found():
    with ag.detect_anomaly():
        close(ag.vmap(ag.grad(lambda x: ag.sum(x**2)))(X), 2.0 * X)
        with pytest.raises(ag.AnomalyError, match="log"):
            ag.vmap(lambda x: ag.log(ag.sum(x) * 0.0))(X)


def test_a_compiled_step_may_have_one():
    step = ag.compile(lambda w, x, t: ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(w, x, t))
    for _ in range(5):
        x = ag.tensor(rng.normal(size=(5, 4)))
        close(step(W, x, T), ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(W, x, T))
    close(ag.compile(ag.jacobian(lambda x: ag.tanh(W @ x)))(X[0]), ag.jacobian(lambda x: ag.tanh(W @ x))(X[0]))


def test_a_tensor_of_a_vmap_that_is_over_is_refused():
    kept = []
    ag.vmap(lambda x: kept.append(x) or x)(X)
    with pytest.raises(ag.GraphError, match="is over"):
        kept[0] + 1.0
    assert ag.vmap(ag.sin)(X).shape == (5, 4)  # and the next one is not concerned


def test_an_error_leaves_no_vmap_behind():
    with pytest.raises(ZeroDivisionError):
        ag.vmap(lambda x: 1 / 0)(X)
    y = ag.grad(lambda x: ag.sum(x * x))(X)
    assert type(y) is ag.Tensor


def test_labels_that_are_no_classes_are_refused(monkeypatch):
    scores = ag.tensor(rng.normal(size=(5, 2, 3)))
    both = ag.grad(lambda x, t: ag.softmax_cross_entropy(x, t))
    with pytest.raises(ag.ArgumentError, match="labels go from 0 to 2"):
        ag.vmap(both)(scores, ag.tensor([[0, 1]] * 4 + [[1, 3]]))


def test_jacobians_need_one_backward_pass_unless_a_rule_is_for_arrays_alone():
    @ag.array_op
    def doubled_by_numpy(x, /):
        return 2.0 * x

    @doubled_by_numpy.vjp("x")
    def _(g):
        return np.multiply(np.asarray(g), 2.0)

    expected = ag.eye(4) * 2.0
    close(ag.jacobian(doubled_by_numpy)(X[0]), expected)
    passes = []

    @ag.elementwise
    def square_for_jacobian(x):
        return x * x

    @square_for_jacobian.local_gradient("x")
    def _(x):
        passes.append(np.shape(x))
        return 2.0 * x

    close(ag.jacobian(square_for_jacobian)(X[0]), ag.eye(4) * (2.0 * X[0]))
    assert len(passes) == 1
    seen = []

    def told(x):
        y = ag.square(x)
        y.register_hook(lambda g: seen.append(g.numpy()))
        return y

    close(ag.jacobian(told)(X[0]), ag.eye(4) * (2.0 * X[0]))
    assert len(seen) == 4
    assert ag.jacobian(lambda x: ag.flatten(x * ag.ones(200, dtype=float)[:, None]))(X[0]).shape == (800, 4)


def test_an_op_of_ones_own_has_a_rule_of_its_own():
    calls = []

    @ag.array_op
    def halves(x, /, by=2.0):
        calls.append(x.shape)
        return x / by

    @halves.vjp("x")
    def _(g, by):
        return halves(g, by=by)

    @halves.batching_rule
    def _(call):
        return NotImplemented if call.attribute("by") == 3.0 else call.run(call.values)

    try:
        close(ag.vmap(ag.grad(lambda x: ag.sum(halves(x) ** 2)))(X), X / 2.0)
        assert calls == [(5, 4)] * 2
        close(ag.vmap(lambda x: halves(x, by=3.0))(X), X / 3.0)
        assert calls[2:] == [(4,)] * 5
    finally:
        del registry["halves"]
