import threading

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.kernels import memory

FLOAT = np.dtype(np.float32)
SHAPE = (memory.LARGE, 2)


def address(array):
    return array.ctypes.data


@pytest.fixture(autouse=True)
def no_blocks():
    memory._own.blocks.clear()


def test_what_nobody_holds_is_handed_out_again():
    first = memory.empty(SHAPE, FLOAT)
    place = address(first)
    assert (first.shape, first.dtype, first.flags.c_contiguous) == (SHAPE, FLOAT, True)
    del first
    second = memory.empty((2, memory.LARGE), FLOAT)
    assert address(second) == place


@pytest.mark.parametrize("look", [lambda x: x[3:], lambda x: x.T, memoryview, lambda x: x.view(np.int32)[0, :1]])
def test_what_anybody_looks_at_is_left_alone(look):
    first = memory.empty(SHAPE, FLOAT)
    place, view = address(first), look(first)
    del first
    second = memory.empty(SHAPE, FLOAT)
    assert address(second) != place
    del view
    assert address(memory.empty(SHAPE, FLOAT)) == place


def test_small_arrays_are_numpys_own():
    assert memory.empty((3, 4), FLOAT).base is None
    assert memory.empty((0, 4), FLOAT).shape == (0, 4)


def test_what_is_no_longer_wanted_is_given_back():
    del_me = memory.empty(SHAPE, FLOAT)
    held = memory.empty(SHAPE, FLOAT)
    del del_me
    for rows in range(memory._FORGOTTEN + 1):
        memory.empty((memory.LARGE, 3 + rows % 2), FLOAT)
    memory.empty((memory.LARGE, 9), FLOAT)
    (block,) = memory._own.blocks[held.nbytes]
    assert block.memory is held.base


def test_threads_have_blocks_of_their_own():
    places, barrier = [], threading.Barrier(2)

    def work():
        for _ in range(50):
            barrier.wait()
            array = memory.empty(SHAPE, FLOAT)
            places.append(address(array))
            barrier.wait()
            del array

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(places[i] != places[i + 1] for i in range(0, len(places), 2))


BIG = np.arange(1.0, 1.0 + memory.LARGE_RESULT // 4, dtype=np.float32).reshape(256, -1)


@pytest.mark.parametrize(
    "other",
    [BIG[::-1], BIG[0], BIG[:, :1], 2.0, 3, BIG.astype(np.float64), np.float64(2), BIG[None], np.ones((2, 1, 1), "f4")],
    ids=["alike", "row", "column", "float", "int", "wider", "wider number", "more axes", "larger result"],
)
@pytest.mark.parametrize("first", [BIG, BIG.T.copy().T], ids=["contiguous", "transposed"])
def test_a_ufunc_in_this_memory_gives_what_it_gives_elsewhere(first, other):
    ours, numpys = memory.compute(np.multiply, first, other), np.multiply(first, other)
    assert ours.dtype == numpys.dtype
    np.testing.assert_array_equal(ours, numpys)


def test_large_sums_products_and_powers_use_memory_again():
    x = ag.tensor(BIG / BIG.size, requires_grad=True)
    g = ag.tensor(np.ones_like(BIG))
    places = []
    for _ in range(3):
        x.grad = None
        y = x * x + x**3
        places.append(y.numpy().ctypes.data)
        y.backward(g)
        np.testing.assert_allclose(x.grad.numpy(), 2 * x.numpy() + 3 * x.numpy() ** 2, rtol=1e-6)
        del y
    assert len(set(places)) == 1
