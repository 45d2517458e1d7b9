"""Derivatives of functions as functions, alone and nested."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import tensor

A = np.array([[1.0, 2.0], [-3.0, 0.5]])


def f64(*data, requires_grad=False):
    return tensor(np.array(data, dtype=np.float64), requires_grad=requires_grad)


def test_grad_of_one_argument_and_of_several():
    def f(x, y):
        return (x * x * y).sum()

    x, y = f64(1.0, 2.0), f64(3.0, 4.0)
    assert ag.grad(f)(x, y).tolist() == [6.0, 16.0]
    assert ag.grad(f, argnums=1)(x, y).tolist() == [1.0, 4.0]
    dx, dy = ag.grad(f, argnums=(0, 1))(x, y)
    assert (dx.tolist(), dy.tolist()) == ([6.0, 16.0], [1.0, 4.0])


def test_numbers_arrays_and_nested_structures_are_arguments():
    tree = {"w": [np.array([1.0, 2.0]), f64(3.0)], "b": (2.0,)}

    def f(p):
        return (p["w"][0] * p["w"][1]).sum() * p["b"][0]

    value, gradient = ag.value_and_grad(f)(tree)
    assert value.item() == 18.0
    assert gradient["w"][0].tolist() == [6.0, 6.0]
    assert gradient["w"][1].tolist() == [6.0]
    assert gradient["b"][0].item() == 9.0


def test_aux_is_passed_through():
    (value, aux), gradient = ag.value_and_grad(lambda x: ((x * x).sum(), "note"), has_aux=True)(f64(3.0))
    assert (value.item(), aux, gradient.tolist()) == (9.0, "note", [6.0])
    assert ag.grad(lambda x: ((x * x).sum(), "note"), has_aux=True)(f64(3.0))[1] == "note"


def test_what_grad_returns_is_not_recorded_unless_it_depends_on_what_is():
    w = f64(2.0, requires_grad=True)
    assert not ag.grad(lambda x: (x * x).sum())(f64(3.0)).requires_grad
    penalty = (ag.grad(lambda x: (w * x * x).sum())(f64(3.0)) ** 2).sum()  # (2wx)²
    penalty.backward()
    assert w.grad.tolist() == [2 * 4 * 9 * 2.0]


def test_grad_nests_to_any_order():
    f = ag.sin
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin):
        f = ag.grad(f)
        np.testing.assert_allclose(f(tensor(np.array(0.7))).item(), expected(0.7), rtol=1e-14)


def test_inner_and_outer_variables_are_kept_apart():
    # d/dx [x · d/dy (x·y)] at y = x: the inner derivative is x, so this is d/dx x² = 2x
    def outer(x):
        return x * ag.grad(lambda y: x * y)(x)

    assert ag.grad(outer)(tensor(np.array(3.0))).item() == 6.0


def test_vjp_and_jvp_are_the_two_sides_of_the_jacobian():
    def f(x):
        return ag.tanh(ag.matmul(tensor(A), x))

    x, u, v = f64(0.3, -0.2), np.array([1.0, -2.0]), np.array([0.5, 3.0])
    j = ag.jacobian(f)(x).numpy()
    expected = (1 - np.tanh(A @ x.numpy()) ** 2)[:, None] * A
    np.testing.assert_allclose(j, expected, rtol=1e-14)
    y, pull_back = ag.vjp(f, x)
    np.testing.assert_allclose(y.numpy(), np.tanh(A @ x.numpy()))
    np.testing.assert_allclose(pull_back(u)[0].numpy(), u @ j, rtol=1e-14)
    np.testing.assert_allclose(pull_back(2 * u)[0].numpy(), 2 * u @ j, rtol=1e-14)
    y, along = ag.jvp(f, (x,), (v,))
    np.testing.assert_allclose(along.numpy(), j @ v, rtol=1e-14)


def test_vjp_and_jvp_of_several_arguments_and_results():
    def f(a, b):
        return {"sum": a + b, "product": a * b}

    a, b = f64(2.0), f64(5.0)
    y, pull_back = ag.vjp(f, a, b)
    da, db = pull_back({"sum": np.array([1.0]), "product": np.array([10.0])})
    assert (y["product"].tolist(), da.tolist(), db.tolist()) == ([10.0], [51.0], [21.0])
    _, along = ag.jvp(f, (a, b), (np.array([1.0]), np.array([0.0])))
    assert (along["sum"].tolist(), along["product"].tolist()) == ([1.0], [5.0])


def test_jvp_where_the_result_does_not_depend_on_the_argument():
    _, along = ag.jvp(lambda x: tensor(np.ones(3)), (f64(1.0),), (np.ones(1),))
    assert along.tolist() == [0.0, 0.0, 0.0]


def test_hessian_and_its_product_with_a_vector():
    def f(x):
        return ag.sum(x**3) + x[0] * x[1]

    x, v = f64(1.0, 2.0), np.array([1.0, -1.0])
    h = ag.hessian(f)(x).numpy()
    np.testing.assert_allclose(h, [[6.0, 1.0], [1.0, 12.0]])
    (product,) = ag.hvp(f, (x,), (v,))
    np.testing.assert_allclose(product.numpy(), h @ v)


def test_jacobian_has_the_shapes_of_result_and_argument():
    j = ag.jacobian(lambda x: ag.reshape(x, (3, 2)))(tensor(np.zeros((2, 3))))
    assert j.shape == (3, 2, 2, 3)
    assert ag.jacobian(lambda x: x[:0])(f64(1.0, 2.0)).shape == (0, 2)


def test_gradients_of_inner_tensors_leave_grad_alone():
    x = f64(3.0, requires_grad=True)
    q = x * 2
    other = f64(1.0, requires_grad=True)
    dq, dx, none = ag.gradients((q * q).sum(), [q, x, other])
    assert (dq.tolist(), dx.tolist(), none, x.grad) == ([12.0], [24.0], None, None)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ag.grad(lambda v: v * 2)(x), r"single number, got a tensor of shape \(2,\); use jacobian"),
        (lambda x: ag.grad(lambda v: 3.0)(x), "single number, got a float"),
        (lambda x: ag.grad(ag.sum, argnums=1)(x), "argnums 1 of a call with 1"),
        (lambda x: ag.grad(ag.sum)(np.arange(3)), "only floating-point arguments"),
        (lambda x: ag.jvp(ag.sum, (x,), ()), "a tangent for each"),
        (lambda x: ag.jvp(ag.sum, (x,), (np.ones(3),)), "jvp: a tangent of shape"),
        (lambda x: ag.vjp(ag.exp, x)[1]([1.0, 2.0]), "1 upstream gradients for as many results, got 2"),
        (lambda x: ag.gradients(x.sum(), [x]), "gradients: every input"),
        (lambda x: ag.jacobian(lambda v: 1.0)(x), "jacobian: the function must return a tensor"),
        (
            lambda x: ag.grad(x.sum(), x),
            r"grad: takes a function of tensors, got a Tensor; .*gradients\(y, \[x\]\)",
        ),
        (lambda x: ag.grad(ag.Value(1.0), x), r"grad: takes a function.*got a Value; of a Value call y.backward\(\)"),
        (lambda x: ag.grad([ag.exp]), r"grad: takes a function of tensors, got a list; grad\(f\)\(x\) is"),
        (lambda x: ag.value_and_grad(x), "value_and_grad: takes a function"),
        (lambda x: ag.vjp(x, x), "vjp: takes a function"),
        (lambda x: ag.jvp(x, (x,), (x,)), "jvp: takes a function"),
        (lambda x: ag.jacobian(x), "jacobian: takes a function"),
        (lambda x: ag.hessian(x), "hessian: takes a function"),
        (lambda x: ag.hvp(x, (x,), (x,)), "hvp: takes a function"),
        (lambda x: ag.checkpoint(x), "checkpoint: takes a function"),
        (
            lambda x: ag.gradients(ag.Value(2.0), [x]),
            r"gradients: of a tensor.*got a Value.*backward",
        ),
        (lambda x: ag.gradients(ag.exp, [x]), r"gradients: of a tensor.*got a Elementwise; grad\(f\)\(x\) is the"),
    ],
)
def test_refused_calls(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call(f64(1.0, 2.0))


def test_gradients_of_one_input_or_of_several():
    x, y = f64(1.0, 2.0, requires_grad=True), f64(3.0, 4.0, requires_grad=True)
    of_one = ag.gradients((x * y).sum(), x)
    assert [g.tolist() for g in of_one] == [[3.0, 4.0]]
    assert [g.tolist() for g in ag.gradients((x * y).sum(), [x, y])] == [[3.0, 4.0], [1.0, 2.0]]
    assert x.grad is None


def test_checkpoint_has_the_same_gradients_and_keeps_nothing():
    w = f64(0.5, -1.0, requires_grad=True)
    x = f64(2.0, 3.0, requires_grad=True)

    def block(v):
        return ag.tanh(ag.exp(v * w) * v)

    block(x).sum().backward()
    expected = (w.grad.tolist(), x.grad.tolist())
    w.grad = x.grad = None
    y = ag.checkpoint(block)(x)
    assert _ops_of(y) == ["checkpoint"]
    y.sum().backward()
    assert (w.grad.tolist(), x.grad.tolist()) == expected


def test_gradients_of_a_checkpoint_can_be_differentiated_again():
    w = f64(0.5, -1.0, requires_grad=True)

    def block(v, unused=None):
        return ag.tanh(ag.exp(v * w) * v)

    for function in (block, lambda v: ag.checkpoint(block)(v, v.detach())):
        ag.gradcheck(function, f64(0.3, 0.7), order=2)
    x = f64(0.3, 0.7, requires_grad=True)
    found = []
    for function in (block, ag.checkpoint(block), ag.checkpoint(ag.checkpoint(block))):
        (g,) = ag.gradients(ag.sum(function(x)), [x], create_graph=True)
        found.append([a.tolist() for a in ag.gradients(ag.sum(g * g), [x, w])])
    assert found[0] == found[1] == found[2]


def test_checkpoint_gives_an_argument_that_is_not_used_a_gradient_of_0():
    x, y = f64(1.0, requires_grad=True), f64(2.0, requires_grad=True)
    ag.checkpoint(lambda a, b: a * 3.0)(x, y).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [0.0])


def test_checkpoint_refuses_to_compute_with_other_numbers_than_before():
    w, x = f64(2.0, requires_grad=True), f64(3.0, requires_grad=True)
    y = ag.checkpoint(lambda v: ag.exp(v * w))(x)
    w.assign([1.0])
    with pytest.raises(ag.GraphError, match="checkpoint: a tensor that the function uses was given a new value"):
        y.backward()


def test_the_op_of_a_checkpoint_computes_the_same_call_again():
    def noisy(v):
        return v + ag.rand(2, dtype=np.float64)

    x = f64(0.3, 0.7, requires_grad=True)
    y = ag.checkpoint(noisy)(x)
    after, node = ag.get_random_state(), y.node
    np.testing.assert_array_equal(node.op(node.saved[0], x.numpy(), **node.attributes), y.numpy())
    assert ag.get_random_state() == after


def test_checkpoint_draws_the_same_random_numbers_again():
    ag.manual_seed(0)

    def dropout(v):
        return v * tensor((ag.default_generator().random(1000) < 0.5).astype(np.float64))

    x = ag.ones(1000, dtype=np.float64, requires_grad=True)
    y = ag.checkpoint(dropout)(x)
    after = ag.get_random_state()
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()
    assert ag.get_random_state() == after


def _ops_of(y):
    nodes, found = [y.node], []
    while nodes:
        node = nodes.pop()
        found.append(node.op.name)
        nodes += [p for p in node.parents if p is not None and not isinstance(p, ag.Tensor)]
    return found


# --- hooks and anomalies -----------------------------------------------------------------------------


def test_hooks_of_leaves_are_called_as_soon_as_the_gradient_is_complete():
    """From the end of the graph to its start; sums stay what they were."""
    called = []

    @ag.array_op
    def marked(x, /):
        return x.copy()

    @marked.vjp("x")
    def _(g):
        called.append("between")
        return g

    leaves = {name: ag.tensor([2.0, 3.0], requires_grad=True) for name in ("first", "twice", "last")}
    first, twice, last = leaves.values()

    def loss():
        return (last * marked(twice * (first + twice))).sum()

    expected = ag.gradients(loss(), [first, twice, last])
    called.clear()
    for name, leaf in leaves.items():
        leaf.register_hook(lambda gradient, name=name: called.append(name))
    loss().backward()
    assert called[:2] == ["last", "between"]
    assert set(called[2:]) == {"first", "twice"}
    for leaf, gradient in zip(leaves.values(), expected, strict=True):
        np.testing.assert_array_equal(leaf.grad.numpy(), gradient.numpy())
    alone = ag.tensor(2.0, requires_grad=True)
    alone.register_hook(lambda gradient: called.append("alone"))
    alone.backward()
    assert called[-1] == "alone"


def test_hooks_see_and_may_replace_a_complete_gradient():
    x = f64(3.0, requires_grad=True)
    seen = []
    q = x * 2
    remove = q.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g * 10)
    (q * q + q).sum().backward(retain_graph=True)
    assert (seen, x.grad.tolist()) == ([[13.0]], [260.0])
    remove()
    (q + q).sum().backward()
    assert seen == [[13.0]]
    with pytest.raises(ag.GraphError, match="requires no gradient"):
        f64(1.0).register_hook(print)


def test_detect_anomaly_names_the_op_and_the_line():
    x = f64(0.0, requires_grad=True)
    with (
        ag.detect_anomaly(),
        pytest.raises(ag.AnomalyError, match=r"result of log has an infinity.*transforms.py"),
    ):
        ag.log(x)
    with ag.detect_anomaly():
        y = ag.sqrt(x).sum()
        with pytest.raises(ag.AnomalyError, match=r"sqrt passes back has an inf.*recorded at .*transforms.py"):
            y.backward()
    y = ag.sqrt(x).sum()
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match="forward pass"):
        y.backward()
    assert np.isinf(ag.log(x).item())
