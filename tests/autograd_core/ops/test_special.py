import math
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag

inf, nan = math.inf, math.nan


@pytest.mark.parametrize(
    ("n", "x", "expected"),  # by mpmath
    [
        (0, 0.1, -10.423754940411076232),
        (0, 1.0, -0.57721566490153286061),
        (0, 25.0, 3.1987425128519740085),
        (0, -0.5, 0.036489973978576520559),
        (0, -33.25, 6.6606096450806567441),
        (1, 0.1, 101.4332991507927477),
        (1, 1.0, math.pi**2 / 6),
        (1, 25.0, 0.040810663257225579187),
        (1, -0.5, 8.9348022005446793094),
        (1, -33.25, 19.709581339574721943),
        (1, 1e8, 1.0000000050000000167e-8),
        (2, 0.5, -16.828796644234319996),
        (2, -10.5, -0.0082474690506522171203),
        (3, -2.75, 1558.4897512832936013),
        (4, 7.0, -0.0032967715890263801009),
    ],
)
def test_polygamma_is_exact(n, x, expected):
    for y in (ag.polygamma(n, x), ag.polygamma(n, np.array([x]))[0], ag.polygamma(n, ag.Value(x)).data):
        np.testing.assert_allclose(y, expected, rtol=4e-15)


def test_polygamma_equals_that_of_mpmath_near_poles_and_far_from_them():
    with np.load(Path(__file__).parents[2] / "golden" / "golden_polygamma.npz") as file:
        for n, values in zip(file["orders"].tolist(), file["values"], strict=True):
            np.testing.assert_allclose(ag.polygamma(n, file["x"]), values, rtol=1e-13, err_msg=f"n = {n}")


@pytest.mark.parametrize(
    ("n", "x", "expected"),  # by mpmath; 171! is beyond float64
    [
        (171, 30.0, 1.0726779424532680308e55),
        (200, 90.0, -1.393739031798543944e-18),
        (1000, 400.0, -9.5463286602289093521e-38),
        (1e15, 0.5, -inf),
        (1e15, 1e15, -0.0),
        (inf, 1.0, nan),
    ],
)
def test_polygamma_of_any_order_is_found_soon(n, x, expected):
    np.testing.assert_allclose(ag.polygamma(n, x), expected, rtol=1e-12)


def test_polygamma_overflows_to_its_own_side():
    x = np.array([1e-200, -1e-200])
    np.testing.assert_array_equal(ag.polygamma(1, x), [inf, inf])
    np.testing.assert_array_equal(ag.polygamma(2, x), [-inf, inf])


def test_digamma_is_the_first_of_them_and_the_gradient_of_lgamma():
    x = ag.tensor(np.array([0.1, 3.0, -1.5]), requires_grad=True)
    ag.lgamma(x).sum().backward()
    assert x.grad.tolist() == ag.digamma(x).tolist() == ag.polygamma(0, x).tolist()


def test_poles_and_infinities():
    poles = np.array([0.0, -0.0, -1.0, -7.0, inf, -inf, nan])
    np.testing.assert_array_equal(ag.lgamma(poles), [inf, inf, inf, inf, inf, inf, nan])
    np.testing.assert_array_equal(ag.digamma(poles), [-inf, inf, nan, nan, inf, nan, nan])
    np.testing.assert_array_equal(ag.polygamma(1, poles), [inf, inf, inf, inf, 0.0, nan, nan])
    assert ag.lgamma(ag.Value(-1.0)).data == ag.lgamma(1e306) == inf
    assert math.isnan(ag.polygamma(-1, 1.0))
    assert math.isnan(ag.polygamma(0.5, 1.0))


def test_far_from_zero_polygamma_takes_no_longer():
    np.testing.assert_allclose(ag.polygamma(1, np.array([1e300, -1e12 - 0.5])), [1e-300, math.pi**2], rtol=1e-11)


@pytest.mark.parametrize("op", [ag.erf, ag.erfc, ag.lgamma, ag.digamma])
def test_dtypes_stay_and_whole_numbers_become_floats(op):
    assert op(np.ones(2, np.float32)).dtype == np.float32
    assert op(np.ones((0, 3), np.float32)).shape == (0, 3)
    assert op(ag.tensor(2.0)).dtype == np.float32
    assert op(np.array([1, 2])).dtype == np.float64


def test_erfc_keeps_its_digits_where_erf_is_one():
    np.testing.assert_allclose(ag.erfc(np.array(10.0)), 2.0884875837625447570e-45, rtol=1e-14)
