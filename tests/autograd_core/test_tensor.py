"""Tensors: what they hold, how gradients flow back through them, and what they refuse."""

import copy
import gc
import operator
import pickle
import re
import threading
import warnings
import weakref

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import tensor


def leaf(*data, dtype=np.float64):
    return tensor(np.array(data, dtype=dtype), requires_grad=True)


# --- what it holds --------------------------------------------------------------------------------


def test_python_floats_become_float32_integers_int64_and_arrays_keep_their_dtype():
    assert tensor(1.0).dtype == tensor([1, 2.5]).dtype == tensor([]).dtype == np.float32
    assert tensor(1).dtype == tensor([[1, 2]]).dtype == np.int64
    assert tensor([1, 2], requires_grad=True).dtype == np.float32
    assert tensor(np.arange(3)).dtype == np.int64
    assert tensor([True, False]).dtype == bool
    assert tensor(1.0, dtype=np.float64).dtype == np.float64


def test_the_default_dtype_can_be_set():
    ag.set_default_dtype(np.float64)
    try:
        assert tensor(1.0).dtype == ag.zeros(2).dtype == np.float64
    finally:
        ag.set_default_dtype(np.float32)
    for dtype in (int, "float16", np.longdouble):
        with pytest.raises(ag.DTypeError, match="set_default_dtype: takes float32 or float64, not "):
            ag.set_default_dtype(dtype)
    assert ag.get_default_dtype() == np.float32


@pytest.mark.parametrize("data", [[[1, 2], [3]], ["a"], [1 + 2j], object(), None])
def test_what_is_not_numeric_is_refused(data):
    with pytest.raises(ag.DTypeError, match="tensor: takes"):
        tensor(data)


def test_integers_cannot_require_a_gradient():
    with pytest.raises(ag.DTypeError, match="only floating-point tensors can require a gradient, not int64"):
        tensor(np.arange(3), requires_grad=True)


def test_creation_functions_follow_numpy():
    np.testing.assert_array_equal(ag.arange(1, 7, 2).numpy(), [1, 3, 5])
    np.testing.assert_array_equal(ag.linspace(0, 1, 3).numpy(), [0, 0.5, 1])
    np.testing.assert_array_equal(ag.eye(2, 3).numpy(), np.eye(2, 3))
    np.testing.assert_array_equal(ag.full((2,), 7.0).numpy(), [7, 7])
    assert ag.ones_like(tensor(np.zeros((2, 3)))).shape == (2, 3)
    assert ag.zeros_like(tensor(np.zeros(2))).dtype == np.float64


def test_its_array_is_read_only_and_later_values_do_not_show_through():
    w = leaf(1.0, 2.0)
    before = w.numpy()
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 9.0
    w.assign([3.0, 4.0])
    np.testing.assert_array_equal(before, [1, 2])
    assert w.tolist() == [3, 4]


def test_repr_shows_dtype_and_origin():
    assert repr(tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(leaf(1.0)) == "Tensor([1.], dtype=float64, requires_grad=True)"
    assert repr(leaf(1.0) + 1) == "Tensor([2.], dtype=float64, from add)"


def test_numbers_lengths_and_iteration():
    assert float(tensor([[2.5]])) == 2.5
    assert int(tensor(3.0)) == 3
    assert [float(x) for x in tensor([1.0, 2.0])] == [1.0, 2.0]
    assert [10, 20, 30][tensor(np.array(1))] == 20
    with pytest.raises(ag.ShapeError, match="one element"):
        tensor([1.0, 2.0]).item()
    with pytest.raises(ag.ShapeError, match="ambiguous"):
        bool(tensor([1.0, 2.0]))
    with pytest.raises(ag.ShapeError, match="0-d"):
        len(tensor(1.0))
    with pytest.raises(ag.DTypeError, match="index"):
        [1, 2][tensor(1.0)]


def test_leaves_can_be_deep_copied():
    w = leaf(1.0)
    assert copy.deepcopy(w).requires_grad


# --- gradients ------------------------------------------------------------------------------------


def test_gradients_add_up_in_leaves_until_they_are_reset():
    w = leaf(3.0)
    for expected in (6.0, 12.0):
        (w * w).sum().backward()
        assert w.grad.tolist() == [expected]
    w.grad = None
    (w * w).sum().backward()
    assert w.grad.tolist() == [6.0]


def test_a_gradient_is_summed_back_over_broadcast_axes():
    a, b, c = leaf([1.0, 2.0], [3.0, 4.0]), leaf(10.0, 20.0), leaf([1.0], [2.0])
    (a * b * c).sum().backward()
    np.testing.assert_array_equal(a.grad, b.data * c.data)
    np.testing.assert_array_equal(b.grad, (a.data * c.data).sum(0))
    np.testing.assert_array_equal(c.grad, (a.data * b.data).sum(1, keepdims=True))


def test_a_gradient_has_its_tensor_s_dtype():
    a, b = leaf(1.0, dtype=np.float32), leaf(2.0)
    (a * b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)


def test_gradients_that_share_an_array_stay_apart():
    a, b = leaf(1.0), leaf(2.0)
    (a + b).sum().backward()
    a.grad = a.grad * 5
    a.assign(a - a.grad)
    assert b.grad.tolist() == [1.0]


def test_an_upstream_gradient_can_be_given():
    w = leaf(1.0, 2.0)
    (w * w).backward([1.0, 10.0])
    assert w.grad.tolist() == [2.0, 40.0]
    with pytest.raises(ag.ShapeError, match="upstream gradient of shape"):
        (w * w).backward([1.0])


def test_backward_of_a_leaf_and_of_what_was_not_recorded():
    w = leaf(2.0)
    w.backward()
    assert w.grad.tolist() == [1.0]
    with pytest.raises(ag.GraphError, match="not recorded"):
        tensor([1.0]).backward()
    with pytest.raises(ag.GraphError, match=r"single number.*take \.sum\(\)"):
        (leaf(1.0, 2.0) * 2).backward()


def test_a_second_backward_says_that_the_graph_was_released():
    w = leaf(2.0)
    y = (w * w).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert w.grad.tolist() == [8.0]
    with pytest.raises(ag.GraphError, match=r"sum: this graph was differentiated before.*retain_graph=True"):
        y.backward()


def test_inner_gradients_are_kept_on_request():
    w = leaf(3.0)
    q = (w * 2).retain_grad()
    (q * q).sum().backward()
    assert q.grad.tolist() == [12.0]


def test_detach_and_no_grad_cut_the_graph():
    w = leaf(3.0)
    (w * w.detach()).sum().backward()
    assert w.grad.tolist() == [3.0]
    with ag.no_grad():
        assert not (w * w).requires_grad


def test_recording_is_switched_per_thread():
    seen = []
    with ag.no_grad():
        thread = threading.Thread(target=lambda: seen.append((leaf(1.0) * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_derivatives_of_any_order():
    x = leaf(0.7)
    y = ag.sin(x).sum()
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v)):
        y.backward(create_graph=True)
        y, x.grad = x.grad.sum(), None
        np.testing.assert_allclose(y.item(), expected(0.7), rtol=1e-15)


def test_create_graph_refuses_a_leaf_that_was_changed_since():
    x = leaf(0.7)
    y = (x * x).sum()
    x.assign([1.0])
    with pytest.raises(ag.GraphError, match="given a new value after it was used"):
        y.backward(create_graph=True)


def test_a_leaf_changed_between_forward_and_backward_does_not_change_the_gradient():
    w = leaf(3.0)
    y = (w * w).sum()
    w.assign([100.0])
    y.backward()
    assert w.grad.tolist() == [6.0]


def test_an_array_changed_by_its_owner_does_not_change_the_gradient():
    w, data = leaf(3.0), np.array([2.0])
    y = (w * data).sum()
    data[0] = 100.0
    y.backward()
    assert w.grad.tolist() == [2.0]


AUGMENTED = [
    ("+", operator.iadd, 5.0),
    ("-", operator.isub, 1.0),
    ("*", operator.imul, 6.0),
    ("/", operator.itruediv, 1.5),
    ("//", operator.ifloordiv, 1.0),
    ("%", operator.imod, 1.0),
    ("**", operator.ipow, 9.0),
]


@pytest.mark.parametrize(("sign", "update", "expected"), AUGMENTED)
def test_augmented_assignment_within_no_grad_updates_the_leaf(sign, update, expected):
    w = leaf(3.0)
    y = w * w
    alias = w
    with ag.no_grad():
        w = update(w, 2.0)
    assert w is alias
    assert (w.tolist(), w.requires_grad, w.is_leaf) == ([expected], True, True)
    y.sum().backward()  # what was computed from the old values keeps them
    assert w.grad.tolist() == [6.0]


@pytest.mark.parametrize(("sign", "update", "expected"), AUGMENTED)
def test_augmented_assignment_while_recording_is_refused_on_a_leaf_that_requires_a_gradient(sign, update, expected):
    w = leaf(3.0)
    with pytest.raises(ag.GraphError, match=rf"p {re.escape(sign)}= u: this leaf requires.*`with no_grad\(\):`"):
        update(w, 2.0)
    assert w.tolist() == [3.0]


def test_augmented_assignment_whose_result_is_recorded_makes_a_new_tensor():
    total = zero = ag.zeros(1)
    total += leaf(3.0)
    total *= 2
    assert (zero.tolist(), total.tolist(), total.requires_grad) == ([0.0], [6.0], True)


def test_augmented_assignment_updates_gradients_by_any_name():
    w = leaf(3.0, 4.0)
    (w * w).sum().backward()
    gradient = w.grad
    gradient /= ag.norm(gradient)
    assert w.grad.tolist() == pytest.approx([0.6, 0.8])


def test_augmented_assignment_refuses_what_the_leaf_cannot_hold():
    n, w = tensor([1, 2]), leaf(1.0)
    with ag.no_grad():
        with pytest.raises(ag.DTypeError, match="the result is float32, which a tensor of int64 cannot hold"):
            n /= 2
        with pytest.raises(ag.ShapeError, match="to a tensor of shape"):
            w += ag.ones(3)
        with pytest.raises(ag.GraphError, match="cannot be changed in place"):
            w[0] = 1.0
    assert (n.tolist(), w.tolist()) == ([1, 2], [1.0])


def test_matrix_product_assignment():
    w = ag.eye(2, requires_grad=True)
    with ag.no_grad():
        w @= tensor([[1.0, 2.0], [3.0, 4.0]])
    assert w.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(ag.GraphError, match="p @= u"):
        w @= w


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w: w.grad.zero_(), r"zero_: tensors are values.*write p\.grad = None"),
        (lambda w: w.add_(1.0), r"add_: tensors are values.*`p \+= u` within no_grad\(\)"),
        (lambda w: w.clamp_(0.0), r"clamp_: tensors are values.*p\.assign"),
        (lambda w: w.nothing, "a Tensor t has no 'nothing'$"),
        (lambda w: w.copy_(w), r"copy_: tensors are values.*p\.assign\(values\)"),
        (lambda w: w.reshpe(-1), "a Tensor t has no 'reshpe'; did you mean 'reshape'?"),
        (lambda w: w.Sum(), "did you mean 'sum'?"),
        (lambda w: w.half(), r"a Tensor t has no 'half'; write x\.astype\(np\.float32\)"),
        (lambda w: w.permute_dims((0,)), r"no 'permute_dims'; write autograd_core\.permute_dims\(t, ...\)"),
        (lambda w: ag.sotfmax(w), "module 'autograd_core' has no attribute 'sotfmax'; did you mean 'softmax'?"),
        (lambda w: ag.no_such_thing_at_all, "module 'autograd_core' has no attribute 'no_such_thing_at_all'$"),
    ],
)
def test_methods_that_would_change_a_tensor_name_the_remedy(call, message):
    w = leaf(1.0)
    (w * w).sum().backward()
    with pytest.raises(AttributeError, match=message):
        call(w)
    assert not hasattr(w, "add_")


@pytest.mark.parametrize("size", [3, 1 << 17])
def test_there_is_no_minus_of_bools(size):
    mask = ag.ones(size, dtype=bool)
    for minus in (operator.neg, ag.negative, np.negative):
        with pytest.raises(ag.DTypeError, match=r"negative: there is no minus of bools; use ~x"):
            minus(mask)
    assert not (~mask).any()
    assert (-ag.ones(size)).sum().item() == -size


def test_the_default_dtype_is_one_that_was_named():
    for wrong in (None, "nonsense", 3):
        with pytest.raises(ag.DTypeError, match=f"set_default_dtype: takes float32 or float64, got {wrong!r}"):
            ag.set_default_dtype(wrong)
    assert ag.get_default_dtype() == np.float32


def test_only_leaves_are_assigned_to():
    w = leaf(3.0)
    with pytest.raises(ag.GraphError, match="only leaves"):
        (w * 2).assign([1.0])
    with pytest.raises(ag.ShapeError, match=r"value of shape \(2,\)"):
        w.assign([1.0, 2.0])
    with pytest.raises(ag.ShapeError, match="grad: of shape"):
        w.grad = np.ones(5)


def test_a_graph_is_freed_by_reference_counting_alone():
    w = leaf(3.0)
    gc.disable()
    try:
        y = (w * w).sum()
        node, hidden = weakref.ref(y.node), weakref.ref(y.node.parents[0])
        y.backward()
        del y
        assert node() is None
        assert hidden() is None
    finally:
        gc.enable()


def test_saved_arrays_are_only_those_that_a_gradient_needs():
    x, w = tensor(np.ones((2, 3))), tensor(np.ones((3, 4)), requires_grad=True)
    y = x @ w
    assert [saved is not None for saved in y.node.saved] == [True, False, False]
    assert (w + 1).node.saved == ()


def test_a_deep_graph_needs_no_recursion():
    x = y = leaf(1.0)
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.tolist() == [1.0]
    del y


# --- errors ---------------------------------------------------------------------------------------


def test_shapes_that_do_not_broadcast_are_named_with_the_op():
    with pytest.raises(ag.ShapeError, match=r"multiply: inputs of shapes \(2,\), \(3,\) do not go together"):
        tensor([1.0, 2.0]) * tensor([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x @ x, r"matmul: the last axis of a \(3\) must match the rows of b \(2\).*matrix_transpose"),
        (lambda x: ag.linear(x, x, x), "linear: takes x"),
        (lambda x: x @ 2.0, "matmul: takes arrays with at least one axis"),
        (lambda x: x.reshape(4, 2), r"reshape: 6 elements of shape \(2, 3\) do not fit shape \(4, 2\)"),
        (lambda x: ag.permute_dims(x, (0, 0)), "permute_dims: axes"),
        (lambda x: x.sum(axis=2), r"sum: axis 2 does not name distinct axes of shape \(2, 3\)"),
        (lambda x: x[5], r"indexing an array of shape \(2, 3\)"),
        (lambda x: x[:0].max(), "max: no largest element"),
        (lambda x: ag.broadcast_to(x, (3, 3)), "broadcast_to: shape"),
        (lambda x: ag.expand_dims(x, 4), "expand_dims: axis 4"),
        (lambda x: x[0].T, "T: takes a matrix"),
        (lambda x: ag.matrix_transpose(x[0]), "matrix_transpose: needs at least two axes"),
        (lambda x: x + "a", "add: takes tensors, arrays and numbers, not a str"),
        (lambda x: x + ag.Value(1.0), "add: takes tensors, arrays and numbers, not a Value"),
        (lambda x: ag.conv2d(x, x), r"conv2d: takes images of shape \(N, C, H, W\)"),
        (lambda x: ag.max_pool2d(x, 2), "max_pool2d: takes images"),
    ],
)
def test_refused_inputs_name_op_shapes_and_remedy(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call(tensor(np.ones((2, 3))))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ag.conv2d(x, ag.ones((3, 4, 2, 2))), "conv2d: filters of shape"),
        (lambda x: ag.conv2d(x, ag.ones((3, 2, 9, 2))), "do not fit images"),
        (lambda x: ag.conv2d(x, ag.ones((3, 2))), "conv2d: takes filters"),
        (lambda x: ag.conv2d(x, ag.ones((3, 2, 2, 2)), stride=0), "conv2d: stride must be a whole number"),
        (lambda x: ag.max_pool2d(x, 9), "max_pool2d: windows"),
        (lambda x: ag.max_pool2d(x, 2, padding=2), "more than half the kernel"),
        (lambda x: ag.max_pool2d(x.astype(int), 2), "max_pool2d: takes floating-point images"),
    ],
)
def test_refused_images_name_the_op(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call(ag.ones((1, 2, 5, 5)))


def test_inf_and_nan_pass_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = leaf(0.0, 1000.0, -1.0)
        for function in (ag.log, ag.exp, lambda x: 1 / x, lambda x: x**0.5, ag.sigmoid):
            function(x).sum().backward()
        assert np.isnan(x.grad.numpy()).tolist() == [True, False, True]  # inf - inf, inf, the root of -1


def test_an_op_of_one_s_own_may_compute_with_tensors():
    @ag.array_op
    def through_tensors(x, /):
        return ag.exp(ag.tensor(x)).numpy() * 1.0

    assert through_tensors(tensor([0.0])).tolist() == [1.0]


def test_a_rule_of_the_wrong_shape_is_named():
    @ag.array_op
    def reversed_rows(x, /):
        return x.T

    @reversed_rows.vjp("x")
    def _(g):
        return g

    with pytest.raises(ag.GraphError, match=r"reversed_rows: the rule for x returned a gradient of shape \(3, 2\)"):
        reversed_rows(ag.ones((2, 3), requires_grad=True)).sum().backward()


def test_a_rule_for_several_inputs_runs_once_and_is_told_which_are_wanted():
    seen = []

    @ag.array_op
    def scaled_sum(x, w, b, /):
        return np.sum(x * w + b)

    @scaled_sum.vjp("x", "w", "b")
    def _(g, x, w, wanted):
        seen.append(wanted)
        return g * w if wanted[0] else None, g * x, ag.broadcast_to(g, x.shape)

    x, w, b = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)
    ag.gradcheck(scaled_sum, x, w, b, order=2)
    seen.clear()
    scaled_sum(x.detach(), w, b).backward()
    assert seen == [(False, True, True)]
    assert (w.grad.tolist(), b.grad.tolist()) == ([1.0, 2.0], [1.0, 1.0])
    y = scaled_sum(x, w, b)
    y.backward(retain_graph=True)
    y.backward(ag.tensor(2.0, dtype=np.float64))  # nothing is kept from the first time
    assert x.grad.tolist() == [9.0, 12.0]


def test_data_is_detached_and_assigning_it_assigns():
    w = leaf(1.0, 2.0)
    y = (w * w).sum()
    assert isinstance(w.data, ag.Tensor)
    assert not w.data.requires_grad
    with pytest.raises(ag.GraphError, match="cannot be changed in place"):
        w.data[:] = 5.0
    w.data = [5.0, 6.0]
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]
    assert w.tolist() == [5.0, 6.0]


def test_data_takes_augmented_assignments_on_and_off_the_record():
    w = leaf(1.0, 2.0)
    (w * w).sum().backward()
    w.data += -0.5 * w.grad
    assert w.tolist() == [0.0, 0.0]
    with ag.no_grad():
        w.data -= w.grad
    assert w.tolist() == [-2.0, -4.0]
    assert w.requires_grad
    assert w.is_leaf
    d = w.data
    with ag.no_grad():
        d *= 3.0
    assert w.tolist() == [-2.0, -4.0]  # a value of its own


def test_requires_grad_is_checked_when_it_is_set_too():
    n = tensor(np.arange(3))
    with pytest.raises(ag.DTypeError, match="only floating-point tensors can require a gradient, not int64"):
        n.requires_grad = True
    with pytest.raises(ag.GraphError, match=r"take \.detach"):
        (leaf(1.0) * 2).requires_grad = False


def test_formatting_rounding_and_comparing_with_none():
    x = tensor(2.345)
    assert (f"{x:.1f}", round(x, 1), int(ag.Value(3.7)), f"{ag.Value(2.345):.1f}") == ("2.3", 2.3, 3, "2.3")
    assert (x == None) is False  # noqa: E711
    assert (ag.Value(1.0) == "a") is False
    assert ag.Value(1.0) != None  # noqa: E711


def test_assign_keeps_the_dtype_unless_told_otherwise():
    w = leaf(1.0, 2.0)
    w.assign(np.array([3, 4]))
    assert (w.tolist(), w.dtype) == ([3.0, 4.0], np.float64)
    w.assign(w, dtype=np.float32)
    assert (w.tolist(), w.dtype) == ([3.0, 4.0], np.float32)
    with pytest.raises(ag.DTypeError, match="assign: only floating-point tensors can require a gradient, not int64"):
        w.assign([1, 2], dtype=np.int64)
    assert w.tolist() == [3.0, 4.0]


def test_ops_are_pickled_by_their_names():
    assert pickle.loads(pickle.dumps(ag.relu)) is ag.relu
    assert copy.deepcopy(ag.matmul) is ag.matmul
    gone = pickle.dumps(ag.relu).replace(b"relu", b"gone")
    with pytest.raises(ag.ArgumentError, match="there is no op named 'gone' here"):
        pickle.loads(gone)


def test_complex_arrays_beside_a_tensor_are_refused():
    with pytest.raises(ag.DTypeError, match="multiply: takes floats, integers and bools, not complex128"):
        leaf(1.0, 2.0) * np.array([1j, 2.0])


def test_full_takes_a_real_number_only():
    for value in ("a", 2j):
        with pytest.raises(ag.DTypeError, match="floats, integers and bools"):
            ag.full((2,), value)


@pytest.mark.parametrize("dtype", [">f4", ">f8", "<f4"])
def test_numbers_in_the_order_of_another_machine_are_taken_over(dtype):
    numbers = np.random.default_rng(0).standard_normal((4, 3, 32, 32))
    x = tensor(numbers.astype(dtype), requires_grad=True)
    assert x.dtype.isnative
    images = ag.relu(x + numbers.astype(dtype))
    assert images.dtype.isnative
    (ag.max_pool2d(images, 2).sum() + ag.softmax(images.reshape(12, -1)).max()).backward()
    native = numbers.astype(x.dtype)
    for y, expected in [
        (images.numpy(), np.maximum(2 * native, 0)),
        (ag.max_pool2d(numbers.astype(dtype), 2), ag.max_pool2d(native, 2)),
        (ag.matmul(*[numbers.astype(dtype)] * 2), native @ native),
        (ag.sigmoid(numbers.astype(dtype)), ag.sigmoid(native)),
        (x.astype(dtype).numpy(), native),
    ]:
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    x.assign(numbers, dtype=dtype)
    assert x.dtype.isnative
    assert ag.zeros(2, dtype=dtype).dtype.isnative
