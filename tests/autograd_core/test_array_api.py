"""The Python array API standard, version 2024.12: every function of it by its signature and at drawn arrays.

numpy's functions of the same names, which the standard was made of, say what comes: dtype, shape and numbers, exactly
where nothing is rounded. What the standard leaves open is not drawn, and what docs/array-api.md leaves out neither: no
number is complex, and no array without axes stands beside one of another dtype. `ARRAY_API_EXAMPLES=1000 pytest` draws
more than the few examples of each function.
"""

import inspect
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace

import autograd_core as ag

drawn = settings(
    max_examples=int(os.environ.get("ARRAY_API_EXAMPLES", "3")), deadline=None, derandomize=True, database=None
)

FLOATS = ("float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
REAL = FLOATS + INTEGERS
BOOL = ("bool",)
ALL = BOOL + REAL

# --- signatures, as the standard has them; names stand for functions that share one ---------------------------------

UNARY = "x, /"
BINARY = "x1, x2, /"
SIGNATURES = {
    "abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1 floor imag isfinite isinf": UNARY,
    "isnan log log1p log2 log10 logical_not negative positive real reciprocal round sign signbit sin sinh": UNARY,
    "square sqrt tan tanh trunc nonzero unique_all unique_counts unique_inverse unique_values": UNARY,
    "matrix_transpose linalg.matrix_transpose linalg.det linalg.eigh linalg.eigvalsh linalg.inv": UNARY,
    "linalg.slogdet linalg.svdvals finfo iinfo": UNARY,
    "add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign divide": BINARY,
    "equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and logical_or": BINARY,
    "logical_xor maximum minimum multiply nextafter not_equal pow remainder subtract can_cast": BINARY,
    "matmul linalg.matmul linalg.outer linalg.solve": BINARY,
    "linalg.matrix_power": "x, n, /",
    "arange": "start, /, stop=None, step=1, *, dtype=None, device=None",
    "asarray": "obj, /, *, dtype=None, device=None, copy=None",
    "empty ones zeros": "shape, *, dtype=None, device=None",
    "empty_like ones_like zeros_like": "x, /, *, dtype=None, device=None",
    "eye": "n_rows, n_cols=None, /, *, k=0, dtype=None, device=None",
    "from_dlpack": "x, /, *, device=None, copy=None",
    "full": "shape, fill_value, *, dtype=None, device=None",
    "full_like": "x, /, fill_value, *, dtype=None, device=None",
    "linspace": "start, stop, /, num, *, dtype=None, device=None, endpoint=True",
    "meshgrid": "*arrays, indexing='xy'",
    "tril triu": "x, /, *, k=0",
    "astype": "x, dtype, /, *, copy=True, device=None",
    "broadcast_arrays": "*arrays",
    "broadcast_to": "x, /, shape",
    "isdtype": "dtype, kind",
    "result_type": "*arrays_and_dtypes",
    "clip": "x, /, min=None, max=None",
    "where": "condition, x1, x2, /",
    "take": "x, indices, /, *, axis=None",
    "take_along_axis": "x, indices, /, *, axis=-1",
    "concat": "arrays, /, *, axis=0",
    "expand_dims": "x, /, *, axis=0",
    "flip": "x, /, *, axis=None",
    "moveaxis": "x, source, destination, /",
    "permute_dims": "x, /, axes",
    "repeat": "x, repeats, /, *, axis=None",
    "reshape": "x, /, shape, *, copy=None",
    "roll": "x, /, shift, *, axis=None",
    "squeeze": "x, /, axis",
    "stack": "arrays, /, *, axis=0",
    "tile": "x, repetitions, /",
    "unstack": "x, /, *, axis=0",
    "argmax argmin": "x, /, *, axis=None, keepdims=False",
    "count_nonzero all any max min mean": "x, /, *, axis=None, keepdims=False",
    "searchsorted": "x1, x2, /, *, side='left', sorter=None",
    "argsort sort": "x, /, *, axis=-1, descending=False, stable=True",
    "cumulative_sum cumulative_prod": "x, /, *, axis=None, dtype=None, include_initial=False",
    "sum prod": "x, /, *, axis=None, dtype=None, keepdims=False",
    "std var": "x, /, *, axis=None, correction=0.0, keepdims=False",
    "diff": "x, /, *, axis=-1, n=1, prepend=None, append=None",
    "tensordot linalg.tensordot": "x1, x2, /, *, axes=2",
    "vecdot linalg.vecdot linalg.cross": "x1, x2, /, *, axis=-1",
    "linalg.cholesky": "x, /, *, upper=False",
    "linalg.diagonal": "x, /, *, offset=0",
    "linalg.matrix_norm": "x, /, *, keepdims=False, ord='fro'",
    "linalg.matrix_rank linalg.pinv": "x, /, *, rtol=None",
    "linalg.qr": "x, /, *, mode='reduced'",
    "linalg.svd": "x, /, *, full_matrices=True",
    "linalg.trace": "x, /, *, offset=0, dtype=None",
    "linalg.vector_norm": "x, /, *, axis=None, keepdims=False, ord=2",
    "fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft": "x, /, *, n=None, axis=-1, norm='backward'",
    "fft.fftn fft.ifftn fft.rfftn fft.irfftn": "x, /, *, s=None, axes=None, norm='backward'",
    "fft.fftfreq fft.rfftfreq": "n, /, *, d=1.0, dtype=None, device=None",
    "fft.fftshift fft.ifftshift": "x, /, *, axes=None",
    "__array_namespace_info__": "",
    "Tensor.__array_namespace__": "self, /, *, api_version=None",
    "Tensor.__dlpack__": "self, /, *, stream=None, max_version=None, dl_device=None, copy=None",
    "Tensor.to_device": "self, device, /, *, stream=None",
}
FUNCTIONS = {name: signature for names, signature in SIGNATURES.items() for name in names.split()}
METHODS = (
    "abs add and bool complex dlpack_device eq float floordiv ge getitem gt index int invert le lshift lt matmul mod "
    "mul ne neg or pos pow rshift sub truediv xor radd rand rfloordiv rlshift rmatmul rmod rmul ror rpow rrshift rsub "
    "rtruediv rxor"
)


def found(name):
    place = ag
    for part in name.split("."):
        place = getattr(place, part)
    return place


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signature(name):
    wanted = eval(f"inspect.signature(lambda {FUNCTIONS[name]}: 0)", {"inspect": inspect}).parameters.values()
    ours = inspect.signature(found(name)).parameters
    for place, parameter in enumerate(wanted):
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            mine = [*ours.values()][place]
            assert mine.kind in (parameter.kind, parameter.POSITIONAL_OR_KEYWORD)
        else:
            mine = ours[parameter.name]
            assert mine.kind in (parameter.kind, parameter.POSITIONAL_OR_KEYWORD)
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                assert [*ours].index(parameter.name) == place
        if parameter.name != "axis" or name != "squeeze":
            assert mine.default is parameter.default or mine.default == parameter.default
    more = [p for p in [*ours.values()][len(wanted) :] if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    assert all(p.default is not p.empty for p in more), "a call by the standard would lack an argument"


def test_arrays_have_the_standards_methods_and_attributes():
    x = ag.ones((2, 3))
    assert not [name for name in METHODS.split() if not hasattr(ag.Tensor, f"__{name}__")]
    assert (x.dtype, x.device, x.ndim, x.shape, x.size) == (ag.float32, "cpu", 2, (2, 3), 6)
    assert x.T.shape == x.mT.shape == (3, 2)
    assert complex(ag.asarray(2.0)) == 2 + 0j


# --- every function at drawn arrays ---------------------------------------------------------------------------------

# name -> dtypes of x (and y), and calls; names stand for functions of one call
CALLS = {
    "abs negative positive real conj imag square sign": (REAL, "f(x)"),
    "ceil floor round trunc": (REAL, "f(x)"),
    "isfinite isinf isnan": (REAL, "f(x)"),
    "acos acosh asin asinh atan atanh cos cosh exp expm1 log log1p log2 log10 reciprocal sin sinh sqrt tan tanh": (
        FLOATS,
        "f(x)",
    ),
    "signbit": (FLOATS, "f(x)"),
    "bitwise_invert": (BOOL + INTEGERS, "f(x)"),
    "logical_not": (BOOL, "f(x)"),
    "add subtract multiply maximum minimum": (REAL, "f(x, y)"),
    "less less_equal greater greater_equal": (REAL, "f(x, y)"),
    "equal not_equal": (ALL, "f(x, y)"),
    "atan2 copysign divide hypot logaddexp nextafter": (FLOATS, "f(x, y)"),
    "floor_divide remainder": (INTEGERS, "f(x, nonzero(y))"),
    "pow": (FLOATS, "f(x, y)"),
    "bitwise_and bitwise_or bitwise_xor": (BOOL + INTEGERS, "f(x, y)"),
    "bitwise_left_shift bitwise_right_shift": (INTEGERS, "f(x, modest(y))"),
    "logical_and logical_or logical_xor": (BOOL, "f(x, y)"),
    "clip": (REAL, "f(x, min=low, max=high)"),
    "where": (ALL, "f(mask, x, y)"),
    "arange": (REAL, "f(n, n + 5, step, dtype=x.dtype)"),
    "asarray": (ALL, "f(x, dtype=x.dtype)"),
    "empty_like": (ALL, "xp.zeros_like(f(x))"),
    "zeros_like ones_like": (ALL, "f(x, dtype=dtype)"),
    "full_like": (REAL, "f(x, 3, dtype=dtype)"),
    "empty": (ALL, "xp.zeros_like(f(x.shape, dtype=x.dtype))"),
    "zeros ones": (ALL, "f(x.shape, dtype=x.dtype)"),
    "full": (REAL, "f(x.shape, 3, dtype=x.dtype)"),
    "eye": (REAL, "f(n, 3, k=k, dtype=x.dtype)"),
    "from_dlpack": (ALL, "f(x)"),
    "linspace": (FLOATS, "f(k, k + 2.5, n, dtype=x.dtype, endpoint=flag)"),
    "meshgrid": (REAL, "f(flat(x), flat(y), indexing='xy' if flag else 'ij')"),
    "tril triu": (ALL, "f(matrix(x), k=k)"),
    "astype": (INTEGERS + BOOL, "f(x, wider)"),
    "broadcast_arrays": (ALL, "f(x, y)"),
    "broadcast_to": (ALL, "f(x, (2, *x.shape))"),
    "result_type": (REAL, "f(x, y)"),
    "can_cast": (ALL, "f(x.dtype, y.dtype)"),
    "finfo": (FLOATS, "limits(f(x.dtype))"),
    "iinfo": (INTEGERS, "limits(f(x.dtype))"),
    "isdtype": (ALL, "[f(x.dtype, kind) for kind in kinds]"),
    "take": (ALL, "f(some(x), indices, axis=axis)"),
    "take_along_axis": (ALL, "f(some(x), xp.argsort(some(x), axis=axis), axis=axis)"),
    "nonzero": (ALL, "f(xp.expand_dims(x, axis=0))"),
    "count_nonzero": (ALL, "f(x, axis=axes, keepdims=flag)"),
    "searchsorted": (REAL, "f(xp.sort(flat(x)), y, side='left' if flag else 'right')"),
    "argmax argmin": (REAL, "f(some(x), axis=axis, keepdims=flag)"),
    "concat": (ALL, "f((x, y2, x), axis=axis if flag else None)"),
    "expand_dims": (ALL, "f(x, axis=axis)"),
    "flip": (ALL, "f(x, axis=axes)"),
    "moveaxis": (ALL, "f(x, axis, 0)"),
    "permute_dims": (ALL, "f(x, axes_in_order)"),
    "repeat": (ALL, "f(x, n, axis=axis)"),
    "reshape": (ALL, "f(x, (-1,) if x.size else x.shape[::-1], copy=True if flag else None)"),
    "roll": (ALL, "f(x, k, axis=axis)"),
    "squeeze": (ALL, "f(xp.expand_dims(x, axis=0), axis=0)"),
    "stack": (ALL, "f([x, y2], axis=axis)"),
    "tile": (ALL, "f(x, (n, 2))"),
    "unstack": (ALL, "f(x, axis=axis)"),
    "unique_all unique_counts unique_inverse": (ALL, "f(x)"),
    "unique_values": (ALL, "xp.sort(f(x))"),
    "sort argsort": (REAL, "f(x, axis=axis, stable=True)"),
    "cumulative_sum cumulative_prod": (REAL, "f(x, axis=axis, include_initial=flag)"),
    "sum prod": (REAL, "f(x, axis=axes, keepdims=flag)"),
    "max min": (REAL, "f(some(x), axis=axes, keepdims=flag)"),
    "mean": (FLOATS, "f(some(x), axis=axes, keepdims=flag)"),
    "std var": (FLOATS, "f(some(x), axis=axes, correction=0.5, keepdims=flag)"),
    "all any": (ALL, "f(x, axis=axes, keepdims=flag)"),
    "diff": (REAL, "f(x, axis=axis, n=n, **({'prepend': y2} if flag else {}))"),
    "matmul linalg.matmul": (REAL, "f(matrix(x), matrix(y2).mT)"),
    "matrix_transpose linalg.matrix_transpose": (ALL, "f(matrix(x))"),
    "tensordot linalg.tensordot": (REAL, "f(flat(x), flat(y), axes=0)"),
    "vecdot linalg.vecdot": (REAL, "f(x, y2, axis=-1)"),
    "linalg.cross": (REAL, "f(threes(x), threes(y2))"),
    "linalg.outer": (REAL, "f(flat(x), flat(y))"),
    "linalg.diagonal": (ALL, "f(matrix(x), offset=0)"),
    "linalg.trace": (REAL, "f(matrix(x), offset=0)"),
    "linalg.cholesky": (FLOATS, "f(square, upper=flag)"),
    "linalg.det linalg.inv linalg.slogdet linalg.eigvalsh linalg.svdvals": (FLOATS, "f(square)"),
    "linalg.eigh": (FLOATS, "f(square).eigenvalues"),
    "linalg.matrix_norm": (FLOATS, "[f(square, keepdims=flag, ord=o) for o in ('fro', 'nuc', 1, -1, 2, -2, np.inf)]"),
    "linalg.matrix_power": (FLOATS, "f(square, k)"),
    "linalg.matrix_rank": (FLOATS, "f(square, rtol=0.5 if flag else None)"),
    "linalg.pinv": (FLOATS, "f(square)"),
    "linalg.qr": (FLOATS, "xp.abs(f(square).R)"),
    "linalg.solve": (FLOATS, "f(square, square[..., 0] if square.ndim == 2 else square)"),
    "linalg.svd": (FLOATS, "f(square).S"),
    "linalg.vector_norm": (FLOATS, "f(x, axis=axes, keepdims=flag, ord=2)"),
    "fft.fftshift fft.ifftshift": (ALL, "f(x, axes=axes)"),
}
EVERY = {name: call for names, call in CALLS.items() for name in names.split()}

# What is rounded on the way, and so may differ in the last places; the numbers are finite where they are added up.
ADDED_UP = [
    "cumulative_sum",
    "cumulative_prod",
    "sum",
    "prod",
    "mean",
    "std",
    "var",
    "diff",
    "matmul",
    "tensordot",
    "vecdot",
    "linalg.matmul",
    "linalg.tensordot",
    "linalg.vecdot",
    "linalg.cross",
    "linalg.outer",
    "linalg.trace",
    "linalg.vector_norm",
    "meshgrid",
]
ROUNDED = set(ADDED_UP) | {name for name in EVERY if EVERY[name][0] == FLOATS} - {"nextafter", "signbit", "copysign"}
SHAPES = [(), (3,), (0,), (2, 3), (1, 3), (2, 0, 3), (2, 1, 3)]
# Of integers that do not fit into each other there is no common dtype in the standard.
MEET = {a: [b for b in ALL if np.result_type(a, b).kind == np.dtype(a).kind or a == b] for a in ALL}
for _signed in SIGNED:
    MEET[_signed] += ["uint8", "uint16", "uint32"]
for _kinds in (FLOATS, SIGNED, UNSIGNED, BOOL):
    for _name in _kinds:
        MEET[_name] = [
            b for b in MEET[_name] if np.dtype(b).kind in ("iu" if _kinds == SIGNED else np.dtype(_name).kind)
        ]


def numbers(rng, shape, dtype, finite):
    """Few different ones, so that there are equals; of floats, inf, nan and -0 too unless they are to be finite."""
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype in INTEGERS:
        return np.asarray(rng.integers(0 if dtype in UNSIGNED else -9, 9, shape)).astype(dtype)
    some = rng.choice([0.0, 1.0, -1.0, 2.5, -0.75, 0.3, 7.0], shape).astype(dtype)
    special = rng.choice([np.inf, -np.inf, np.nan, -0.0], shape).astype(dtype)
    return np.asarray(some) if finite else np.where(rng.random(shape) < 0.2, special, some)


@st.composite
def environments(draw, name):
    """What a call is evaluated in: arrays of numpy, and arguments."""
    dtypes, call = EVERY[name]
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    finite = name in ADDED_UP
    shapes = [s for s in SHAPES if (s or "ax" not in call) and (0 not in s or "some(" not in call)]
    if "threes(" in call:
        shapes = [s for s in shapes if s and s[-1] == 3]
    shape = draw(st.sampled_from(shapes))
    dtype = draw(st.sampled_from(dtypes))
    beside = draw(st.sampled_from([b for b in MEET[dtype] if b in dtypes]))
    one_sided = [tuple([n if draw(st.booleans()) else 1 for n in shape]), shape[1:], shape]
    other = draw(st.sampled_from(one_sided))
    if bool(other) != bool(shape):
        beside = dtype
    n = draw(st.integers(1, 3))
    batch = draw(st.sampled_from([(), (2,)]))
    factor = rng.random((*batch, 3, 3))
    axis = draw(st.integers(-len(shape), len(shape) - 1)) if shape else 0
    axes = draw(st.lists(st.integers(0, max(len(shape) - 1, 0)), unique=True).map(tuple)) if shape else ()
    return {
        "x": numbers(rng, shape, dtype, finite),
        "y": numbers(rng, other, beside, finite),
        "y2": numbers(rng, shape, dtype if not shape else beside, finite),
        "low": np.asarray(1, dtype),
        "high": np.asarray(3, dtype),
        "mask": np.asarray(rng.random(shape) < 0.5),
        "square": (factor @ factor.swapaxes(-1, -2) + 2 * np.eye(3)).astype(dtype),
        "indices": rng.integers(0, max(shape[axis], 1), 4) if shape else np.zeros(1, np.int64),
        "axis": axis,
        "axes": draw(st.sampled_from([None, axes, axis if shape else None])),
        "axes_in_order": tuple(draw(st.permutations(range(len(shape))))),
        "n": n,
        "k": draw(st.integers(-2, 2)),
        "step": draw(st.integers(1, 3)),
        "flag": draw(st.booleans()),
        "dtype": draw(st.sampled_from([None, np.dtype("float32"), np.dtype("int16")])),
        "wider": np.dtype(draw(st.sampled_from([*INTEGERS, *FLOATS, "bool"]))),
        "kinds": [
            "bool",
            "signed integer",
            "integral",
            ("unsigned integer", "real floating"),
            np.dtype("int8"),
            "numeric",
        ],
    }


def evaluated(xp, name, environment):
    """The call of a table's row with the functions and arrays of a library."""
    arrays = {key: xp.asarray(v) if isinstance(v, np.ndarray) else v for key, v in environment.items()}
    place = xp
    for part in name.split("."):
        place = getattr(place, part)
    arrays |= {
        "f": place,
        "xp": xp,
        "np": np,
        "some": lambda a: a,
        "flat": lambda a: xp.reshape(a, (-1,)),
        "matrix": lambda a: a if a.ndim > 1 else xp.reshape(a, (1, max(a.size, 0))),
        "threes": lambda a: a,
        "nonzero": lambda a: xp.where(a == 0, xp.ones_like(a), a),
        "modest": lambda a: xp.astype(a & 3, a.dtype),
        "limits": lambda found: [float(found.bits), float(found.max), float(found.min), found.dtype],
    }
    return eval(EVERY[name][1], arrays)


def parts(result):
    return [p for r in result for p in parts(r)] if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize("name", EVERY)
@drawn
@given(data=st.data())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_dtype_shape_and_numbers(name, data):
    environment = data.draw(environments(name))
    ours, wanted = parts(evaluated(ag, name, environment)), parts(evaluated(np, name, environment))
    for a, b in zip(ours, wanted, strict=True):
        if not isinstance(a, ag.Tensor):
            assert a == b
            assert type(a) is type(b) or not isinstance(a, (bool, int, float))
            continue
        b = np.asarray(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        if name in ROUNDED and b.dtype.kind == "f":
            error = 1e-5 if b.dtype == np.float32 or environment["x"].dtype == np.float32 else 1e-11
            np.testing.assert_allclose(a.numpy(), b, rtol=error, atol=error)
        else:
            np.testing.assert_array_equal(a.numpy(), b)


def test_the_tables_have_every_function():
    without_a_row = {"__array_namespace_info__", "Tensor.__array_namespace__", "Tensor.__dlpack__", "Tensor.to_device"}
    without_a_row |= {name for name in FUNCTIONS if name.startswith("fft.") and "shift" not in name}  # test_fourier.py
    assert set(FUNCTIONS) == set(EVERY) | without_a_row
    assert len(EVERY) == 158


# --- special cases --------------------------------------------------------------------------------------------------

SPECIAL = [0.0, 0.5, 1.0, 1.5, 2.5, 3.0, np.inf]
SPECIAL = np.array([*SPECIAL, *[-x for x in SPECIAL], np.nan])
OF_ONE = [
    name for name, (dtypes, call) in EVERY.items() if call == "f(x)" and "float64" in dtypes and "bool" not in dtypes
]
OF_TWO = [
    name for name, (dtypes, call) in EVERY.items() if call == "f(x, y)" and "float64" in dtypes and name in ag.__all__
]
OF_TWO = [*(name for name in OF_TWO if name not in ("can_cast", "result_type", "broadcast_arrays")), "remainder"]


def assert_same(found, expected, either_zero=False):
    """Equal, and of one sign where they are 0; rounded in the last place at most."""
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    if not either_zero and np.asarray(expected).dtype.kind == "f":
        zero = np.asarray(expected) == 0
        np.testing.assert_array_equal(np.signbit(found)[zero], np.signbit(expected)[zero])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OF_ONE)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_special_cases_of_one(name, dtype):
    points = SPECIAL.astype(dtype)
    assert_same(found(name)(ag.asarray(points)).numpy(), getattr(np, name)(points))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OF_TWO)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_special_cases_of_two(name, dtype):
    points = SPECIAL.astype(dtype)
    ours = found(name)(ag.asarray(points[:, None]), ag.asarray(points)).numpy()
    assert_same(ours, getattr(np, name)(points[:, None], points), either_zero=name in ("maximum", "minimum"))


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_cases_of_floor_divide(dtype):
    # With an infinity the standard has those of divide, other than Python and numpy; with finite numbers, theirs.
    points = SPECIAL.astype(dtype)
    ours = ag.floor_divide(ag.asarray(points[:, None]), ag.asarray(points)).numpy()
    with np.errstate(all="ignore"):
        finite = np.isfinite(points[:, None]) & np.isfinite(points)
        assert_same(ours, np.where(finite, np.floor_divide(points[:, None], points), points[:, None] / points))


# --- what no table holds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ALL)
def test_hypothesis_draws_arrays_of_the_namespace(dtype):
    xps = make_strategies_namespace(ag)

    @settings(max_examples=3, deadline=None, derandomize=True, database=None)
    @given(xps.arrays(dtype, xps.array_shapes(max_side=3)))
    def check(x):
        assert isinstance(x, ag.Tensor)
        assert x.dtype == getattr(ag, dtype)

    check()


def test_promotion_of_numbers_and_of_dtypes():
    assert ag.result_type(ag.int8, ag.uint8) == ag.int16
    assert ag.result_type(ag.float32, ag.ones(2), 1.0) == ag.float32
    assert ag.result_type(ag.float32, ag.float64) == ag.float64
    assert ag.result_type(ag.asarray([1, 2]), 3) == ag.int64
    assert ag.result_type(ag.ones(3), ag.asarray(np.array(1.0))) == (ag.ones(3) * ag.asarray(np.array(1.0))).dtype
    for wrong, error in (((), ag.ArgumentError), ((1, 2.0), ag.ArgumentError), (("no dtype",), ag.DTypeError)):
        with pytest.raises(error, match="result_type: takes"):
            ag.result_type(*wrong)


@pytest.mark.parametrize("name", ["nextafter", "copysign", "maximum", "add", "pow", "atan2", "less"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_numbers_beside_arrays_have_no_dtype(name, dtype):
    x = np.array([0.1, 0.7], dtype)
    ours = found(name)(ag.asarray(x), 0.1)
    expected = getattr(np, name)(x, np.asarray(0.1, dtype))
    assert ours.dtype == expected.dtype
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_what_is_no_dtype_or_kind_is_refused():
    with pytest.raises(ag.ArgumentError, match=r"isdtype: a kind is one of 'bool', .*; got 'float'"):
        ag.isdtype(ag.float32, "float")
    with pytest.raises(ag.DTypeError, match="isdtype: takes a dtype"):
        ag.isdtype(None, "bool")
    with pytest.raises(ag.DTypeError, match="finfo: takes a floating-point dtype, not int8; iinfo"):
        ag.finfo(ag.int8)
    with pytest.raises(ag.DTypeError, match="iinfo: takes an integer dtype, not float32; finfo"):
        ag.iinfo(ag.ones(2))


def test_namespace_says_what_it_can_do():
    x = ag.ones(2)
    assert x.__array_namespace__() is x.__array_namespace__(api_version="2022.12") is ag
    with pytest.raises(ag.ArgumentError, match=r"knows the standard from 2021.12 to 2024.12, not '2031.12'"):
        x.__array_namespace__(api_version="2031.12")
    info = ag.__array_namespace_info__()
    assert info.capabilities()["data-dependent shapes"] is True
    assert info.default_device() == x.device
    assert info.devices() == [x.device]
    assert info.default_dtypes() == {"real floating": ag.float32, "integral": ag.int64, "indexing": ag.int64}
    assert {*info.dtypes()} == {*ALL}
    assert {*info.dtypes(kind=("bool", "unsigned integer"), device="cpu")} == {"bool", *UNSIGNED}
    with pytest.raises(ag.ArgumentError, match="there is no device 'gpu'"):
        info.dtypes(device="gpu")


def test_constants():
    assert (ag.e, ag.pi, ag.inf, ag.newaxis) == (np.e, np.pi, np.inf, None)
    assert ag.nan != ag.nan


def test_asarray_copies_what_can_change_and_keeps_what_cannot():
    x = ag.ones(3, requires_grad=True)
    assert ag.asarray(x) is ag.asarray(x, dtype=ag.float32, copy=False) is ag.astype(x, ag.float32, copy=False) is x
    ag.asarray(x, dtype=ag.float64, copy=True).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
    theirs = np.ones(3)
    ours = ag.asarray(theirs)
    theirs[0] = 5.0
    assert ours.tolist() == [1.0, 1.0, 1.0]
    assert [ag.asarray(value).dtype for value in (True, 1, 1.0, [1, 2.0])] == [
        ag.bool,
        ag.int64,
        ag.float32,
        ag.float32,
    ]
    for call in (lambda: ag.asarray(theirs, copy=False), lambda: ag.asarray(x, dtype=ag.float64, copy=False)):
        with pytest.raises(ValueError, match=r"asarray: .*leave out copy=False"):
            call()
    with pytest.raises(ag.ArgumentError, match=r"reshape: shape .* needs a copy"):
        ag.reshape(ag.ones((2, 3)).T, (6,), copy=False)


@pytest.mark.parametrize("method", ["set", "add"])
def test_python_numbers_are_written_in_the_dtype_of_the_array(method):
    for dtype in (ag.int8, ag.uint8, ag.uint64):
        places = ag.zeros(3, dtype=dtype).at
        top = ag.iinfo(dtype).max
        one, two = getattr(places[1], method)(top), getattr(places[[0, 1]], method)([True, 7])
        assert one.dtype == two.dtype == dtype
        assert (one.tolist(), two.tolist()) == ([0, top, 0], [1, 7, 0])
        assert getattr(places[1], method)(np.int64(5)).tolist() == [0, 5, 0]
        for wide in (top + 1, 2**70, [0, 300] if top < 300 else np.int64(-1)):
            with pytest.raises(OverflowError, match=rf"at\[\.\.\.\]\.{method}: .*; convert the array with astype"):
                getattr(places[1:], method)(wide)
    with pytest.raises(ag.DTypeError, match="float64 numbers do not fit into an array of int8"):
        getattr(ag.zeros(3, dtype=ag.int8).at[0], method)(1.5)


def test_dlpack_gives_copies_or_read_only_memory():
    x = ag.ones(3)
    assert ag.from_dlpack(x, copy=True).tolist() == ag.from_dlpack(x).tolist() == [1.0, 1.0, 1.0]
    np.from_dlpack(x)[...]
    assert not np.from_dlpack(x, copy=False).flags.writeable
    with pytest.raises(BufferError, match="from_dlpack: a tensor never looks at memory that others can change"):
        ag.from_dlpack(np.ones(3), copy=False)
    for version in (None, (0, 8)):
        with pytest.raises(BufferError, match=r"__dlpack__: .* read-only, .* leave out copy=False"):
            x.__dlpack__(copy=False, max_version=version)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x[5],
        lambda x: ag.expand_dims(x, axis=3),
        lambda x: ag.sum(x, axis=2),
        lambda x: ag.sort(x, axis=-3),
        lambda x: ag.cumulative_sum(x, axis=2),
        lambda x: x.at[7].set(1.0),
    ],
)
def test_what_is_out_of_range_is_an_index_error_too(call):
    with pytest.raises(ag.OutOfRangeError) as caught:
        call(ag.ones((2, 3)))
    assert isinstance(caught.value, IndexError)
    assert isinstance(caught.value, ValueError)


def test_dtype_of_sums_and_products():
    x = ag.asarray(np.array([[1.5, 2.5], [3.0, -1.0]], np.float32), dtype=ag.float32)
    for function in (ag.sum, ag.prod, ag.cumulative_sum, ag.cumulative_prod, ag.linalg.trace):
        more = {"axis": 0} if function in (ag.cumulative_sum, ag.cumulative_prod) else {}
        leaf = ag.tensor(x, requires_grad=True)
        y = function(leaf, dtype=ag.float64, **more)
        assert y.dtype == ag.float64
        y.sum().backward()
        plain = ag.tensor(x, requires_grad=True)
        function(plain, **more).sum().backward()
        assert leaf.grad.dtype == ag.float32
        np.testing.assert_allclose(leaf.grad, plain.grad, rtol=1e-6)
        assert function(x, dtype=ag.int32, **more).dtype == ag.int32
        assert not function(leaf, dtype=ag.int32, **more).requires_grad


def test_unique_values_pass_their_gradient_to_the_first_of_each():
    x = ag.tensor([3.0, 1.0, 3.0, np.nan, np.nan], requires_grad=True)
    found = ag.unique_all(x)
    assert (found.indices.tolist(), found.counts.tolist()) == ([1, 0, 3, 4], [1, 2, 1, 1])
    (found.values * ag.asarray([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    assert x.grad.tolist() == [10.0, 1.0, 0.0, 100.0, 1000.0]


def test_searching_in_order_of_a_sorter():
    x = np.array([5.0, 1.0, 3.0])
    order = ag.argsort(ag.asarray(x))
    assert ag.searchsorted(ag.asarray(x), ag.asarray([1.0, 4.0]), sorter=order, side="right").tolist() == [1, 2]
    for wrong, error, message in (
        (lambda: ag.searchsorted(ag.ones((2, 2)), 1.0), ag.ShapeError, "looks in an array with one axis"),
        (lambda: ag.searchsorted(ag.ones(2), 1.0, side="middle"), ag.ArgumentError, "side must be"),
        (lambda: ag.nonzero(ag.ones(())), ag.ShapeError, "a 0-d array has no places"),
        (lambda: ag.diff(ag.ones(3), n=-1), ag.ArgumentError, "diff: n is how often"),
        (lambda: ag.cross(ag.ones(2), ag.ones(2)), ag.ShapeError, "cross: takes three elements"),
        (lambda: ag.linalg.matrix_norm(ag.ones((2, 2)), ord=3), ag.ArgumentError, "matrix_norm: ord must be"),
    ):
        with pytest.raises(error, match=message):
            wrong()
