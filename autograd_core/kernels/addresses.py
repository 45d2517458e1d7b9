"""Addresses of arrays, which launches are told."""

import ctypes

_HEADER = object.__basicsize__  # of any object of Python's; numpy's C interface has an array's address behind it
_word_at = ctypes.c_ssize_t.from_address


def address_of(x):
    """Where the first element of an array is: what `x.ctypes.data` takes six times as long to say."""
    return _word_at(id(x) + _HEADER).value
