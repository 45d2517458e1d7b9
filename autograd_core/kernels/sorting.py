"""The order of the entries of rows: by their bits, eight at a time, from the lowest on.

The bits of floats, those of negative ones reversed, are whole numbers in the order of the floats. Counting how often
each of 256 digits occurs says where the entries that have it go, and as entries with the same one stay in order, so do
equal entries. numpy's stable order compares entries two at a time, and which is larger no processor can guess.
"""

import numpy as np

from autograd_core.kernels import memory
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import InBits2, OutInts2, kernel
from autograd_core.kernels.threads import get_num_threads, scratch
from autograd_core.kernels.thresholds import SORTING_TASK

_BITS = 8
_DIGITS = 1 << _BITS


def order_of_rows(x, descending):
    """The indices that put each row in order; equal entries stay in theirs, and nan is larger than any number.

    Shapes: (n, m), C-contiguous, m > 0 -> (n, m) intp.
    """
    order = memory.empty(x.shape, np.dtype(np.intp))
    bits = x.view(f"i{x.itemsize}")
    infinity = np.array(np.inf, x.dtype).view(bits.dtype).item()
    rows, threads = max(1, SORTING_TASK // x.shape[1]), get_num_threads()
    size = 2 * x.shape[1] + x.itemsize * _DIGITS
    working = scratch(threads * size, order.dtype)[: threads * size].reshape(threads, size)
    _order(x.itemsize * x.size, -(-len(x) // rows), bits, order, working, rows, infinity, bool(descending))
    return order


@jit
def _key(bits, infinity, lowest, descending):
    """Other bits: read as whole numbers, none negative, they are in the order of the floats."""
    if bits & ~lowest > infinity:
        bits = ~lowest  # all nans are equal
    elif bits == lowest:
        bits = 0  # -0.0 is equal to 0.0
    elif bits < 0:
        bits ^= ~lowest
    if descending:
        bits = ~bits
    return bits ^ lowest


@kernel
def _order(worker, task, bits: InBits2, order: OutInts2, working: OutInts2, rows, infinity, descending: bool):
    """Some rows."""
    count, length = bits.shape
    digits = bits.itemsize
    lowest = np.int64(-1) << (8 * digits - 1)
    keys, other = working[worker, :length], working[worker, length : 2 * length]
    places = working[worker, 2 * length :].reshape((digits, _DIGITS))
    for n in range(task * rows, min((task + 1) * rows, count)):
        places[:] = 0
        for i in range(length):
            key = keys[i] = _key(np.int64(bits[n, i]), infinity, lowest, descending)
            for digit in range(digits):
                places[digit, (key >> _BITS * digit) & (_DIGITS - 1)] += 1
        source, target = other, order[n]
        for i in range(length):
            target[i] = i
        for digit in range(digits):
            place = places[digit]
            if place[(keys[0] >> _BITS * digit) & (_DIGITS - 1)] == length:
                continue  # all have it
            start = 0
            for value in range(_DIGITS):
                place[value], start = start, start + place[value]
            source, target = target, source
            for i in range(length):
                index = source[i]
                value = (keys[index] >> _BITS * digit) & (_DIGITS - 1)
                target[place[value]] = index
                place[value] += 1
        order[n] = target
