import threading

import numpy as np
import pytest

from autograd_core.kernels import (
    convolution,
    elementwise,
    gemm,
    launch,
    normalisation,
    pooling,
    reduction,
    softmax,
    threads,
)
from autograd_core.kernels.launch import In1, Out1, kernel
from autograd_core.kernels.plan import planning


def square_plus(x, y):
    return x * x + y


def normalize(shape):
    return lambda x, weight, bias: normalisation.normalize(x, weight, bias, shape, 1e-5, True)


def normalize_gradient(shape):
    return lambda g, x, weight, mean, var: normalisation.normalize_gradient(
        g, x, weight, mean, np.abs(var, out=var), shape, 1e-5, True
    )


def pool_and_back(g, x):
    return pooling.max_pool2d_gradient(g, x, pooling.max_pool2d(x, (2, 2), (2, 2), (0, 0)), (2, 2), (2, 2), (0, 0))


def cross_entropy(x):
    return softmax.cross_entropy(x, np.arange(len(x)) % x.shape[1], False, -1, True)[0]


def cross_entropy_gradient(x):
    return softmax.cross_entropy_gradient(x[0, :1], x, np.zeros(len(x), np.int64), x[1, :1], -1, True)


# What a training step of a perceptron or of a convolutional network launches: functions, and shapes of what they take.
CASES = {
    "matrix product": (gemm.matmul, (130, 300), (300, 170)),
    "product with a vector": (gemm.matmul, (2000, 900), (900, 1)),
    "product of a transposed matrix with a vector": (lambda a, b: gemm.matmul(a.T, b), (2000, 900), (2000, 1)),
    "convolution": (lambda x, w, b: convolution.conv2d(x, w, bias=b), (9, 3, 20, 20), (5, 3, 3, 3), (5,)),
    "convolution to x": (
        lambda g, w: convolution.conv2d_input_gradient(g, w, (9, 3, 20, 20)),
        (9, 5, 18, 18),
        (5, 3, 3, 3),
    ),
    "convolution to x, strided": (
        lambda g, w: convolution.conv2d_input_gradient(g, w, (2, 4, 9, 9), (2, 2), (1, 1), groups=2),
        (2, 6, 5, 5),
        (6, 2, 3, 3),
    ),
    "convolution to w": (
        lambda g, x: convolution.conv2d_weight_gradient(g, x, (5, 3, 3, 3)),
        (9, 5, 18, 18),
        (9, 3, 20, 20),
    ),
    "pooling and its gradient": (pool_and_back, (9, 3, 10, 10), (9, 3, 20, 20)),
    "softmax": (softmax.softmax, (50, 10)),
    "cross-entropy": (cross_entropy, (50, 10)),
    "cross-entropy of many": (cross_entropy, (5000, 10)),
    "cross-entropy to x": (cross_entropy_gradient, (50, 10)),
    "sum": (lambda x: reduction.sum_of_slices(x, (1, 1, x.size)), (70, 1000)),
    "sum of columns": (lambda x: reduction.sum_of_slices(x, (500, 300, 1)), (500, 300)),
    "sum of channels": (lambda x: reduction.sum_of_slices(x, (9, 3, 10_000)), (9, 3, 100, 100)),
    "elementwise": (lambda x, y: elementwise.run(square_plus, (x, y)), (300, 300), (300, 300)),
    "normalisation": (normalize((9, 3, 400)), (9, 3, 20, 20), (3, 1), (3, 1)),
    "normalisation of columns": (normalize((200, 30, 1)), (200, 30), (30, 1), (30, 1)),
    "normalisation to x": (normalize_gradient((9, 6, 900)), (9, 6, 30, 30), (9, 6, 30, 30), (6, 1), (6,), (6,)),
    "normalisation of columns to x": (normalize_gradient((200, 30, 1)), (200, 30), (200, 30), (30, 1), (30,), (30,)),
}


def numbers(seed, shapes):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape, np.float32) for shape in shapes]


@pytest.fixture(params=[1, 3])
def number_of_threads(request):
    before = threads.get_num_threads()
    threads.set_num_threads(request.param)
    yield request.param
    threads.set_num_threads(before)


@pytest.mark.parametrize("name", CASES)
def test_a_plan_computes_again_what_the_call_computes(name, number_of_threads):
    function, *shapes = CASES[name]
    arrays = numbers(0, shapes)
    with planning() as plan:
        planned = function(*arrays)
    assert len(plan) > 0
    for array, new in zip(arrays, numbers(1, shapes), strict=True):
        array[:] = new
    called = function(*arrays)
    plan.run()
    planned, called = (r if isinstance(r, tuple) else (r,) for r in (planned, called))
    for ours, expected in zip(planned, called, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_plan_keeps_its_arrays():
    def product():
        a, b = numbers(0, [(200, 200)] * 2)
        with planning() as plan:
            c = gemm.matmul(a, b)
        return plan, c

    (plan, c), expected = product(), np.matmul(*numbers(0, [(200, 200)] * 2))
    numbers(1, [(200, 200)] * 20)  # would take the place of arrays that are gone
    c[:] = 0
    plan.run()
    np.testing.assert_allclose(c, expected, rtol=1e-4, atol=1e-4)


def test_a_plan_is_of_what_its_own_thread_launches_and_of_the_innermost():
    x = np.ones((50, 10), np.float32)
    with planning() as outer:
        softmax.softmax(x)
        worker = threading.Thread(target=softmax.softmax, args=(x,))
        worker.start()
        worker.join()
        with planning() as inner:
            softmax.softmax(x)
            softmax.softmax(x)
    softmax.softmax(x)
    assert (len(outer), len(inner)) == (1, 2)


@kernel
def _add_scaled(worker, task, x: In1, y: Out1, factor: float, rows):
    """y += factor · x, some rows."""
    for i in range(task * rows, min((task + 1) * rows, x.size)):
        y[i] += factor * x[i]


def test_a_kernel_is_made_of_its_task():
    for dtype in (np.float32, np.float64):
        x, y = np.arange(10, dtype=dtype), np.ones(10, dtype)
        x.flags.writeable = False
        _add_scaled(10, 4, x, y, 2.0, 3)
        np.testing.assert_array_equal(y, 1 + 2 * x)
    assert _add_scaled.__doc__.startswith("y +=")
    assert "_add_scaled(mailbox, tasks, x, y, factor, rows)" in _add_scaled.kernel.source


def test_no_tasks_leave_everything_as_it_is():
    y = np.ones(10, np.float32)
    _add_scaled(10, 0, y, y, 2.0, 3)
    np.testing.assert_array_equal(y, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: (x[::2], y, 1.0, 3),
        lambda x, y: (x.reshape(2, 5), y, 1.0, 3),
        lambda x, y: (x, y.astype(np.float64), 1.0, 3),
        lambda x, y: (x, y, 1.0),
    ],
    ids=["strided", "of two axes", "of another dtype", "too few"],
)
@pytest.mark.parametrize("work", [10, 10**6], ids=["small", "large"])
def test_arguments_of_other_kinds_are_refused(work, wrong):
    x, y = numbers(0, [(10,), (10,)])
    _add_scaled(10, 4, x, y, 2.0, 3)
    with pytest.raises(TypeError):
        _add_scaled(work, 4, *wrong(x, y))


def test_threads_share_no_mailbox():
    mailboxes = []
    worker = threading.Thread(target=lambda: mailboxes.append(launch._own.mailbox))
    worker.start()
    worker.join()
    assert not np.shares_memory(mailboxes[0], launch._own.mailbox)
