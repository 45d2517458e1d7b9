"""Embedding: rows by number, gradients added up by row, a padding row that learns nothing."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import embedding, embedding_bag, one_hot

CASES = {"Embedding": lambda: nn.Embedding(5, 3), "Embedding padding": lambda: nn.Embedding(5, 3, padding_idx=-1)}
COVERS = {"Embedding", "EmbeddingBag", "functions.embedding", "functions.one_hot"}
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


def test_bags_have_first_and_second_gradients_in_rows_and_weights():
    rng = np.random.default_rng(0)
    words, offsets, table, shares = WORDS.ravel(), [0, 2, 2], rng.standard_normal((5, 2)), rng.standard_normal(6)
    for mode in ("mean", "max"):
        ag.gradcheck(lambda w, mode=mode: embedding_bag(words, w, offsets, mode=mode) ** 3, table, order=2)

    def weighted(w, u):
        return embedding_bag(words, w, offsets, mode="sum", per_sample_weights=u, padding_idx=3) ** 3

    ag.gradcheck(weighted, table, shares, order=2)


def test_a_layer_of_bags_is_its_function_on_its_vectors():
    vectors = np.random.default_rng(0).standard_normal((5, 2))
    layer = nn.EmbeddingBag.from_pretrained(vectors, freeze=False, mode="sum", include_last_offset=True, padding_idx=1)
    found = layer(WORDS.ravel(), offsets=[0, 4, 6], per_sample_weights=np.arange(6.0))
    expected = [vectors[4] + 3 * vectors[0], 4 * vectors[3] + 5 * vectors[4]]
    np.testing.assert_allclose(found.numpy(), expected)
    assert layer.weight.requires_grad
    assert not nn.EmbeddingBag(5, 2, padding_idx=1).weight.numpy()[1].any()


def test_compiled_bags_take_other_words_and_offsets():
    weight = ag.tensor(np.random.default_rng(0).standard_normal((5, 2)), requires_grad=True)

    def step(words, offsets):
        y = embedding_bag(words, weight, offsets, mode="max").sum()
        y.backward()
        return y

    compiled = ag.compile(step)
    for words, offsets in [(WORDS.ravel(), [0, 3]), (WORDS.ravel()[::-1], [0, 1]), (WORDS.ravel(), [0, 6])]:
        results = []
        for run in (step, compiled):
            weight.grad = None
            results += [float(run(np.array(words), np.array(offsets))), weight.grad.numpy()]
        np.testing.assert_allclose(results[0], results[2], rtol=1e-14)
        np.testing.assert_array_equal(results[1], results[3])


@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        ((WORDS, None), {"mode": "median"}, "mode must be one of mean, sum, max; got 'median'"),
        (
            (WORDS, [0, 2]),
            {},
            r"takes input \(B, L\), or .* offsets; got shape \(2, 3\) and shape \(2,\)",
        ),
        ((WORDS.ravel(), None), {}, r"got shape \(6,\) and none"),
        ((WORDS.ravel(), [1, 2]), {}, r"offsets \(B,\) go from 0 up, to at most 6, the number of indices; got \[1 2\]"),
        ((WORDS.ravel(), [0, 4, 2]), {}, "offsets .* got"),
        ((WORDS.ravel(), [0, 4]), {"include_last_offset": True}, "the last offset is 6, the number of indices; got 4"),
        ((WORDS, None), {"per_sample_weights": WORDS * 1.0}, "per_sample_weights are for mode=\"sum\", got 'mean'"),
        ((WORDS, None), {"mode": "sum", "per_sample_weights": [1.0]}, r"a weight for each index, shape \(2, 3\); got"),
    ],
)
def test_bags_that_make_no_sense_are_refused(given, more, message):
    words, offsets = given
    with pytest.raises(ag.AutogradError, match=f"embedding_bag: .*{message}"):
        embedding_bag(words, np.ones((5, 2)), offsets, **more)
