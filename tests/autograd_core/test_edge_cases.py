"""docs/edge-cases.md, row by row."""

import math

import numpy as np
import pytest

import autograd_core as ag

inf, nan = math.inf, math.nan


def value_and_gradients(function, *inputs):
    leaves = [ag.tensor(np.array(x, dtype=np.float64), requires_grad=True) for x in inputs]
    with np.errstate(all="ignore"):
        y = function(*leaves)
        y.sum().backward()
    return y.tolist(), *(None if leaf.grad is None else leaf.grad.tolist() for leaf in leaves)


ROWS = [
    ("relu at 0", ag.relu, (0.0,), (0.0, 0.0)),
    ("relu of nan", ag.relu, (nan,), (nan, 0.0)),
    ("normalize of equal elements", lambda x: ag.normalize(x, axis=-1), ([2.0, 2.0],), ([0.0, 0.0], [0.0, 0.0])),
    ("without eps", lambda x: ag.normalize(x, axis=-1, eps=0.0), ([2.0, 2.0],), ([nan, nan], [nan, nan])),
    ("abs at 0", ag.abs, (0.0,), (0.0, 0.0)),
    ("sign", ag.sign, ([-2.0, 0.0, 3.0],), ([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0])),
    ("leaky_relu at 0", ag.leaky_relu, (0.0, 0.1), (0.0, 0.1, 0.0)),
    ("elu at 0", ag.elu, (0.0, 0.5), (0.0, 0.5, 0.0)),
    ("selu at 0", ag.selu, (0.0,), (0.0, 1.0507009873554805 * 1.6732632423543772)),
    ("relu6 at its kinks", ag.relu6, ([0.0, 6.0],), ([0.0, 6.0], [0.0, 0.0])),
    ("celu at 0", ag.celu, (0.0, 2.0), (0.0, 1.0, 0.0)),
    ("hard_tanh at its kinks", lambda x: ag.hard_tanh(x), ([-1.0, 1.0],), ([-1.0, 1.0], [0.0, 0.0])),
    ("hard_sigmoid at its kinks", ag.hard_sigmoid, ([-3.0, 3.0],), ([0.0, 1.0], [0.0, 0.0])),
    ("hard_swish at its kinks", ag.hard_swish, ([-3.0, 3.0, inf],), ([0.0, 3.0, inf], [0.0, 1.0, 1.0])),
    ("heaviside at 0", ag.heaviside, (0.0, 0.5), (0.5, 0.0, 1.0)),
    ("heaviside of nan", ag.heaviside, (nan, 0.5), (nan, 0.0, 0.0)),
    ("floor", ag.floor, ([-1.5, 2.0],), ([-2.0, 2.0], [0.0, 0.0])),
    ("ceil", ag.ceil, ([-1.5, 2.0],), ([-1.0, 2.0], [0.0, 0.0])),
    ("trunc", ag.trunc, ([-1.5, 2.0],), ([-1.0, 2.0], [0.0, 0.0])),
    ("round half to even", ag.round, ([-0.5, 0.5, 1.5],), ([0.0, 0.0, 2.0], [0.0, 0.0, 0.0])),
    ("floor division", ag.floor_divide, (-7.0, 2.0), (-4.0, 0.0, 0.0)),
    ("floor division of infinity", ag.floor_divide, ([inf, -inf], 2.0), ([inf, -inf], [0.0, 0.0], 0.0)),
    ("floor division by infinity", ag.floor_divide, ([1.0, -1.0], inf), ([0.0, -0.0], [0.0, 0.0], 0.0)),
    ("remainder", ag.remainder, (-7.0, 2.0), (1.0, 1.0, 4.0)),
    ("remainder by infinity", ag.remainder, (-1.0, inf), (inf, 1.0, 1.0)),
    ("remainder of a huge quotient", ag.remainder, (1e300, 1e-10), (math.fmod(1e300, 1e-10), 1.0, -inf)),
    ("remainder 0", lambda a: 1 / (a % -2.0), (4.0,), (-inf, -inf)),
    ("remainder at a jump", ag.remainder, (6.0, 2.0), (0.0, 1.0, -3.0)),
    ("remainder by zero", ag.remainder, (1.0, 0.0), (nan, 1.0, -inf)),
    ("clip at its bounds", ag.clip, ([0.0, 1.0], 0.0, 1.0), ([0.0, 1.0], [1.0, 1.0], 0.0, 0.0)),
    ("clip beyond its bounds", ag.clip, ([-2.0, 5.0, 6.0], 0.0, 1.0), ([0.0, 1.0, 1.0], [0.0, 0.0, 0.0], 1.0, 2.0)),
    ("clip with bounds crossed", ag.clip, (1.5, 2.0, 1.0), (1.0, 0.0, 0.0, 1.0)),
    ("clip of nan", ag.clip, (nan, 0.0, 1.0), (nan, 0.0, 0.0, 0.0)),
    ("sign and abs of infinity", lambda x: ag.sign(x) * 2 + ag.abs(x), ([inf, -inf],), ([inf, inf], [1.0, -1.0])),
    ("heaviside far out", lambda x: ag.heaviside(x), ([inf, -inf],), ([1.0, 0.0], [0.0, 0.0])),
    ("maximum at a tie", ag.maximum, (2.0, 2.0), (2.0, 0.5, 0.5)),
    ("minimum at a tie", ag.minimum, (2.0, 2.0), (2.0, 0.5, 0.5)),
    ("maximum of 0 and -0", lambda x: 1 / ag.maximum(x, -0.0), (0.0,), (-inf, -inf)),
    ("minimum of -0 and 0", lambda x: 1 / ag.minimum(x, 0.0), (-0.0,), (inf, -inf)),
    ("nan in abs", ag.abs, (nan,), (nan, nan)),
    ("nan in elu", lambda x: ag.elu(x), (nan,), (nan, nan)),
    ("nan in selu", ag.selu, (nan,), (nan, nan)),
    ("nan in celu", lambda x: ag.celu(x), (nan,), (nan, nan)),
    ("nan in hard_swish", ag.hard_swish, (nan,), (nan, nan)),
    ("nan gets no gradient", lambda x: ag.relu(x) + ag.relu6(x) + ag.hard_tanh(x), (nan,), (nan, 0.0)),
    ("sign of nan", ag.sign, (nan,), (nan, 0.0)),
    ("maximum with a nan", ag.maximum, (nan, 2.0), (nan, 1.0, 1.0)),
    ("max at a tie of three", ag.max, ([1.0, 3.0, 3.0, 3.0],), (3.0, [0.0, 1 / 3, 1 / 3, 1 / 3])),
    ("max with a nan", ag.max, ([1.0, nan],), (nan, [nan, nan])),
    ("min at a tie of two", ag.min, ([1.0, 1.0, 3.0],), (1.0, [0.5, 0.5, 0.0])),
    ("min with a nan", ag.min, ([1.0, nan],), (nan, [nan, nan])),
    ("maxout at a tie", lambda x: ag.maxout(x, 2), ([2.0, 2.0],), ([2.0], [0.5, 0.5])),
    ("infinity norm at a tie", lambda x: ag.norm(x, ord=inf), ([-2.0, 2.0],), (2.0, [-0.5, 0.5])),
    ("norm at 0", ag.norm, ([0.0, 0.0],), (0.0, [0.0, 0.0])),
    ("1-norm with a zero", lambda x: ag.norm(x, ord=1), ([0.0, -2.0],), (2.0, [0.0, -1.0])),
    ("1.5-norm with a zero", lambda x: ag.norm(x, ord=1.5), ([0.0, -2.0],), (2.0, [0.0, -1.0])),
    ("half norm with a zero", lambda x: ag.norm(x, ord=0.5), ([0.0, -2.0],), (2.0, [0.0, -1.0])),
    ("3-norm at 0", lambda x: ag.norm(x, ord=3), ([0.0, 0.0],), (0.0, [0.0, 0.0])),
    ("norm beyond squares", ag.norm, ([3e200, 4e200],), (5e200, [0.6, 0.8])),
    ("norm below squares", ag.norm, ([3e-200, 4e-200],), (5e-200, [0.6, 0.8])),
    ("norm of nothing", ag.norm, ([],), (0.0, [])),
    ("hypot at the origin", ag.hypot, (0.0, 0.0), (0.0, 0.0, 0.0)),
    ("atan2 at the origin", ag.atan2, (0.0, 0.0), (0.0, 0.0, 0.0)),
    ("atan2 near the origin", ag.atan2, (3e-200, 4e-200), (math.atan2(3, 4), 1.6e199, -1.2e199)),
    ("atan2 far out", ag.atan2, (3e200, 4e200), (math.atan2(3, 4), 1.6e-201, -1.2e-201)),
    ("std of equal elements", ag.std, ([2.0, 2.0],), (0.0, [0.0, 0.0])),
    ("prod with a zero", ag.prod, ([2.0, 0.0, 3.0],), (0.0, [0.0, 6.0, 0.0])),
    ("prod with two zeros", ag.prod, ([0.0, 0.0, 3.0],), (0.0, [0.0, 0.0, 0.0])),
    ("prod of nothing", ag.prod, ([],), (1.0, [])),
    ("cumulative_prod with a zero", ag.cumulative_prod, ([2.0, 0.0, 3.0],), ([2.0, 0.0, 0.0], [1.0, 8.0, 0.0])),
    ("var of nothing", ag.var, ([],), (nan, [])),
    ("var of one, corrected", lambda x: ag.var(x, correction=1), ([3.0],), (nan, [nan])),
    ("std of one, corrected", lambda x: ag.std(x, correction=1), ([3.0],), (nan, [nan])),
    ("rsqrt at 0", ag.rsqrt, (0.0,), (inf, -inf)),
    ("reciprocal at 0", ag.reciprocal, (0.0,), (inf, -inf)),
    ("asin at 1", ag.asin, (1.0,), (math.pi / 2, inf)),
    ("acos at -1", ag.acos, (-1.0,), (math.pi, -inf)),
    ("acosh at 1", ag.acosh, (1.0,), (0.0, inf)),
    ("atanh at -1", ag.atanh, (-1.0,), (-inf, inf)),
    ("log1p at -1", ag.log1p, (-1.0,), (-inf, inf)),
    ("acosh below 1", ag.acosh, (0.5,), (nan, nan)),
    ("asin beyond 1", ag.asin, (2.0,), (nan, nan)),
    ("lgamma at its poles", ag.lgamma, ([0.0, -0.0, -1.0],), ([inf, inf, inf], [-inf, inf, nan])),
    ("digamma at its poles", ag.digamma, ([0.0, -0.0, -1.0],), ([-inf, inf, nan], [inf, inf, inf])),
    ("polygamma at infinity", lambda x: ag.polygamma(2.0, x), ([inf, -inf],), ([0.0, nan], [0.0, nan])),
    ("sqrt at 0", ag.sqrt, (0.0,), (0.0, inf)),
    ("sqrt below 0", ag.sqrt, (-1.0,), (nan, nan)),
    ("log at 0", ag.log, (0.0,), (-inf, inf)),
    ("log below 0", ag.log, (-2.0,), (nan, -0.5)),
    ("one over zero", lambda x: 1 / x, (0.0,), (inf, -inf)),
    ("divided by the number 0", lambda x: x / 0.0, ([2.0, -3.0],), ([inf, -inf], [inf, inf])),
    ("zero times infinity", ag.multiply, (0.0, inf), (nan, inf, 0.0)),
    ("zero to the zero", lambda x: x**0, (0.0,), (1.0, 0.0)),
    ("zero to the zero, both variable", ag.pow, (0.0, 0.0), (1.0, 0.0, 0.0)),
    ("zero to a power", ag.pow, (0.0, 2.0), (0.0, 0.0, 0.0)),
    ("zero to a power below 0", ag.pow, (0.0, -2.0), (inf, -inf, -inf)),
    ("the root of -inf and -0", lambda x: 1 / x**0.5, ([-inf, -0.0],), ([0.0, inf], [-0.0, -inf])),
    ("gates of the largest", lambda x: ag.gelu(x) - ag.hard_swish(x), (1.7976931348623157e308,), (0.0, 0.0)),
    ("a negative base with a fraction", lambda x: x ** (1 / 3), (-8.0,), (nan, nan)),
    ("exp overflows", ag.exp, (1000.0,), (inf, inf)),
    ("sigmoid far out", ag.sigmoid, ([1000.0, -1000.0],), ([1.0, 0.0], [0.0, 0.0])),
    ("softplus far out", ag.softplus, ([1000.0, -1000.0],), ([1000.0, 0.0], [1.0, 0.0])),
    ("logaddexp of equals", ag.logaddexp, ([inf, -inf], [inf, -inf]), ([inf, -inf], [0.5, 0.5], [0.5, 0.5])),
    ("logaddexp with one -inf", ag.logaddexp, (-inf, 2.0), (2.0, 0.0, 1.0)),
    *[
        (f"{gate.__name__} of infinity", lambda x, gate=gate: gate(x), ([inf, -inf],), ([inf, nan], [1.0, 0.0]))
        for gate in (ag.silu, ag.gelu, ag.gelu_tanh, ag.gelu_sigmoid, ag.mish)
    ],
    ("gelu_tanh far out", ag.gelu_tanh, ([1e200, -1e200],), ([1e200, -0.0], [1.0, 0.0])),
    ("soft_sign of infinity", ag.soft_sign, ([inf, -inf],), ([nan, nan], [0.0, 0.0])),
    ("hard_swish of -inf", ag.hard_swish, (-inf,), (nan, 0.0)),
    ("logsumexp of nothing likely", ag.logsumexp, ([-inf, -inf],), (-inf, [0.0, 0.0])),
    ("logsumexp with infinity", ag.logsumexp, ([0.0, inf],), (inf, [0.0, nan])),
    ("softmax of infinity", lambda x: ag.softmax(x)[1], ([inf, 2.0],), (0.0, [nan, nan])),
    ("softmax masked", lambda x: ag.softmax(x)[0], ([0.0, -inf],), (1.0, [0.0, 0.0])),
    ("where: a bad branch not taken", lambda x: ag.where(x > 0, ag.log(x), 0.0), (0.0,), (0.0, nan)),
    ("where: guarded", lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), (0.0,), (0.0, 0.0)),
    ("sum of nothing", ag.sum, ([],), (0.0, [])),
    ("mean of nothing", ag.mean, ([],), (nan, [])),
    ("sort at a tie", lambda x: ag.sort(x) * [1.0, 2.0, 3.0], ([5.0, 4.0, 5.0],), ([4.0, 10.0, 15.0], [2.0, 1.0, 3.0])),
    ("topk at a tie", lambda x: ag.topk(x, 2)[0], ([5.0, 4.0, 5.0, 5.0],), ([5.0, 5.0], [1.0, 0.0, 1.0, 0.0])),
    ("set a place twice", lambda x, v: x.at[[0, 0]].set(v), ([1.0], [2.0, 3.0]), ([3.0], [0.0], [0.0, 1.0])),
    ("add to a place twice", lambda x, v: x.at[[0, 0]].add(v), ([1.0], [2.0, 3.0]), ([6.0], [1.0], [1.0, 1.0])),
    ("det of rank 1", ag.linalg.det, ([[1.0, 2.0], [2.0, 4.0]],), (0.0, [[4.0, -2.0], [-2.0, 1.0]])),
    ("equal singular values", ag.linalg.svdvals, ([[0.0, 3.0], [3.0, 0.0]],), ([3.0, 3.0], [[0.0, 1.0], [1.0, 0.0]])),
    ("equal eigenvalues", ag.linalg.eigvalsh, ([[2.0, 0.0], [0.0, 2.0]],), ([2.0, 2.0], [[1.0, 0.0], [0.0, 1.0]])),
    ("max pool at a tie", lambda x: ag.max_pool2d(x, 2), ([[[[1.0, 1.0], [0.0, 1.0]]]],), None),
]


@pytest.mark.parametrize(("function", "inputs", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_value_and_gradients(function, inputs, expected):
    found = value_and_gradients(function, *inputs)
    if expected is None:
        expected = ([[[[1.0]]]], [[[[1 / 3, 1 / 3], [0.0, 1 / 3]]]])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)


def test_max_of_nothing_is_an_error():
    with pytest.raises(ag.ShapeError, match="max: no largest element"):
        ag.max(ag.zeros((0,)))


@pytest.mark.parametrize("op", [ag.min, ag.argmax, ag.argmin])
def test_the_extreme_of_nothing_is_an_error(op):
    with pytest.raises(ag.ShapeError, match=f"{op.__name__}: no"):
        op(ag.zeros((2, 0)), axis=1)


def test_of_several_extremes_the_first_is_found():
    x = ag.tensor([1.0, 3.0, 3.0, 1.0])
    assert (ag.argmax(x).item(), ag.argmin(x).item()) == (1, 0)
    assert (x > 5).any().item() is ag.any([]).item() is False
    assert (x > 0).all().item() is ag.all([]).item() is True


@pytest.mark.parametrize(
    ("op", "x", "y", "gradient"),
    [
        (ag.log1p, -1.0, -inf, inf),
        (ag.sinh, 1000.0, inf, inf),
        (ag.atanh, 1.0, inf, inf),
        (ag.acos, 2.0, nan, nan),
        (ag.rsqrt, 0.0, inf, -inf),
        (ag.floor, inf, inf, 0.0),
        (ag.sign, inf, 1.0, 0.0),
        (ag.abs, -inf, inf, -1.0),
        (ag.heaviside, -inf, 0.0, 0.0),
        (ag.digamma, -inf, nan, nan),
        (ag.tan, inf, nan, nan),
        (ag.lgamma, -2.0, inf, nan),
        (ag.expm1, 1000.0, inf, inf),
    ],
)
def test_a_value_gets_the_answer_of_ieee_754_where_python_would_raise(op, x, y, gradient):
    x = ag.Value(x)
    result = op(x)
    result.backward()
    np.testing.assert_array_equal([result.data, x.grad], [y, gradient])


def test_zero_d_arrays_stay_zero_d():
    x = ag.tensor(np.array(2.0), requires_grad=True)
    y = ag.exp(x) * x.sum() + x.reshape(())
    y.backward()
    assert y.shape == x.grad.shape == ()


def test_integers_take_part_without_a_gradient():
    n, x = ag.tensor(np.array([1, 2])), ag.tensor(np.array([1.0, 2.0]), requires_grad=True)
    (n * x).sum().backward()
    assert n.grad is None
    assert x.grad.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("function", [ag.softmax, ag.log_softmax, ag.logsumexp, ag.mean])
def test_integers_become_floats_where_only_floats_make_sense(function):
    assert function(ag.tensor(np.array([1, 2]))).dtype.kind == "f"


def test_the_logarithm_of_the_determinant_of_a_singular_matrix_has_no_gradient():
    x = ag.zeros((2, 2), requires_grad=True)
    sign, logarithm = ag.linalg.slogdet(x)
    assert (float(sign), float(logarithm)) == (0.0, -inf)
    with pytest.raises(ag.ArgumentError, match="singular"):
        logarithm.backward()


def test_an_exponent_without_axes_is_a_number():
    base = ag.tensor([-np.inf, -0.0, 4.0])
    for exponent in (0.5, ag.tensor(0.5), ag.tensor(np.array(0.5)), ag.tensor([0.5, 0.5, 0.5])):
        assert (base**exponent).tolist() == [np.inf, 0.0, 2.0]
        assert (base**exponent).dtype == np.float32
