"""Write golden_polygamma.npz: digamma and its derivatives by mpmath, for tests/autograd_core/ops/test_special.py.

Run once, in an environment of its own; the test needs the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install mpmath numpy
    .venv-golden/bin/python tests/golden/make_golden_polygamma.py

Arguments are float64 numbers of every size and both signs, among them neighbours of poles and of the places where
polygamma.py goes over from one formula to the other. `values` has a row for each order.
"""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np

ORDERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 171]


def arguments():
    rng = np.random.default_rng(22)
    poles = -np.array([0.0, 1.0, 2.0, 3.0, 9.0, 10.0, 11.0, 20.0, 100.0, 1000.0, 123456.0])
    near = np.concatenate([poles + sign * d for sign in (1.0, -1.0) for d in (1e-9, 1e-5, 1e-2)])
    neighbours = np.concatenate([np.nextafter(poles[1:], side) for side in (-np.inf, np.inf)])
    sizes = np.exp(rng.uniform(np.log(1e-30), np.log(1e30), 60))
    far = -np.exp(rng.uniform(np.log(1.0), np.log(1e12), 60))
    seams = np.array([10.0, 11.0, 12.0, 18.0]) + np.array([[-1e-9], [0.0], [0.3]])
    x = np.concatenate([near, neighbours, sizes, far, seams.ravel(), rng.uniform(-40.0, 40.0, 150)])
    return np.unique(x[x != np.floor(x)])


def polygamma(n, x):
    """The nth derivative of digamma, x being exact: by reflection below 0, where mpmath's own would take long."""
    x = mpmath.mpf(x)
    if x >= 0.5:
        return mpmath.psi(n, x)
    # ψₙ(1-x) = (-1)ⁿ(ψₙ(x) + π dⁿ/dxⁿ cot πx), and the derivatives of the cotangent are polynomials in it.
    fraction = x - mpmath.nint(x)
    c = mpmath.cot(mpmath.pi * fraction)
    coefficients = [mpmath.mpf(0), mpmath.mpf(1)]  # of powers of c; d/dx c = -π(1 + c²)
    for _ in range(n):
        slopes = [k * a for k, a in enumerate(coefficients)][1:]
        coefficients = [mpmath.mpf(0)] * (len(slopes) + 2)
        for k, a in enumerate(slopes):
            coefficients[k] -= mpmath.pi * a
            coefficients[k + 2] -= mpmath.pi * a
    cotangent = mpmath.polyval(coefficients[::-1], c)
    return (-1) ** n * mpmath.psi(n, 1 - x) - mpmath.pi * cotangent


def main():
    mpmath.mp.dps = 400  # near poles nearly all digits cancel
    x = arguments()
    values = np.array([[float(polygamma(n, v)) for v in x.tolist()] for n in ORDERS])
    path = Path(__file__).with_name("golden_polygamma.npz")
    np.savez_compressed(path, orders=ORDERS, x=x, values=values)
    print(f"{path}: {values.size} values, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
