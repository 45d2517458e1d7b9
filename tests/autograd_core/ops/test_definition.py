"""Ops of one's own: what is forgotten in them is said, not dropped."""

import inspect
import math
import pydoc

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ops.op import registry


@pytest.fixture(autouse=True)
def registry_as_before():
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def test_op_without_any_rule_refuses_an_input_that_requires_a_gradient():
    @ag.array_op
    def cube(x, /):
        return x**3

    x = ag.tensor(2.0, requires_grad=True)
    with pytest.raises(ag.GraphError, match=r"cube: its input 'x' requires a gradient.*@cube\.vjp\('x'\)"):
        x + cube(x)
    assert (x + cube(x.detach())).item() == 10
    with ag.no_grad():
        assert cube(x).item() == 8


def test_op_with_a_rule_for_one_input_refuses_a_gradient_for_the_other():
    @ag.elementwise
    def scaled(x, by):
        return x * by

    @scaled.local_gradient("x")
    def _(by):
        return by

    x = ag.tensor([1.0, 2.0], requires_grad=True)
    scaled(x, 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3])
    by = ag.tensor(3.0, requires_grad=True)
    with pytest.raises(ag.GraphError, match=r"@scaled\.local_gradient\('by'\)"):
        scaled(x, by)
    v = ag.Value(2.0)
    y = scaled(v, 3.0)
    y.backward()
    assert v.grad == 3
    with pytest.raises(ag.GraphError, match="scaled: its input 'by'"):
        scaled(v, ag.Value(3.0))


def test_what_is_declared_not_differentiable_is_a_constant():
    @ag.elementwise
    def nearest(x):
        return ag.round(x)

    nearest.not_differentiable()
    x = ag.tensor([1.4], requires_grad=True)
    assert not nearest(x).requires_grad
    (x * nearest(x)).sum().backward()
    assert x.grad.item() == 1
    v = ag.Value(1.4)
    assert (v * nearest(v)).data == 1.4


def test_input_declared_not_differentiable_gets_nothing_and_the_others_do():
    @ag.elementwise
    def chosen(condition, x):
        return ag.where(condition, x, 0.0)

    @chosen.local_gradient("x")
    def _(condition):
        return condition != 0

    chosen.not_differentiable("condition")
    x = ag.tensor([1.0, -1.0], requires_grad=True)
    chosen(x, x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1])


def test_declarations_that_contradict_the_rules_are_refused():
    with pytest.raises(ag.ArgumentError, match="'a' has a rule"):
        ag.add.not_differentiable("a")
    with pytest.raises(ag.ArgumentError, match="has no input 'z'"):
        ag.add.not_differentiable("z")
    with pytest.raises(ag.ArgumentError, match="less: 'a' was declared to have no gradient"):
        ag.less.local_gradient("a")(lambda: 1.0)


@pytest.mark.parametrize("names", [("x",), ("x", "w")])
def test_rule_that_returns_nothing_for_an_input_that_wants_a_gradient_is_an_error(names):
    @ag.array_op
    def product(x, w, /):
        return x * w

    @product.vjp(*names)
    def _(g, x):
        return None if len(names) == 1 else (None, g * x)

    x = ag.tensor([1.0], requires_grad=True)
    with pytest.raises(ag.GraphError, match="product: the rule for x returned None"):
        product(x, ag.tensor([2.0])).sum().backward()


def test_every_op_of_the_package_says_of_every_input_how_its_gradient_is_found():
    own = [op for op in registry.values() if op.__module__.startswith(("autograd_core.", "nn."))]
    assert {op.name: op.lacking for op in own if op.lacking} == {}


@pytest.mark.parametrize(
    ("returned", "what"), [((1.0, 2.0), "tuple"), (None, "NoneType"), ([1.0], "list"), ("1.0", "str")]
)
def test_op_that_returns_no_array_is_refused(returned, what):
    @ag.array_op
    def both(x, /):
        return returned

    both.not_differentiable()
    with pytest.raises(ag.DTypeError, match=f"both: an op returns one array of numbers, this one a {what}"):
        both(ag.tensor([1.0]))


def test_op_that_returns_what_is_no_number_is_refused():
    @ag.array_op
    def rotated(x, /):
        return x * 1j

    rotated.not_differentiable()
    with pytest.raises(ag.DTypeError, match="rotated: an op returns one array of numbers, this one complex"):
        rotated(ag.tensor([1.0]))


@pytest.mark.parametrize("n", [3, 5000])
def test_elementwise_op_has_the_dtype_of_its_inputs_whatever_is_in_its_formula(n):
    @ag.elementwise
    def binarize(x):
        return (x > 0) * 2 - 1

    @binarize.local_gradient("x")
    def _(x):
        return 1.0 + 0.0 * x

    @ag.elementwise
    def scaled(x):
        return np.sqrt(2 / np.pi) * x

    @scaled.local_gradient("x")
    def _():
        return 1.0

    w = ag.ones((n,), requires_grad=True)
    y = binarize(w)
    assert y.dtype == scaled(w).dtype == np.float32
    y.sum().backward()
    assert w.grad.tolist() == [1.0] * n


def test_array_op_with_a_rule_that_returns_whole_numbers_is_refused():
    @ag.array_op
    def rounded(x, /):
        return np.round(x).astype(int)

    @rounded.vjp("x")
    def _(g):
        return g

    with pytest.raises(ag.DTypeError, match="rounded: there is a rule for its gradient, and it returned int64"):
        rounded(ag.ones((2,), requires_grad=True))
    assert rounded(ag.ones((2,))).dtype == np.int64


def test_op_that_writes_into_its_input_is_refused():
    @ag.array_op
    def half(x, /):
        x *= 0.5
        return x

    @half.vjp("x")
    def _(g):
        return g * 0.5

    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ag.ArgumentError, match=r"half: it writes into an array that it was given.*x\.copy\(\)"):
        half(ag.exp(w))
    with pytest.raises(ag.ArgumentError, match="half: it writes into"):
        half(w)
    assert w.tolist() == [1.0, 2.0]


def test_rule_that_writes_into_what_was_saved_changes_nothing():
    @ag.elementwise
    def squared(x):
        return x * x

    @squared.local_gradient("x")
    def _(x):
        x *= 2
        return x

    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="read-only"):
        squared(w).sum().backward()
    assert w.tolist() == [1.0, 2.0]


def test_elementwise_op_takes_lists_as_arrays_and_lists_of_values():
    @ag.elementwise
    def doubled(x):
        return 2 * x

    @doubled.local_gradient("x")
    def _():
        return 2.0

    assert doubled([1.0, 2.0]).tolist() == [2.0, 4.0]
    v = ag.Value(1.5)
    ((y,),) = doubled([[v]])
    y.backward()
    assert (y.data, v.grad) == (3.0, 2.0)
    with pytest.raises(ag.DTypeError, match="doubled: takes numbers, arrays and lists of numbers, got 'ab'"):
        doubled("ab")
    with pytest.raises(ag.DTypeError, match="join them with concat"):
        doubled([ag.ones(2, requires_grad=True)])


@pytest.mark.parametrize(
    ("returned", "came"), [(None, "None"), ((1.0,), "a tuple of 1"), ("1", "a str"), ([1.0, 1.0], "a list of 2")]
)
@pytest.mark.parametrize("asks", [True, False])
def test_local_gradient_that_is_no_number_names_op_and_input(returned, came, asks):
    @ag.elementwise
    def halved(x):
        return x / 2

    halved.local_gradient("x")((lambda x: returned) if asks else (lambda: returned))
    message = f"halved: the rule for x returned {came}; it must return the local gradient"
    for create_graph in (False, True):
        for x in (ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor(1.0, requires_grad=True)):
            with pytest.raises(ag.GraphError, match=message):
                halved(x).sum().backward(create_graph=create_graph)
        with pytest.raises(ag.GraphError, match=message):
            halved(ag.Value(1.0)).backward(create_graph=create_graph)


@pytest.mark.parametrize(("returned", "came"), [(2.0, "a float"), ((2.0, 2.0), "a tuple of 2"), ("1", "a str")])
def test_vjp_that_is_no_array_names_op_and_input(returned, came):
    @ag.array_op
    def halved(x, /):
        return x / 2

    halved.vjp("x")(lambda g: returned)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    for create_graph in (False, True):
        with pytest.raises(
            ag.GraphError, match=rf"halved: the rule for x returned {came}; it must return an array of shape \(2,\)"
        ):
            halved(x).sum().backward(create_graph=create_graph)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda g: None, "returned None; it must return 2 gradients"),
        (lambda g: g, "returned a ndarray; it must return 2 gradients"),
        (lambda g: (g,), "returned a tuple of 1; it must return 2 gradients"),
        (lambda g: (g, g, g), "returned a tuple of 3; it must return 2 gradients"),
        (lambda g: (1.0, g), r"returned a float; it must return an array of shape \(2,\)"),
    ],
)
def test_rule_for_two_inputs_that_returns_other_than_two_gradients_is_an_error(returned, message):
    @ag.array_op
    def product(x, w, /):
        return x * w

    product.vjp("x", "w")(returned)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ag.GraphError, match=f"product: the rule for x and w {message}"):
        product(x, x).sum().backward()


def test_error_within_a_rule_says_of_which_op():
    @ag.array_op
    def halved(x, /):
        return x / 2

    @halved.vjp("x")
    def _(g):
        return g @ np.ones((3, 3))

    with pytest.raises(ValueError, match="matmul") as caught:
        halved(ag.tensor([1.0, 2.0], requires_grad=True)).sum().backward()
    assert caught.value.__notes__ == ["in halved: the rule for x"]


def test_inputs_of_an_array_op_stand_before_a_slash():
    with pytest.raises(ag.ArgumentError, match=r"halved: .*before a slash.*def halved\(x, /\)"):

        @ag.array_op
        def halved(x):
            return x / 2

    @ag.array_op
    def product(x, /, w):
        return x * w

    with pytest.raises(ag.ArgumentError, match=r"product: a rule for 'w'.*before a slash: def product\(w, /"):
        product.vjp("w")(lambda g, x: g * x)


def test_input_that_is_named_as_the_upstream_gradient_is_refused_a_rule():
    @ag.array_op
    def product(g, x, /):
        return g * x

    with pytest.raises(ag.ArgumentError, match=r"product: an input is named 'g'.*rename the input"):
        product.vjp("x")(lambda g: g)


def test_second_rule_for_an_input_says_how_to_replace_the_first():
    with pytest.raises(ag.ArgumentError, match=r"exp: a second rule for 'x'.*define the op again.*run its cell"):
        ag.exp.local_gradient("x")(lambda y: y)


def test_name_that_is_taken_by_code_without_a_module_says_so():
    exec("import autograd_core as ag\n@ag.elementwise\ndef unplaced(x): return x", {"__name__": None})

    with pytest.raises(ag.ArgumentError, match="an op named 'unplaced' exists in code that was run without a __name__"):

        @ag.elementwise
        def unplaced(x):
            return x


@pytest.mark.parametrize("x", [np.ones(3), ag.ones(3), ag.tensor([1, 2])])
def test_choosing_or_computing_as_if_an_array_were_a_number_names_the_op_and_the_way(x):
    def positive(x):
        return x if x > 0 else -x

    def sine(x):
        return math.sin(x)

    for op in (ag.elementwise(positive), ag.elementwise(sine)):
        assert op(1.0) in (1.0, math.sin(1.0))
    with pytest.raises(ag.ArgumentError, match=r"positive: `if`.*ag\.where\(condition, a, b\)"):
        registry["positive"](x)
    with pytest.raises(ag.DTypeError, match=r"sine: .*write ag\.sin for math\.sin"):
        registry["sine"](x)


def test_array_op_that_computes_as_if_an_array_were_a_number_names_the_way():
    @ag.array_op
    def positive(x, /):
        return x if x > 0 else -x

    @ag.array_op
    def sine(x, /):
        return math.sin(x)

    for x in (ag.ones(3), np.ones(3), [1.0, 1.0]):
        with pytest.raises(ag.ArgumentError, match=r"positive: `if`.*ag\.where"):
            positive(x)
        with pytest.raises(ag.DTypeError, match=r"sine: .*ag\.sin"):
            sine(x)


def test_rule_that_chooses_as_if_an_array_were_a_number_names_the_way():
    @ag.elementwise
    def size(x):
        return ag.abs(x)

    @size.local_gradient("x")
    def _(x):
        return 1.0 if x > 0 else -1.0

    with pytest.raises(ag.ArgumentError, match=r"size: the rule for x: `if`.*ag\.where"):
        size(ag.tensor([1.0, 2.0], requires_grad=True)).sum().backward()


def test_complex_numbers_are_refused_whatever_went_in():
    @ag.elementwise
    def turned(x):
        return x * 1j

    @turned.local_gradient("x")
    def _():
        return 1.0

    for x in (ag.ones(2), ag.tensor([1, 2])):
        with pytest.raises(ag.DTypeError, match="turned: an op returns one array of numbers, this one complex"):
            turned(x)


def test_rule_that_names_nothing_and_reads_a_variable_reads_it_anew_for_values():
    slope = 0.1

    @ag.elementwise
    def sloped(x):
        return slope * x

    @sloped.local_gradient("x")
    def _():
        return slope

    for slope in (0.1, 0.5):
        assert sloped(ag.Value(2.0)).local_gradients == (slope,)


def test_several_outputs_are_tensors_whose_gradients_meet_in_one_rule():
    came = []

    @ag.array_op(outputs=("double", "square"))
    def double_and_square(x, /):
        return 2 * x, x * x

    @double_and_square.vjp("x")
    def _(g, x):
        came.append(g)
        return 2 * g[0] + 2 * x * g[1]

    x = ag.tensor([1.0, 3.0], dtype=float, requires_grad=True)
    double, square = double_and_square(x)
    (double * square).sum().backward()  # 2x³
    assert x.grad.tolist() == [6.0, 54.0]
    assert len(came) == 1

    x.grad = None
    double_and_square(x)[1].sum().backward()
    assert x.grad.tolist() == [2.0, 6.0]
    assert came[-1][0].tolist() == [0.0, 0.0]

    ag.gradcheck(lambda x: double_and_square(x)[0] * double_and_square(x)[1] ** 2, x.numpy(), order=2)


def test_outputs_that_are_constants_have_no_gradient_and_leave_that_of_the_other_alone():
    @ag.array_op(outputs=("y", "largest"))
    def scaled_by_largest(x, /):
        return x / x.max(), x.max()

    @scaled_by_largest.vjp("x")
    def _(g, largest):
        return g / largest

    scaled_by_largest.not_differentiable("largest")
    x = ag.tensor([1.0, 4.0], requires_grad=True)
    y, largest = scaled_by_largest(x)
    assert y.requires_grad
    assert not largest.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [0.25, 0.25]


@pytest.mark.parametrize("returned", [(1.0,), np.ones(2), (1.0, 2.0, 3.0)])
def test_an_op_that_returns_other_outputs_than_it_says_is_refused(returned):
    @ag.array_op(outputs=("a", "b"))
    def pair(x, /):
        return returned

    pair.not_differentiable()
    with pytest.raises(ag.DTypeError, match=r"pair: an op returns its outputs, \('a', 'b'\), in a tuple, this one a"):
        pair(ag.tensor([1.0]))


def test_any_number_of_inputs_may_come_after_named_ones_with_a_rule_for_all_at_once():
    @ag.array_op
    def weighted(w, /, *arrays):
        return sum(w * x for x in arrays)

    @weighted.vjp("w")
    def _(g, arrays):
        return sum(g * x for x in arrays)

    @weighted.vjp("arrays")
    def _(g, w, arrays):
        return [g * w for _ in arrays]

    w, a, b = (ag.tensor([x], requires_grad=True) for x in (2.0, 3.0, 5.0))
    weighted(w, a, b).sum().backward()
    assert (w.grad.item(), a.grad.item(), b.grad.item()) == (8.0, 2.0, 2.0)


def test_help_and_signature_show_an_ops_arguments():
    text = pydoc.render_doc(ag.softmax, renderer=pydoc.plaintext)
    assert "softmax(x, /, axis=-1)" in text and "positive numbers that add to 1" in text
    assert inspect.signature(ag.softmax).parameters["axis"].default == -1
    assert str(inspect.signature(ag.conv2d).parameters["groups"]) == "groups: int = 1"
    assert repr(ag.where) == "<op where(condition, a, b)>"
