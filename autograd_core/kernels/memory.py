"""Memory for large results, handed out again as soon as nobody holds what was in it.

A training step makes the same arrays as the one before. Fresh ones would come from the system as pages to be filled in
one by one, a fault each, which takes longer than the arithmetic of a ReLU on them. So each thread keeps the blocks that
it once asked for; a block is free when no array looks at it any more, which its reference count says.
"""

import gc
import sys
import threading
from contextlib import contextmanager
from math import prod

import numpy as np

from autograd_core.kernels import FLOATS
from autograd_core.kernels.thresholds import LARGE as LARGE
from autograd_core.kernels.thresholds import LARGE_RESULT as LARGE_RESULT

# Requests after which a block that was never wanted is given back, once others are asked for than there are.
_FORGOTTEN = 256


class _Block:
    """Memory, and when it was last handed out."""

    __slots__ = ("memory", "used")

    def __init__(self, size):
        self.memory = np.empty(size, np.uint8)
        self.used = 0


def _count(block):
    return sys.getrefcount(block.memory)


_FREE = _count(_Block(0))  # of memory that nobody else looks at; see references.py


class _Own(threading.local):
    def __init__(self):
        self.blocks = {}  # by size
        self.apart = None  # all of them by the id of their memory, where they are to be kept
        self.requests = 0


_own = _Own()


@contextmanager
def without_collector():
    """Within it Python does not look for garbage in circles, as it else would while many objects come and stay."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def apart():
    """Within it this thread's results come from blocks of their own, which nothing after it will use.

    Gives the blocks, by the id of their memory, as they are made. They live as long as that is held.
    """
    outer = _own.blocks, _own.apart
    _own.blocks, _own.apart = {}, {}
    try:
        yield _own.apart
    finally:
        _own.blocks, _own.apart = outer


def empty(shape, dtype):
    """An uninitialised, C-contiguous array, as of np.empty."""
    size = prod(shape) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    own = _own
    own.requests += 1
    for block in own.blocks.get(size, ()):
        if _count(block) == _FREE:
            break
    else:
        block = _Block(size)
        if own.apart is None:
            _give_back_forgotten(own)
        else:
            own.apart[id(block.memory)] = block
        own.blocks.setdefault(size, []).append(block)
    block.used = own.requests
    return np.ndarray(shape, dtype, block.memory)


def compute(ufunc, first, *others):
    """ufunc(first, *others) for a large array, in memory from here if the result is like `first`."""
    if first.dtype in FLOATS and first.flags.c_contiguous and all(_broadcasts_to(x, first) for x in others):
        return ufunc(first, *others, out=empty(first.shape, first.dtype))
    return ufunc(first, *others)


def _broadcasts_to(x, first):
    if type(x) is not np.ndarray:
        return type(x) is float or type(x) is int
    if x.dtype != first.dtype or x.ndim > first.ndim:
        return False
    skipped = first.ndim - x.ndim
    return x.shape == first.shape or all(n in (1, m) for n, m in zip(x.shape, first.shape[skipped:], strict=True))


def _give_back_forgotten(own):
    oldest = own.requests - _FORGOTTEN
    for size, blocks in list(own.blocks.items()):
        blocks[:] = [b for b in blocks if b.used > oldest or _count(b) > _FREE]
        if not blocks:
            del own.blocks[size]
