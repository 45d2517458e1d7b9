import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn.data import Batches, ParallelStreams, Sequences, Vocabulary

drawn = settings(max_examples=60, deadline=None, derandomize=True)


@drawn
@given(text=st.text(min_size=1))
def test_what_was_encoded_is_decoded(text):
    vocabulary = Vocabulary(text)
    encoded = vocabulary.encode(text)
    assert (encoded.dtype, encoded.shape) == (np.int64, (len(text),))
    assert vocabulary.decode(encoded) == text
    assert len(vocabulary) == len(set(text)) == encoded.max() + 1
    assert [vocabulary.characters[number] for number in encoded] == list(text)


def test_the_characters_are_the_vocabulary():
    vocabulary = Vocabulary("to be or not to be")
    kept = Vocabulary(vocabulary.characters)
    assert kept.characters == vocabulary.characters == " benort"
    assert Vocabulary(["to be", "or not"]).characters == " benort"
    assert kept.encode("").tolist() == []
    assert kept.decode([]) == ""


def test_unknown_characters_and_numbers_are_refused(refuses):
    vocabulary = Vocabulary("bdé")
    for character in ("a", "c", "z", "😀"):
        with refuses(f"no {character!r} (character 2 of the text); it knows 3 others"):
            vocabulary.encode("bd" + character)
    for numbers, message in (([0, 3], "0 to 3"), ([-1], "-1 to -1"), ([0.5], "float64"), ([[0]], "(1, 1)")):
        with refuses("decode takes whole numbers in [0, 3) of shape (length,)", message):
            vocabulary.decode(numbers)
    with refuses("encode takes a text, got list; join its parts"):
        vocabulary.encode(["b", "d"])
    for nothing in ("", []):
        with refuses("no characters in the text"):
            Vocabulary(nothing)


@drawn
@given(total=st.integers(2, 60), data=st.data())
def test_stretches_have_their_targets_one_further_on_and_cover_the_text(total, data):
    length = data.draw(st.integers(1, total - 1))
    stride = data.draw(st.none() | st.integers(1, 10))
    sequences = Sequences(np.arange(total), length, stride=stride)
    for index in range(len(sequences)):
        inputs, targets = sequences[index]
        first = index * (stride or length)
        assert inputs.tolist() == list(range(first, first + length))
        assert targets.tolist() == list(range(first + 1, first + 1 + length))
    assert first + (stride or length) + length >= total  # there is no room for another


def test_stretches_make_batches():
    for inputs, targets in Batches(Sequences(np.arange(50), 5), batch_size=4, seed=0):
        assert inputs.shape[1] == 5
        np.testing.assert_array_equal(targets, inputs + 1)
    one_by_one = [Sequences(np.arange(50), 5)[i] for i in range(9)]
    np.testing.assert_array_equal(
        next(iter(Batches(one_by_one, batch_size=9, seed=1)))[0],
        next(iter(Batches(Sequences(np.arange(50), 5), batch_size=9, seed=1)))[0],
    )


@drawn
@given(total=st.integers(2, 80), rows=st.integers(1, 5), length=st.integers(1, 6))
def test_streams_go_on_where_the_batch_before_ended(total, rows, length):
    assume(total > rows * length)
    batches = list(ParallelStreams(np.arange(total), batch_size=rows, length=length))
    assert len(batches) == len(ParallelStreams(np.arange(total), batch_size=rows, length=length)) >= 1
    whole = np.concatenate([inputs for inputs, _ in batches], axis=1)
    assert whole.ravel().tolist() == list(range(whole.size))  # each part from its beginning to its end, in order
    assert total - 1 - whole.size < rows * length
    for inputs, targets in batches:
        assert inputs.shape == (rows, length)
        np.testing.assert_array_equal(targets, inputs + 1)


def test_streams_can_be_entered_anywhere():
    whole = list(ParallelStreams(np.arange(100), batch_size=3, length=4))
    rest = ParallelStreams(np.arange(100), batch_size=3, length=4, start=5)
    assert len(rest) == len(whole) - 5
    for expected, got in zip(whole[5:], rest, strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequences(np.arange(5), 5), "Sequences: the text has 5 characters, but at least 6 are needed"),
        (lambda: Sequences(np.arange(5), 0), "Sequences: length is 0"),
        (lambda: Sequences(np.arange(5), 2, stride=0), "Sequences: stride is 0"),
        (lambda: Sequences("hello", 2), "takes an encoded text, whole numbers of shape (T,), got str; see Vocabulary"),
        (lambda: Sequences(np.zeros(5), 2), "got float64 of shape (5,)"),
        (lambda: ParallelStreams(np.arange(12), batch_size=3, length=4), "12 characters, but at least 13 are needed"),
        (lambda: ParallelStreams(np.arange(9), batch_size=0, length=4), "batch_size is 0"),
        (lambda: ParallelStreams(np.arange(9), batch_size=1, length=0), "length is 0"),
        (lambda: ParallelStreams(np.arange(9), batch_size=1, length=4, start=3), "start is 3, but there are 2 batches"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message, refuses):
    with refuses(message):
        make()
