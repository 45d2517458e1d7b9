import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.data import ArrayDataset, k_fold, split

drawn = settings(max_examples=60, deadline=None, derandomize=True)

LABELS = np.repeat(np.arange(4), [70, 20, 7, 3])


def indices(parts):
    return [part.indices.tolist() for part in parts]


@drawn
@given(counts=st.lists(st.integers(0, 30), min_size=1, max_size=5), seed=st.integers(0, 2**70))
def test_parts_are_all_of_it_and_have_the_lengths_asked_for(counts, seed):
    parts = split(np.arange(sum(counts)), counts, seed=seed)
    assert [len(part) for part in parts] == counts
    assert sorted(np.concatenate([part.indices for part in parts])) == list(range(sum(counts)))


def test_parts_are_of_chance_but_the_same_for_the_same_seed():
    first, again, other = (indices(split(LABELS, [0.5, 0.5], seed=seed)) for seed in (0, 0, 1))
    assert first == again != other
    assert first[0] == sorted(first[0]) != list(range(50))


def test_parts_are_the_same_on_every_machine():
    # Pinned: a split that changes would let a resumed training see its test examples.
    assert indices(split(np.arange(8), [3, 5], seed=0)) == [[1, 3, 7], [0, 2, 4, 5, 6]]
    assert indices(split(np.arange(8), [3, 5], seed=0, stratify=[1, 0] * 4)) == [[0, 6, 7], [1, 2, 3, 4, 5]]


def test_part_of_a_part_can_be_read():
    examples = ArrayDataset(np.arange(100) * 10, LABELS)
    train, _ = split(examples, [0.9, 0.1], seed=0)
    inner, _ = split(train, [0.5, 0.5], seed=0)
    value, label = inner[3]
    assert LABELS[value // 10] == label


def test_shares_that_do_not_come_out_even_give_what_is_over_to_the_first():
    assert [len(part) for part in split(np.arange(10), [1 / 3, 1 / 3, 1 / 3], seed=0)] == [4, 3, 3]
    assert [len(part) for part in split(np.arange(10), [0.7, 0.2, 0.1], seed=0)] == [7, 2, 1]
    assert [len(part) for part in split(np.arange(3), [0.0, 0.5, 0.5], seed=0)] == [0, 2, 1]


@pytest.mark.parametrize("shares", [[0.8, 0.2], [0.6, 0.2, 0.2], [0.34, 0.33, 0.33]])
def test_stratified_parts_have_every_class_in_proportion(shares):
    for seed in range(20):
        for part, share in zip(split(LABELS, shares, seed=seed, stratify=LABELS), shares, strict=True):
            counts = np.bincount(LABELS[part.indices], minlength=4)
            assert (abs(counts - share * np.array([70, 20, 7, 3])) < 1.5).all()


def test_stratified_by_names_too():
    names = np.array(["cat", "dog"])[np.arange(40) % 2]
    _, test = split(np.arange(40), [30, 10], seed=0, stratify=names)
    assert sorted(names[test.indices]) == ["cat"] * 5 + ["dog"] * 5


def test_which_examples_of_a_class_are_taken_is_of_chance():
    often = np.zeros(100)
    for seed in range(400):
        often[split(LABELS, [0.5, 0.5], seed=seed, stratify=LABELS)[0].indices] += 1
    assert (abs(often - 200) < 5 * np.sqrt(400 / 4)).mean() >= 0.97  # of the class of 3 it is always 1 or always 2


@drawn
@given(length=st.integers(2, 40), data=st.data(), seed=st.integers(0, 100))
def test_each_example_is_validated_by_once_and_trained_on_otherwise(length, data, seed):
    k = data.draw(st.integers(2, length))
    folds = k_fold(np.arange(length), k, seed=seed)
    assert len(folds) == k
    assert sorted(np.concatenate([validation.indices for _, validation in folds])) == list(range(length))
    for train, validation in folds:
        assert sorted([*train.indices, *validation.indices]) == list(range(length))
        assert len(validation) in (length // k, -(-length // k))


def test_stratified_folds_share_each_class_out():
    counts = [np.bincount(LABELS[fold.indices], minlength=4) for _, fold in k_fold(LABELS, 5, seed=1, stratify=LABELS)]
    assert [count[:2].tolist() for count in counts] == [[14, 4]] * 5
    assert {tuple(np.clip(count[2:], 1, 2) - count[2:]) for count in counts} <= {(0, 0), (0, 1)}


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([], "expected one number of at least 0 for each part"),
        ([0.5, -0.5, 1.0], "at least 0"),
        (["all"], "at least 0"),
        ([float("nan"), 1.0], "at least 0"),
        ([50, 40], "lengths add up to 90, but there are 100 examples"),
        ([0.5, 0.4], "shares add up to 0.9, expected 1"),
        ([80.0, 20.0], "shares add up to 100"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(lengths, message, refuses):
    with refuses("split: ", message):
        split(LABELS, lengths, seed=0)


def test_classes_and_folds_that_do_not_fit_are_refused(refuses):
    with refuses("the class of each example, shape (100,)", "of shape (99,)"):
        split(LABELS, [0.5, 0.5], seed=0, stratify=LABELS[1:])
    with refuses("never nan", "float64"):
        split(np.arange(2), [0.5, 0.5], seed=0, stratify=[1.0, np.nan])
    with refuses("5 folds of 4 examples"):
        k_fold(np.arange(4), 5, seed=0)
    with refuses("k is 1, expected a whole number of at least 2"):
        k_fold(LABELS, 1, seed=0)
    with refuses("seed is -1"):
        k_fold(LABELS, 2, seed=-1)
