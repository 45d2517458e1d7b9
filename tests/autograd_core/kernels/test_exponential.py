import math

import numpy as np
import pytest

from autograd_core.kernels import exponential
from autograd_core.kernels.elementwise import run
from autograd_core.ops import elementwise, special, trigonometry

# Units in the last place, measured, and a little more; of those of erfc one is the reference's.
BOUNDS = {"erfc": 6.5, "exp": 1.1, "expm1": 2.0, "log": 1.0, "log1p": 1.0, "tanh": 2.7}
HOMES = {"tanh": trigonometry, "erfc": special}
ROWS = {name: getattr(HOMES.get(name, elementwise), name).row for name in exponential.FUNCTIONS}


def of(name, x):
    return run(ROWS[name], (x,))


def exactly(name, x):
    """The C library's erfc, numpy's others in as many digits as there are."""
    with np.errstate(all="ignore"):
        if name == "erfc":
            return np.array([math.erfc(v) for v in x.tolist()], np.longdouble)
        return getattr(np, name)(x.astype(np.longdouble))


def samples(name, dtype):
    """Numbers of every size, and more of them where something happens: near 0, near 1, at the ends of the range."""
    rng, limits = np.random.default_rng(0), np.finfo(dtype)
    ends = np.log([float(limits.smallest_subnormal), float(limits.max)])
    sizes = np.exp(rng.uniform(*ends, 200_000))
    near = rng.uniform(-1e-3, 1e-3, 50_000)
    parts = {
        "exp": [
            sizes,
            -sizes,
            rng.uniform(*ends, 200_000),
            rng.uniform(-2, 2, 200_000),
            ends[0] + near,
            ends[1] + near,
        ],
        "log": [sizes, rng.uniform(0, 3, 200_000), 1 + near],
        "erfc": [sizes, -sizes, rng.uniform(-7, 28, 200_000), near],
        "log1p": [sizes, -sizes[sizes < 1], rng.uniform(-1, 3, 200_000), near, np.abs(near) - 1],
    }
    x = np.concatenate(parts.get(name, parts["exp"])).astype(dtype)
    return x[np.isfinite(x)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", exponential.FUNCTIONS)
def test_errors_in_units_of_the_last_place(name, dtype):
    x = samples(name, dtype)
    exact = exactly(name, x)
    with np.errstate(over="ignore", under="ignore"):
        rounded = exact.astype(dtype)
    ours = of(name, x)
    held = np.isfinite(rounded)
    np.testing.assert_array_equal(ours[~held], rounded[~held])
    smallest = np.finfo(dtype).smallest_subnormal
    unit = np.maximum(np.spacing(np.abs(rounded[held])), smallest).astype(np.longdouble)
    error = np.abs(ours[held] - exact[held]) / unit
    # Where longdouble is no longer than float64, the reference itself is rounded.
    bound = BOUNDS[name] + (0.5 if np.finfo(np.longdouble).eps == np.finfo(dtype).eps else 0)
    assert error.max() < bound, x[held][error.argmax()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", exponential.FUNCTIONS)
def test_special_numbers(name, dtype):
    limits = np.finfo(dtype)
    some = [0.0, np.inf, np.nan, 1.0, 2.0, limits.max, limits.tiny, limits.smallest_subnormal]
    x = np.array([*some, *(-v for v in some)], dtype)
    with np.errstate(over="ignore"):
        expected = exactly(name, x).astype(dtype)
    ours = of(name, x)
    np.testing.assert_allclose(ours, expected, rtol=4 * limits.eps)
    np.testing.assert_array_equal(np.signbit(ours[expected == 0]), np.signbit(expected[expected == 0]))


@pytest.mark.parametrize("name", exponential.FUNCTIONS)
def test_a_number_has_one_result_in_a_vector_and_alone(name):
    x = np.abs(np.random.default_rng(1).standard_normal(37).astype(np.float32))
    alone = np.concatenate([of(name, x[i : i + 1]) for i in range(x.size)])
    np.testing.assert_array_equal(of(name, x), alone)
