"""Recurrent cells over sequences: the kernels against the cells' formulas, step by step."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import kernels
from autograd_core.ops import recurrent

CELLS = [ag.cells.RNN, ag.cells.ReLURNN, ag.cells.LSTM, ag.cells.GRU]
rng = np.random.default_rng(0)


def operands(cell, steps, n, hidden, dtype=np.float64):
    rows = cell.gates * hidden
    shapes = (steps, n, rows), (rows, hidden), (2, rows), (cell.parts, n, hidden)
    arrays = [rng.standard_normal(shape).astype(dtype) * 0.4 for shape in shapes]
    return arrays, rng.integers(0, steps + 1, n)


# More rows than a task has, fewer than a tile; sums in several blocks of depth; columns that fill no vector.
@pytest.mark.parametrize(("n", "hidden"), [(70, 5), (1, 33), (3, 130)])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_values_and_gradients_are_those_of_steps(cell, reverse, n, hidden):
    arrays, lengths = operands(cell, 4, n, hidden)
    leaves = [[ag.tensor(array, requires_grad=True) for array in arrays] for _ in range(2)]
    u = rng.standard_normal((4, n, hidden)), rng.standard_normal((cell.parts, n, hidden))
    results = [
        ag.run_cell(*leaves[0], lengths, cell=cell, reverse=reverse),
        recurrent._by_steps(*leaves[1], ag.tensor(lengths), None, cell, reverse),
    ]
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-12, atol=1e-14)
    for h, last in results:
        (ag.sum(h * u[0]) + ag.sum(last * u[1])).backward()
    for name, found, expected in zip("xwbs", *leaves, strict=True):
        np.testing.assert_allclose(found.grad, expected.grad, rtol=1e-10, atol=1e-12, err_msg=name)
    beyond = np.arange(4)[:, None] >= lengths
    assert not results[0][0].numpy()[beyond].any()
    assert not leaves[0][0].grad.numpy()[beyond].any()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_bits_do_not_depend_on_the_number_of_threads(cell):
    arrays, lengths = operands(cell, 6, 37, 48, np.float32)
    before, found = ag.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            ag.set_num_threads(threads)
            h, last, kept = kernels.recurrent.run(cell.name, *arrays, lengths, False)
            back = kernels.recurrent.run_back(cell.name, h, last, arrays[1], arrays[3], lengths, h, kept, False)
            found.append([part.tobytes() for part in (h, last, *back)])
    finally:
        ag.set_num_threads(before)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_row_is_what_it_would_be_alone(cell):
    (x, w, b, s), lengths = operands(cell, 5, 9, 8)
    for reverse in (False, True):
        h, last = ag.run_cell(x, w, b, s, lengths, cell=cell, reverse=reverse)
        for row, length in enumerate(lengths):
            if length:
                alone = ag.run_cell(x[:length, row : row + 1], w, b, s[:, row : row + 1], cell=cell, reverse=reverse)
                np.testing.assert_array_equal(h[:length, row], alone[0][:, 0])
                np.testing.assert_array_equal(last[:, row], alone[1][:, 0])
            else:
                np.testing.assert_array_equal(last[:, row], s[:, row])


def test_nan_stays_in_its_row():
    (x, w, b, s), _ = operands(ag.cells.LSTM, 3, 4, 8)
    x[1, 2] = np.nan
    h, _ = ag.run_cell(x, w, b, s, cell=ag.cells.LSTM)
    assert np.isnan(h[1:, 2]).all()
    assert np.isfinite(np.delete(h, 2, axis=1)).all() and np.isfinite(h[0]).all()


def test_other_dtypes_go_step_by_step():
    arrays, lengths = operands(ag.cells.GRU, 3, 2, 4)
    halves = [ag.tensor(array.astype(np.float16), requires_grad=True) for array in arrays]
    h, last = ag.run_cell(*halves, lengths, cell=ag.cells.GRU)
    expected, _ = ag.run_cell(*arrays, lengths, cell=ag.cells.GRU)
    assert h.dtype == last.dtype == np.float16
    np.testing.assert_allclose(h.numpy(), expected, atol=5e-3)
    h.sum().backward()
    assert halves[1].grad.dtype == np.float16


def test_shapes_and_lengths_that_do_not_fit_are_named():
    arrays, _ = operands(ag.cells.GRU, 3, 2, 4)
    with pytest.raises(ag.ShapeError, match=r"run_cell: of LSTM takes x \(L, N, 4·H\).* got shapes \(3, 2, 12\)"):
        ag.run_cell(*arrays, cell=ag.cells.LSTM)
    with pytest.raises(ag.ArgumentError, match="lengths go from 0 to the number of steps, 3; got some from -1 to 3"):
        ag.run_cell(*arrays, np.array([3, -1]), cell=ag.cells.GRU)
    with pytest.raises(ag.DTypeError, match="run_cell: lengths are whole numbers, got float64"):
        ag.run_cell(*arrays, np.array([3.0, 1.0]), cell=ag.cells.GRU)
