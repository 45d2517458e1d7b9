"""exp, log and their kin without branches, tables or calls, so that LLVM makes vectors of a loop over them.

They are off by no more than about one unit in the last place, expm1 by two, tanh by three and erfc by five, and right
at 0, ±inf, nan and among denormal numbers. Numba's own call the C library for every number, which takes several times
as long as all the arithmetic here.

No function here may be compiled with `reassoc`: the order of roundings is what makes them exact. They keep their own
flags when they are inlined elsewhere.

    exp     x = n·log 2 + r with |r| ≤ ½·log 2; then e^x = 2^n·e^r, and e^r is its Taylor series
    expm1   2^n·(e^r - 1) + (2^n - 1), which does not cancel near 0
    tanh    -e/(e + 2) with e = expm1(-2|x|), and the sign of x
    log     x = 2^n·m with m from √½ to √2; then s = (m - 1)/(m + 1) and log m = 2·artanh s, its Taylor series
    log1p   log(1 + x), and what was rounded off in 1 + x (Goldberg 1991, theorem 4)
    erfc    exp(-x²), with what was rounded off in x², times a flat function (Shepherd and Laframboise 1981)
"""

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.jit import jit

FUNCTIONS = ("erfc", "exp", "expm1", "log", "log1p", "tanh")

# Bits of the mantissa, terms of the series of e^r and of artanh, and log 2 in two parts: the first has so many zeros at
# its end that its product with any exponent is exact, the second is the rest.
_FORMATS = {
    32: (23, 8, 5, float.fromhex("0x1.62ep-1"), float.fromhex("0x1.0bfbe8e7bcd5ep-15")),
    64: (52, 14, 12, float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")),
}

# For (1 + 2x)·exp(x²)·erfc(x) in t = (x - 4)/(x + 4), made by tests/golden/make_erfc_series.py.
# fmt: off
_ERFC_SERIES = {
    32: [
        1.23299513432, -0.1396210319, 0.01537750837, 0.06809209164, -0.10099516757, 0.09383139085,
        -0.06659087563, 0.03641714996, -0.0160320214, 0.00686456277, 0.00082956704,
    ],
    64: [
        1.23299511862555251, -0.139621116840562894, 0.0153796521026207413, 0.0680970542547373239,
        -0.101039066036352132, 0.0937328349967941159, -0.0663303658115293841, 0.037167515562492866,
        -0.0161977340591150071, 0.00503196975589542611, -0.000757773341413330045, -0.000199255507556149521,
        0.000150622243948302992, -0.000024403169244974075, -0.0000112247891351547007, 5.7178872846321852e-6,
        3.01350499448753948e-7, -8.35161968869684708e-7, 6.27072715719831088e-8, 1.15349437457541573e-7,
        -7.71541861441783013e-9, -1.36709898633473824e-8, -1.82060986803086833e-9,
    ],
}
# fmt: on


def _constants(bits):
    """What the functions call by name, for floats of so many bits."""
    mantissa, exp_terms, log_terms, log2_upper, log2_lower = _FORMATS[bits]
    largest = float(np.finfo(f"f{bits // 8}").max)
    return {
        "log2_e": math.log2(math.e),
        "-log2_upper": -log2_upper,
        "-log2_lower": -log2_lower,
        "log2_upper": log2_upper,
        "log2_lower": log2_lower,
        # Added to a number, it leaves no bits behind the point, and the whole number in the last bits.
        "rounder": 1.5 * 2.0**mantissa,
        "lowest": -1.25 * math.log(largest),  # e to it is 0
        "lowest of expm1": -(mantissa + 3) * math.log(2),  # e to it is nothing beside 1
        "highest": 1.25 * math.log(largest),
        "overflow": math.log(largest),
        "negligible": 2.0 ** -(mantissa + 2),
        "smallest": float(np.finfo(f"f{bits // 8}").tiny),
        "denormals": 2.0 ** (mantissa + 2),
        "denormals' exponent": mantissa + 2.0,
        "root": math.sqrt(0.5),
        # (e^r - 1 - r)/r² and (log m - 2s)/s³, the latter in s².
        "exp series": [1 / math.factorial(k) for k in range(2, exp_terms)],
        "log series": [2 / (2 * k + 1) for k in range(1, log_terms)],
        "erfc series": _ERFC_SERIES[bits],
        "end of erfc": 11.0 if bits == 32 else 28.0,  # from here on it is 0
    }


_CONSTANTS = {types.float32: _constants(32), types.float64: _constants(64)}


@intrinsic
def _like(typing_context, x, value):
    """The number in the type of x: literals are float64, and would make that of all that they meet."""

    def generate(context, builder, signature, arguments):
        return context.cast(builder, arguments[1], types.float64, x)

    return x(x, types.float64), generate


@intrinsic(prefer_literal=True)
def _constant(typing_context, x, name):
    """The constant of this name in the type of x."""

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(x), _CONSTANTS[x][name.literal_value])

    return x(x, name), generate


@intrinsic(prefer_literal=True)
def _series(typing_context, x, name):
    """The power series of this name at x, by Horner's rule."""

    def generate(context, builder, signature, arguments):
        at = arguments[0]
        *lower, total = (ir.Constant(at.type, c) for c in _CONSTANTS[x][name.literal_value])
        for coefficient in reversed(lower):
            total = builder.fma(total, at, coefficient)
        return total

    return x(x, name), generate


@intrinsic
def _fma(typing_context, a, b, c):
    """a·b + c, rounded once."""
    return a(a, a, a), lambda context, builder, signature, arguments: builder.fma(*arguments)


@intrinsic
def _copysign(typing_context, size, sign):
    """`size`, which is not negative, with the sign of `sign`."""

    def generate(context, builder, signature, arguments):
        size, sign = arguments
        whole, top = _integer(size)
        bits = builder.or_(builder.bitcast(size, whole), builder.and_(builder.bitcast(sign, whole), top))
        return builder.bitcast(bits, size.type)

    return size(size, size), generate


def _integer(value):
    """The integer type as wide as a float, and the float's sign bit as such a number."""
    width = 64 if value.type == ir.DoubleType() else 32
    whole = ir.IntType(width)
    return whole, ir.Constant(whole, 1 << width - 1)


@intrinsic
def _power(typing_context, rounded):
    """2^n in two factors, where `rounded` is n + rounder: 2^n by itself may be too large or too small to be held."""

    def generate(context, builder, signature, arguments):
        (value,) = arguments
        whole, _ = _integer(value)
        mantissa = _FORMATS[rounded.bitwidth][0]
        bias = ir.Constant(whole, (1 << rounded.bitwidth - mantissa - 2) - 1)
        zero = builder.bitcast(ir.Constant(value.type, _CONSTANTS[rounded]["rounder"]), whole)
        n = builder.sub(builder.bitcast(value, whole), zero)
        half = builder.ashr(n, ir.Constant(whole, 1))
        factors = [
            builder.bitcast(builder.shl(builder.add(part, bias), ir.Constant(whole, mantissa)), value.type)
            for part in (half, builder.sub(n, half))
        ]
        return context.make_tuple(builder, signature.return_type, factors)

    return types.UniTuple(rounded, 2)(rounded), generate


@intrinsic
def _parts(typing_context, x):
    """(n, m) with x = 2^n·m, both floats, and m from √½ to √2; x is positive, and no denormal."""

    def generate(context, builder, signature, arguments):
        (value,) = arguments
        whole, _ = _integer(value)
        mantissa = ir.Constant(whole, _FORMATS[x.bitwidth][0])
        bits = builder.bitcast(value, whole)
        root = builder.bitcast(ir.Constant(value.type, _CONSTANTS[x]["root"]), whole)
        n = builder.ashr(builder.sub(bits, root), mantissa)
        m = builder.bitcast(builder.sub(bits, builder.shl(n, mantissa)), value.type)
        return context.make_tuple(builder, signature.return_type, [builder.sitofp(n, value.type), m])

    return types.UniTuple(x, 2)(x), generate


@jit(forceinline=True)
def _reduced(x):
    """e^r - 1, and n + rounder."""
    rounded = _fma(x, _constant(x, "log2_e"), _constant(x, "rounder"))
    n = rounded - _constant(x, "rounder")
    r = _fma(n, _constant(x, "-log2_lower"), _fma(n, _constant(x, "-log2_upper"), x))
    return _fma(r * r, _series(r, "exp series"), r), rounded


@jit(forceinline=True)
def exp(x):
    """e^x."""
    lowest, highest = _constant(x, "lowest"), _constant(x, "highest")
    x = lowest if x < lowest else x  # and not max(), which would lose a nan
    x = highest if x > highest else x
    e, rounded = _reduced(x)
    one, other = _power(rounded)
    return (e + _like(x, 1.0)) * one * other


@jit(forceinline=True)
def expm1(x):
    """e^x - 1."""
    lowest, overflow = _constant(x, "lowest of expm1"), _constant(x, "overflow")
    bounded = lowest if x < lowest else x
    bounded = overflow if bounded > overflow else bounded
    e, rounded = _reduced(bounded)
    one, other = _power(rounded)
    half = one * _like(x, 0.5) * other  # of 2^n, which might be infinite where its sum with 2^n·e is not
    y = _like(x, 2.0) * _fma(half, e, half - _like(x, 0.5))
    y = _like(x, math.inf) if x > overflow else y
    return x if math.fabs(x) < _constant(x, "negligible") else y


@jit(forceinline=True)
def tanh(x):
    """The hyperbolic tangent."""
    e = expm1(_like(x, -2.0) * math.fabs(x))
    return _copysign(-e / (e + _like(x, 2.0)), x)


@jit(forceinline=True)
def _log(x, shift, correction):
    """log(x / 2^shift) + correction, for a positive x that is no denormal."""
    n, m = _parts(x)
    n = n - shift
    f = m - _like(x, 1.0)
    s = f / (f + _like(x, 2.0))
    half = _like(x, 0.5) * f * f
    rest = s * (half + s * s * _series(s * s, "log series"))
    return n * _constant(x, "log2_upper") + (f - (half - (rest + (n * _constant(x, "log2_lower") + correction))))


@jit(forceinline=True)
def _with_ends(u, y):
    """y = log u, but -inf of 0, nan of negative numbers and inf of inf."""
    y = _like(u, -math.inf) if u == _like(u, 0.0) else y
    y = _like(u, math.nan) if u < _like(u, 0.0) else y
    return u if u == _like(u, math.inf) else y


@jit(forceinline=True)
def log(x):
    """The natural logarithm."""
    denormal = x < _constant(x, "smallest")
    normal = x * _constant(x, "denormals") if denormal else x
    shift = _constant(x, "denormals' exponent") if denormal else _like(x, 0.0)
    return _with_ends(x, _log(normal, shift, x - x))  # x - x is nan for nan


@jit(forceinline=True)
def log_of_normal(x):
    """The natural logarithm of a positive number that is no denormal and not inf, or of nan."""
    return _log(x, _like(x, 0.0), x - x)


@jit(forceinline=True)
def log1p(x):
    """log(1 + x)."""
    u = x + _like(x, 1.0)
    y = _with_ends(u, _log(u, _like(x, 0.0), (x - (u - _like(x, 1.0))) / u))
    return x if math.fabs(x) < _constant(x, "negligible") else y


@jit(forceinline=True)
def erfc(x):
    """1 - erf(x), exact where that is near 0."""
    end, four, one = _constant(x, "end of erfc"), _like(x, 4.0), _like(x, 1.0)
    size = math.fabs(x)
    size = end if size > end else size
    square = size * size
    rounded_off = _fma(size, size, -square)
    tail = exp(-square)
    tail = _fma(-rounded_off, tail, tail)
    tail = tail * (_series((size - four) / (size + four), "erfc series") / _fma(size, _like(x, 2.0), one))
    return _like(x, 2.0) - tail if x < _like(x, 0.0) else tail
