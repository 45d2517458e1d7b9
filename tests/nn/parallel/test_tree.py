"""Sums in one fixed tree, over arrays and over processes that are played by this one."""

import numpy as np
import pytest

from nn.parallel.tree import TreeSum, add_up

rng = np.random.default_rng(0)


def tree(leaves):
    """The definition: a half and a half."""
    if len(leaves) == 1:
        return leaves[0]
    middle = len(leaves) // 2
    return tree(leaves[:middle]) + tree(leaves[middle:])


def summed(leaves):
    sums = TreeSum(leaves[0].size, leaves[0].dtype, len(leaves))
    for leaf in leaves:
        sums.place()[:] = leaf
        sums.added()
    return sums.result().copy()


class Played:
    """One of several communicators that hand messages to each other."""

    def __init__(self, rank, size, post):
        self.rank, self.size, self.post, self.sent = rank, size, post, 0

    def exchange(self, partner, out, into, tag):
        self.post.setdefault((self.rank, partner, tag), []).append(out.copy())
        self.sent += out.size
        return Message(self.post, (partner, self.rank, tag), into)


class Message:
    def __init__(self, post, key, into):
        self.post, self.key, self.into = post, key, into

    def done(self):
        if self.into is not None and self.post.get(self.key):
            self.into[:] = self.post[self.key].pop(0)
            self.into = None
        return self.into is None


def added_up_by(processes, arrays):
    """Every process's result, and the most numbers that one of them sent."""
    post = {}
    players = [Played(rank, processes, post) for rank in range(processes)]
    arrays = [array.copy() for array in arrays]
    steps = [add_up(player, array, 5) for player, array in zip(players, arrays, strict=True)]
    pending = [next(one, None) for one in steps]
    while any(one is not None for one in pending):
        for rank, one in enumerate(pending):
            if one is not None and one.done():
                pending[rank] = next(steps[rank], None)
    assert not any(post.values())
    return arrays, max(player.sent for player in players)


@pytest.mark.parametrize("count", [1, 2, 8, 16])
def test_arrays_are_added_as_the_tree_says_again_and_again(count):
    sums = TreeSum(5, np.float32, count)
    for _ in range(2):
        leaves = list(rng.standard_normal((count, 5)).astype(np.float32))
        for leaf in leaves:
            sums.place()[:] = leaf
            sums.added()
        np.testing.assert_array_equal(sums.result(), tree(leaves))


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_any_number_of_processes_gives_the_same_bits(processes, size):
    leaves = list((rng.standard_normal((8, size)) * 10.0 ** rng.integers(-4, 4, (8, size))).astype(np.float32))
    here = 8 // processes
    parts = [summed(leaves[rank * here : (rank + 1) * here]) for rank in range(processes)]
    found, sent = added_up_by(processes, parts)
    for array in found:
        np.testing.assert_array_equal(array, tree(leaves))
    if size == 100:
        assert sent <= 2 * size * (processes - 1) / processes + 2 * 3
    assert not np.array_equal(sum(leaves), tree(leaves)) or size < 100  # another order gives others


def test_infinities_are_added_without_a_warning():
    found, _ = added_up_by(2, [np.array([np.inf, 3e38], np.float32), np.array([-np.inf, 3e38], np.float32)])
    np.testing.assert_array_equal(found[0], [np.nan, np.inf])
