"""Makes the coefficients of erfc in autograd_core/kernels/exponential.py. Needs mpmath; prints them with the errors.

(1 + 2x)·exp(x²)·erfc(x) for x ≥ 0 is nearly flat in t = (x - 4)/(x + 4) (Shepherd and Laframboise 1981): interpolated
in Chebyshev's points from 0 to where erfc is no longer a number.
"""

import mpmath as mp

mp.mp.dps = 50
TERMS_AND_END = {32: (11, 10.3), 64: (23, 28)}


def flat(t):
    x = 4 * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def interpolate(terms, end):
    half = (1 + (mp.mpf(end) - 4) / (end + 4)) / 2
    points = [half * (1 + mp.cos(mp.pi * (2 * i + 1) / (2 * terms))) - 1 for i in range(terms)]
    powers = mp.matrix([[t**j for j in range(terms)] for t in points])
    return list(mp.lu_solve(powers, mp.matrix([flat(t) for t in points])))


def main():
    for bits, (terms, end) in TERMS_AND_END.items():
        series = interpolate(terms, end)
        last = (mp.mpf(end) - 4) / (end + 4)
        tries = [(last + 1) * i / 500 - 1 for i in range(501)]
        error = max(abs(mp.polyval(series[::-1], t) / flat(t) - 1) for t in tries)
        print(f"float{bits}, error {mp.nstr(error, 2)}")
        for coefficient in series:
            print(f"    {mp.nstr(coefficient, 18)},")


if __name__ == "__main__":
    main()
