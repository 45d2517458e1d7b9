"""Random streams that are functions of a seed and a place in the training, and the orders that are drawn from them.

Nothing here has a state: who asks for the same place gets the same numbers, whatever was asked for before. So a
training that is resumed in the middle of an epoch goes on as if nothing had happened.
"""

import numpy as np
from numpy.typing import NDArray

_SPLIT = (0, 0, 1)  # keys of different lengths are different streams: (epoch,), (epoch, batch), this
# and (epoch, batch, shard, 0)


def shuffled_order(length: int, *, seed: int, epoch: int) -> NDArray[np.intp]:
    """A permutation of range(length) that only (seed, epoch, length) decides, on every machine and numpy version."""
    return _permutation(length, np.random.SeedSequence(seed, spawn_key=(epoch,)))


def random_numbers(length: int, *, seed: int, epoch: int) -> NDArray[np.float64]:
    """Numbers from 0 up to, but not including, 1, that only (seed, epoch, length) decides."""
    raw = np.random.Philox(np.random.SeedSequence(seed, spawn_key=(epoch,))).random_raw(length)
    return np.asarray((raw >> np.uint64(11)) * 2.0**-53, np.float64)


def split_order(length: int, *, seed: int) -> NDArray[np.intp]:
    """A permutation of range(length) to split data by, independent of the orders that they are then trained in."""
    return _permutation(length, np.random.SeedSequence(seed, spawn_key=_SPLIT))


def batch_generator(*, seed: int, epoch: int, batch: int, shard: int | None = None) -> np.random.Generator:
    """What batch number `batch` of an epoch, or one shard of it, draws its augmentation from."""
    key = (epoch, batch) if shard is None else (epoch, batch, shard, 0)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))


def _permutation(length: int, seed: np.random.SeedSequence) -> NDArray[np.intp]:
    """numpy promises the raw stream of a bit generator for good, but not what `Generator.permutation` makes of it.

    Hence the sort of raw random keys, stable so that even equal keys have one order.
    """
    return np.argsort(np.random.Philox(seed).random_raw(length), kind="stable")
