"""Embedding: rows by number, gradients added up by row, a padding row that learns nothing."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import embedding, one_hot

CASES = {"Embedding": lambda: nn.Embedding(5, 3), "Embedding padding": lambda: nn.Embedding(5, 3, padding_idx=-1)}
COVERS = {"Embedding", "functions.embedding", "functions.one_hot"}
WORDS = np.array([[1, 4, 1], [0, 3, 4]])


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_sequences.npz")


def test_every_stored_case_is_asked(stored):
    assert {name for name in stored.cases if name.startswith("Embedding")} == set(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_those_of_pytorch(stored, name, dtype):
    stored.check(name, CASES[name](), dtype)


@pytest.mark.parametrize("padding", [None, 1])
def test_rows_are_read_and_gradients_added_up(padding):
    table = np.arange(15.0).reshape(5, 3)
    weight = ag.tensor(table, requires_grad=True)
    y = embedding(WORDS, weight, padding_idx=padding)
    np.testing.assert_array_equal(y.numpy(), table[WORDS])
    upstream = np.arange(18.0).reshape(2, 3, 3)
    y.backward(upstream)
    expected = np.zeros((5, 3))
    for place in np.ndindex(WORDS.shape):
        if WORDS[place] != padding:
            expected[WORDS[place]] += upstream[place]
    np.testing.assert_array_equal(weight.grad.numpy(), expected)


def test_first_and_second_gradients():
    ag.gradcheck(lambda w: embedding(WORDS, w) ** 3, np.random.default_rng(0).standard_normal((5, 2)), order=2)


def test_the_padding_row_starts_at_0_and_indices_may_be_a_tensor_or_a_list():
    layer = nn.Embedding(5, 3, padding_idx=2)
    assert not layer.weight.numpy()[2].any()
    assert layer.weight.numpy()[[0, 1, 3, 4]].all()
    words = ag.tensor(np.array([2, 0]))
    np.testing.assert_array_equal(layer(words).numpy(), layer([2, 0]).numpy())


def test_pretrained_vectors_are_taken_over_and_frozen():
    vectors = np.random.default_rng(0).standard_normal((4, 2))
    layer = nn.Embedding.from_pretrained(vectors)
    np.testing.assert_array_equal(layer(range(4)).numpy(), vectors)
    assert not layer(range(4)).requires_grad
    assert nn.Embedding.from_pretrained(vectors, freeze=False)(range(4)).requires_grad


def test_what_does_not_fit_is_named():
    layer = nn.Embedding(5, 3)
    with pytest.raises(ag.ArgumentError, match="embedding: indices go from 0 to 4, got some from -1 to 5"):
        layer([5, -1])
    with pytest.raises(ag.DTypeError, match="embedding: indices are whole numbers, got float64"):
        layer(np.ones(3))
    with pytest.raises(ag.ArgumentError, match="Embedding: padding_idx 7 is none of the 5 rows"):
        nn.Embedding(5, 3, padding_idx=7)
    with pytest.raises(
        ag.ShapeError, match=r"Embedding: takes vectors \(num_embeddings, embedding_dim\), got .*\(3,\)"
    ):
        nn.Embedding.from_pretrained(np.ones(3))


def test_reading_takes_no_operations():
    assert nn.Embedding(5, 3).flops((WORDS,), np.zeros((2, 3, 3))) == 0


def test_repr_shows_the_settings():
    assert repr(nn.Embedding(5, 3, padding_idx=0)) == "Embedding(num_embeddings=5, embedding_dim=3, padding_idx=0)"


def test_one_hot_marks_each_label():
    labels = ag.tensor([[0, 2], [1, 1]])
    assert one_hot(labels, 3).tolist() == [[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0]]]
    assert one_hot(labels).shape == (2, 2, 3)
    assert one_hot(labels).dtype == np.int64
    assert one_hot(labels, 3).float().dtype == np.float32


@pytest.mark.parametrize(
    ("labels", "num_classes", "error", "message"),
    [
        ([0.5], 2, ag.DTypeError, "one_hot: labels are whole numbers, got float64"),
        ([0, 3], 3, ag.ArgumentError, "one_hot: labels go from 0 to 2, got some from 0 to 3"),
        ([-1], -1, ag.ArgumentError, "labels go from 0 to 0, got some from -1"),
        ([], -1, ag.ArgumentError, "-1 where there are labels"),
        ([0], 0, ag.ArgumentError, "num_classes must be at least 1"),
    ],
)
def test_one_hot_refuses_what_is_no_label(labels, num_classes, error, message):
    with pytest.raises(error, match=message):
        one_hot(labels, num_classes)
