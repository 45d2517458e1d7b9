"""Sequences of different lengths, packed and padded, under the names that PyTorch has for them in nn.utils.rnn."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)

PADDED = np.array([[1, 2, 0, 0], [3, 4, 5, 6], [7, 8, 9, 0]], np.float32)  # (N, L)
LENGTHS = [2, 4, 3]


def test_the_longest_sequence_comes_first_and_steps_follow_one_another():
    packed = pack_padded_sequence(PADDED, LENGTHS, batch_first=True, enforce_sorted=False)
    assert packed.data.tolist() == [3, 7, 1, 4, 8, 2, 5, 9, 6]
    assert packed.batch_sizes.tolist() == [3, 3, 2, 1]
    assert packed.sorted_indices.tolist() == [1, 2, 0]
    assert packed.unsorted_indices.tolist() == [2, 0, 1]
    sorted_ = pack_padded_sequence(ag.tensor(PADDED[[1, 2, 0]].T), [4, 3, 2])
    assert sorted_.data.tolist() == packed.data.tolist()
    assert sorted_.sorted_indices is None and sorted_.unsorted_indices is None


@pytest.mark.parametrize("batch_first", [False, True])
def test_padding_undoes_packing_and_restores_the_order(batch_first):
    x = PADDED if batch_first else PADDED.T
    packed = pack_padded_sequence(x, ag.tensor(LENGTHS), batch_first, enforce_sorted=False)
    padded, lengths = pad_packed_sequence(packed, batch_first)
    np.testing.assert_array_equal(padded, x)
    assert lengths.tolist() == LENGTHS
    wide, _ = pad_packed_sequence(packed, True, padding_value=-1.0, total_length=5)
    np.testing.assert_array_equal(
        wide, np.where(np.pad(PADDED, ((0, 0), (0, 1))), np.pad(PADDED, ((0, 0), (0, 1))), -1)
    )


def test_gradients_go_to_steps_and_padding_gets_none():
    x = ag.tensor(PADDED, requires_grad=True)
    packed = pack_padded_sequence(x, LENGTHS, True, enforce_sorted=False)
    padded, _ = pad_packed_sequence(packed._replace(data=packed.data**2), True, padding_value=3.0)
    padded.sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * PADDED)
    ag.gradcheck(
        lambda x: pad_packed_sequence(pack_padded_sequence(x, LENGTHS, True, enforce_sorted=False))[0] ** 2,
        PADDED.astype(np.float64) + 0.5,
        order=2,
    )


def test_lists_of_sequences_are_padded_and_packed_and_come_back():
    parts = [ag.tensor(row[:length], requires_grad=True) for row, length in zip(PADDED, LENGTHS, strict=True)]
    np.testing.assert_array_equal(pad_sequence(parts, batch_first=True).detach(), PADDED)
    np.testing.assert_array_equal(pad_sequence(parts).detach(), PADDED.T)
    left = pad_sequence(parts, True, padding_value=-1.0, padding_side="left")
    assert left.tolist() == [[-1, -1, 1, 2], [3, 4, 5, 6], [-1, 7, 8, 9]]
    left.sum().backward()
    assert parts[0].grad.tolist() == [1, 1]
    rows = [part.tolist() for part in parts]
    assert [part.tolist() for part in unpad_sequence(PADDED, LENGTHS, batch_first=True)] == rows
    assert [part.tolist() for part in unpack_sequence(pack_sequence(parts, enforce_sorted=False))] == rows


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda: pack_padded_sequence(PADDED, LENGTHS, True),
            ag.ArgumentError,
            r"lengths must fall .* got \[2, 4, 3\]; sort .* or pass enforce_sorted=False",
        ),
        (lambda: pack_padded_sequence(PADDED, [4, 3, 0], True), ag.ArgumentError, "lengths go from 1 to 4, got 0 to 4"),
        (lambda: pack_padded_sequence(PADDED, [5, 3, 1], True), ag.ArgumentError, "lengths go from 1 to 4, got 1 to 5"),
        (lambda: pack_padded_sequence(PADDED, [4, 3], True), ag.ShapeError, r"each of 3 sequences, got shape \(2,\)"),
        (lambda: pack_padded_sequence(PADDED, [4.0, 3.0, 1.0], True), ag.DTypeError, "whole numbers, got float64"),
        (lambda: pack_padded_sequence(PADDED[0], [4]), ag.ShapeError, r"takes shape \(L, N, ...\).* got \(4,\)"),
        (lambda: pad_packed_sequence(PADDED), ag.ArgumentError, "takes a PackedSequence, got a ndarray"),
        (
            lambda: pad_packed_sequence(pack_sequence([PADDED[1]]), total_length=3),
            ag.ArgumentError,
            "total_length must be at least that of the longest sequence, 4, got 3",
        ),
        (
            lambda: pad_packed_sequence(PackedSequence(np.ones(3), np.array([1, 2]))),
            ag.ArgumentError,
            r"never rise, got \[1, 2\]",
        ),
        (
            lambda: pad_packed_sequence(PackedSequence(np.ones(4), np.array([2, 1]))),
            ag.ShapeError,
            r"those of 3 steps, and data has shape \(4,\)",
        ),
        (lambda: pad_sequence([]), ag.ShapeError, "at least one sequence, .* got none"),
        (
            lambda: pad_sequence([np.ones((2, 3)), np.ones((2, 4))]),
            ag.ShapeError,
            r"differ in the length alone; got \(2, 3\), \(2, 4\)",
        ),
        (lambda: pad_sequence([[1.0]], padding_side="top"), ag.ArgumentError, "must be left or right, got 'top'"),
        (
            lambda: nn.GRU(2, 3)(pack_sequence([np.ones((4, 3), np.float32)])),
            ag.ShapeError,
            r"GRU: takes a packed sequence with data of shape \(Σ lengths, 2\), got shape \(4, 3\)",
        ),
        (
            lambda: nn.GRU(3, 2)(pack_sequence([np.ones((4, 3), np.float32)]), lengths=[4]),
            ag.ArgumentError,
            "GRU: a packed sequence knows its lengths",
        ),
        (
            lambda: nn.RNN(3, 2)(ag.ones((4, 2, 3)), lengths=[4]),
            ag.ShapeError,
            r"RNN: takes one length for each sequence .* got shape \(1,\) for 2 sequences",
        ),
        (
            lambda: nn.RNN(3, 2)(ag.ones((4, 3)), lengths=[4]),
            ag.ShapeError,
            r"RNN: takes one length .* got shape \(1,\) for 1 sequences without the axis N",
        ),
        (
            lambda: nn.RNN(3, 2)(ag.ones((4, 1, 3)), lengths=[4.0]),
            ag.DTypeError,
            "RNN: lengths are whole numbers, got float64",
        ),
        (
            lambda: nn.RNN(3, 2)(ag.ones((4, 1, 3)), lengths=[5]),
            ag.ArgumentError,
            "lengths go from 0 to the number of steps, 4; got some from 5 to 5",
        ),
        (lambda: nn.LSTM(3, 2, proj_size=2), ag.ArgumentError, "proj_size must be less than hidden_size = 2, got 2"),
        (
            lambda: nn.LSTM(3, 4, proj_size=2)(ag.ones((4, 1, 3)), (ag.ones((1, 1, 4)), ag.ones((1, 1, 4)))),
            ag.ShapeError,
            r"\(layers·directions, N, proj_size\) = \(1, 1, 2\), .* got shape \(1, 1, 4\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(act, error, message):
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize("layer", [nn.Linear(1, 2), nn.LSTMCell(1, 2), nn.BatchNorm1d(1)])
def test_what_takes_no_packed_sequence_says_what_to_give(layer):
    packed = pack_padded_sequence(PADDED[..., None], LENGTHS, batch_first=True, enforce_sorted=False)
    with pytest.raises(ag.DTypeError, match=r"a PackedSequence is no tensor.* lengths=.* take packed\.data"):
        layer(packed)
    assert nn.Linear(1, 2)(packed.data).shape == (9, 2)
