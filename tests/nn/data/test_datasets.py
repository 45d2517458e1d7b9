import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.data import ArrayDataset, ConcatDataset, Subset, collate
from nn.data.datasets import fetch

drawn = settings(max_examples=60, deadline=None, derandomize=True)

LETTERS = np.array(list("abcdefghij"))
NUMBERS = np.arange(10)


class Squares:
    """A data set that computes its examples, and remembers which were asked for."""

    def __init__(self, length):
        self.length, self.asked = length, []

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        self.asked.append(index)
        return np.array([index, index + 1.0]), index**2


def listed(batch):
    return [array.tolist() for array in batch]


def test_arrays_go_along_with_each_other():
    dataset = ArrayDataset(LETTERS, NUMBERS)
    assert len(dataset) == 10
    assert dataset[3] == ("d", 3)
    assert listed(fetch(dataset, np.array([4, 1]))) == [["e", "b"], [4, 1]]
    assert all(np.shares_memory(*pair) for pair in zip(fetch(dataset, slice(2, 4)), dataset.arrays, strict=True))


def test_lists_become_arrays():
    assert listed(fetch(ArrayDataset([1, 2, 3], ["a", "b", "c"]), slice(1, 3))) == [[2, 3], ["b", "c"]]


def test_lazy_examples_are_read_when_asked_for_and_stacked():
    squares = Squares(5)
    assert listed(fetch(squares, np.array([3, 0]))) == [[[3, 4], [0, 1]], [9, 0]]
    assert listed(fetch(squares, slice(3, 9))) == [[[3, 4], [4, 5]], [9, 16]]
    assert squares.asked == [3, 0, 3, 4]


def test_subset_of_a_subset_reads_only_what_it_holds():
    squares = Squares(100)
    inner = Subset(Subset(squares, [90, 7, 50, 7]), [3, 0])
    assert len(inner) == 2
    assert inner[1][1] == 8100
    assert listed(fetch(inner, np.array([1, 0])))[1] == [8100, 49]
    assert set(squares.asked) == {90, 7}


def test_a_mask_and_numbers_out_of_range_are_no_subset(refuses):
    with refuses("numbers of its examples", "bool", "np.flatnonzero"):
        Subset(LETTERS, NUMBERS > 3)
    with refuses("(2, 5)"):
        Subset(LETTERS, NUMBERS.reshape(2, 5))
    for wrong in (10, -1):
        with refuses(f"no example {wrong}", "has 10"):
            Subset(LETTERS, [0, wrong])
    assert len(Subset(LETTERS, [])) == 0


@drawn
@given(lengths=st.lists(st.integers(0, 4), min_size=1, max_size=4), data=st.data())
def test_joined_data_sets_give_what_one_array_of_them_would(lengths, data):
    whole = np.arange(sum(lengths))
    pieces = np.split(whole, np.cumsum(lengths)[:-1])
    # one in memory, the next read one by one
    joined = ConcatDataset(*(piece if place % 2 else piece.tolist() for place, piece in enumerate(pieces)))
    assert len(joined) == len(whole)
    if len(whole):
        indices = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1)))
        assert listed(fetch(joined, indices)) == [indices.tolist()]
        assert joined[int(indices[0])] == indices[0]
        assert joined[-1] == whole[-1]
        assert listed(fetch(joined, slice(0, 3))) == [whole[:3].tolist()]


def test_joining_nothing_and_reading_past_the_end_are_refused(refuses):
    with refuses("one or more data sets"):
        ConcatDataset()
    with pytest.raises(IndexError):
        ConcatDataset([1], [2])[2]


def test_collated_examples_keep_their_parts_and_dtypes():
    images, labels = collate([(np.zeros((2, 3), np.float32), 1), (np.ones((2, 3), np.float32), 2)])
    assert images.shape == (2, 2, 3)
    assert images.dtype == np.float32
    assert labels.tolist() == [1, 2]
    assert listed(collate([5, 6])) == [[5, 6]]


def test_dictionaries_and_what_is_nested_collate_key_by_key():
    batch = collate([{"x": [1.0, 2.0], "more": (1, {"y": 3})}, {"more": (2, {"y": 4}), "x": [5.0, 6.0]}])
    assert batch["x"].tolist() == [[1, 2], [5, 6]]
    assert batch["more"][0].tolist() == [1, 2]
    assert batch["more"][1]["y"].tolist() == [3, 4]


def test_dictionaries_of_several_data_sets_make_one_batch():
    ones, others = [{"x": 1, "y": 2.0}, {"x": 3, "y": 4.0}], [{"y": 6.0, "x": 5}]
    batch = fetch(ConcatDataset(ones, others), np.array([2, 0, 1]))
    assert {key: array.tolist() for key, array in batch.items()} == {"x": [5, 1, 3], "y": [6, 2, 4]}


@pytest.mark.parametrize(
    ("examples", "parts"),
    [
        ([{"x": 1}, {"y": 2}], ["the same keys, got ['x'] and ['y']"]),
        ([{"x": 1}, 2], ["the same keys, got ['x'] and no dictionary"]),
        ([{"x": (1, 2)}, {"x": 2}], ["must be alike, got tuples and others"]),
        ([], ["at least one example"]),
        ([np.zeros((2, 3)), np.zeros((3, 2))], ["one shape", "(2, 3) and (3, 2)", "crop, scale or pad"]),
        ([(1, 2), (1, 2, 3)], ["equally many parts, got 2 and 3"]),
        ([object(), object()], ["other Python objects"]),
    ],
)
def test_examples_that_do_not_stack_are_refused(examples, parts, refuses):
    with refuses(*parts):
        collate(examples)


def test_data_sets_of_other_shapes_do_not_make_one_batch(refuses):
    with refuses("one shape", "(2,) and (3,)"):
        fetch(ConcatDataset(np.zeros((1, 2)), np.zeros((1, 3))), np.array([0, 1]))
