"""Exponentials, logarithms of whole arrays in float32, written so that the compiler makes vector instructions of them.

The library functions take one number a call, 3 to 8 ns each; these take less than half a nanosecond. Both split the
number into a power of two, by its bits, and a rest, whose function is a polynomial: coefficients from Moshier's Cephes
library (1984-1992, single precision). Their relative error is at most 1e-7.
"""

from __future__ import annotations

import math

import numpy as np

from quality.aggregation.compiling import Array, compiled_in_order

# Every constant is a float32: a plain one would turn the whole expression into float64, at half the speed.
NOTHING, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
IMPOSSIBLE = np.float32(-np.inf)
LEAST = np.float32(-87.0)
LOG2E = np.float32(1.0 / math.log(2.0))
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
ROOT = np.float32(math.sqrt(0.5))
SMALLEST_NORMAL, RAISE, RAISED_LOG = np.float32(2.0**-126), np.float32(2.0**24), np.float32(24.0 * math.log(2.0))
E5, E4, E3 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
E2, E1, E0 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
L8, L7, L6 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
L5, L4, L3 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
L2, L1, L0 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)


@compiled_in_order
def exponentials(values: Array, bits: Array) -> None:
    """Replace ``values`` (n,) float32, all at most 0, by their exponentials; under e^-87 it is 0.

    bits: (n,) or more int32 of working memory.
    """
    scale = bits.view(np.float32)
    for i in range(len(values)):
        x = max(values[i], LEAST)
        # A conversion cuts towards 0, which for these numbers is upwards.
        power = np.int32(x * LOG2E - HALF)
        twos = np.float32(power)
        rest = x - twos * LN2_HIGH - twos * LN2_LOW
        series = ((((E5 * rest + E4) * rest + E3) * rest + E2) * rest + E1) * rest + E0
        bits[i] = (power + 127) << 23
        whole = (series * rest * rest + rest + ONE) * scale[i]
        values[i] = whole if values[i] >= LEAST else NOTHING


@compiled_in_order
def logarithms(values: Array, bits: Array) -> None:
    """Replace ``values`` (n,) float32, none negative, by their logarithms; log 0 is minus infinity.

    bits: (n,) or more int32 of working memory.
    """
    mantissa = bits.view(np.float32)
    for i in range(len(values)):
        value = values[i]
        small = value < SMALLEST_NORMAL
        mantissa[i] = value * RAISE if small else value
        pattern = bits[i]
        twos = np.float32(np.int32((pattern >> 23) - 126))
        bits[i] = (pattern & 0x007FFFFF) | 0x3F000000
        part = mantissa[i]
        low = part < ROOT
        twos = twos - ONE if low else twos
        x = part + part - ONE if low else part - ONE
        square = x * x
        series = (((((((L8 * x + L7) * x + L6) * x + L5) * x + L4) * x + L3) * x + L2) * x + L1) * x + L0
        log = x * square * series + twos * LN2_LOW - HALF * square + x + twos * LN2_HIGH
        log = log - RAISED_LOG if small else log
        values[i] = log if value > NOTHING else IMPOSSIBLE
