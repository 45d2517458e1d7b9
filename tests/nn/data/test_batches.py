import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from nn.data import Batches

drawn = settings(max_examples=60, deadline=None, derandomize=True)

IMAGES = np.arange(10 * 6).reshape(10, 2, 3)
LABELS = np.arange(10)


def labels_of(batches):
    return [labels.tolist() for (labels,) in batches]


def test_every_example_comes_once_and_stays_with_its_label():
    seen = []
    for images, labels in Batches(IMAGES, LABELS, batch_size=3, seed=1):
        np.testing.assert_array_equal(images, IMAGES[labels])
        seen += labels.tolist()
    assert sorted(seen) == list(range(10))
    assert seen != list(range(10))


def test_last_batch_is_smaller_or_dropped():
    assert [len(labels) for (labels,) in Batches(LABELS, batch_size=4, seed=0)] == [4, 4, 2]
    assert [len(labels) for (labels,) in Batches(LABELS, batch_size=4, seed=0, drop_last=True)] == [4, 4]


def test_same_seed_and_epoch_give_the_same_batches_others_do_not():
    def batches(seed, epoch):
        return labels_of(Batches(LABELS, batch_size=4, seed=seed, epoch=epoch))

    assert batches(3, 2) == batches(3, 2)
    assert batches(3, 2) != batches(3, 1)
    assert batches(3, 2) != batches(2, 2)
    assert batches(3, 2) != batches(2, 3)


def test_iterating_twice_gives_the_same_and_touches_no_global_state():
    batches = Batches(LABELS, batch_size=4, seed=0)
    state = np.random.get_state()[1].copy()  # noqa: NPY002  # the global state is what must not change
    assert labels_of(batches) == labels_of(batches)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@drawn
@given(
    length=st.integers(0, 40),
    batch_size=st.integers(1, 50),
    seed=st.integers(0, 2**130),
    epoch=st.integers(0, 2**40),
    drop_last=st.booleans(),
    shuffle=st.booleans(),
    data=st.data(),
)
def test_epoch_entered_midway_goes_on_as_if_never_left(length, batch_size, seed, epoch, drop_last, shuffle, data):
    settings = {"batch_size": batch_size, "seed": seed, "epoch": epoch, "drop_last": drop_last, "shuffle": shuffle}
    whole = Batches(np.arange(length), **settings)
    start = data.draw(st.integers(0, len(whole)))
    rest = Batches(np.arange(length), start=start, **settings)
    assert labels_of(rest) == labels_of(whole)[start:]
    assert len(rest) == len(whole) - start == len(list(rest))


def test_without_shuffling_order_is_kept_and_nothing_is_copied():
    batches = Batches(LABELS, batch_size=4, seed=0, shuffle=False)
    assert labels_of(batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert all(np.shares_memory(labels, LABELS) for (labels,) in batches)


def test_any_number_of_arrays_goes_along():
    assert all(len(batch) == 3 for batch in Batches(LABELS, IMAGES, LABELS, batch_size=5, seed=0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0, expected a whole number of at least 1"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        ({"batch_size": None}, "batch_size is None"),
        ({"seed": -1}, "seed is -1"),
        ({"epoch": -1}, "epoch is -1"),
        ({"start": -1}, "start is -1"),
        ({"augment": 3}, "augment is 3, expected a function of (inputs, generator)"),
        ({"start": 4}, "start is 4, but the epoch has 3 batches"),
    ],
)
def test_settings_out_of_range_are_refused_at_once(settings, message, refuses):
    with refuses(message):
        Batches(LABELS, **({"batch_size": 4, "seed": 0} | settings))


def test_numpy_integers_are_whole_numbers_too():
    assert len(Batches(LABELS, batch_size=np.int64(4), seed=np.uint8(3))) == 3


def test_arrays_of_unequal_length_are_refused(refuses):
    with refuses("equal length", "(10, 2, 3), (9,)"):
        Batches(IMAGES, LABELS[:9], batch_size=4, seed=0)


def test_no_array_and_scalars_are_refused(refuses):
    with refuses("got none"):
        Batches(batch_size=4, seed=0)
    with refuses("at least one dimension", "()"):
        Batches(np.array(3), batch_size=4, seed=0)


def add_noise(images, generator):
    return images + generator.random(images.shape)


def test_augmentation_goes_over_the_inputs_alone_and_does_not_depend_on_where_the_epoch_is_entered():
    settings = {"batch_size": 3, "seed": 5, "epoch": 2}
    plain = list(Batches(IMAGES, LABELS, **settings))
    augmented = list(Batches(IMAGES, LABELS, augment=add_noise, **settings))
    for (images, labels), (noisy, same_labels) in zip(plain, augmented, strict=True):
        np.testing.assert_array_equal(labels, same_labels)
        assert 0 < (noisy - images).min() < (noisy - images).max() < 1
    rest = list(Batches(IMAGES, LABELS, augment=add_noise, start=2, **settings))
    for (noisy, _), (again, _) in zip(augmented[2:], rest, strict=True):
        np.testing.assert_array_equal(noisy, again)


def test_augmentation_differs_from_epoch_to_epoch_and_from_batch_to_batch():
    noise = [
        images - IMAGES[:4]
        for epoch in (0, 1)
        for (images,) in Batches(
            IMAGES[[0, 1, 2, 3] * 2], batch_size=4, seed=0, epoch=epoch, shuffle=False, augment=add_noise
        )
    ]
    assert len({array.tobytes() for array in noise}) == 4


def test_examples_read_one_by_one_are_batched_like_those_in_memory():
    lazy = [(IMAGES[i], LABELS[i]) for i in range(10)]
    for shuffle in (True, False):
        settings = {"batch_size": 4, "seed": 1, "shuffle": shuffle}
        for expected, got in zip(Batches(IMAGES, LABELS, **settings), Batches(lazy, **settings), strict=True):
            assert [array.tolist() for array in got] == [array.tolist() for array in expected]


def test_tensors_are_arrays_too():
    ((images,),) = Batches(ag.tensor(IMAGES), batch_size=10, seed=0, shuffle=False)
    np.testing.assert_array_equal(images, IMAGES)


@pytest.mark.parametrize("source", [((IMAGES, LABELS),), ({0: 1},), ("text",), (3,), (IMAGES, [1, 2]), (iter([1]),)])
def test_what_is_no_data_set_is_refused(source, refuses):
    with refuses("expected numpy arrays, each an argument, or one data set", type(source[-1]).__name__):
        Batches(*source, batch_size=4, seed=0)


WORDS = [([1, 2, 3], 0), ([4], 1), ([5, 6], 1)]


def padded(examples):
    longest = max(len(words) for words, _ in examples)
    return {
        "words": np.array([words + [0] * (longest - len(words)) for words, _ in examples]),
        "labels": np.array([label for _, label in examples]),
    }


def test_a_function_of_ones_own_makes_batches_of_examples():
    first, last = Batches(WORDS, batch_size=2, seed=0, shuffle=False, collate=padded)
    assert first["words"].tolist() == [[1, 2, 3], [4, 0, 0]]
    assert (last["words"].tolist(), last["labels"].tolist()) == ([[5, 6]], [1])
    (lengths,) = Batches(IMAGES, LABELS, batch_size=20, seed=0, collate=len)  # of arrays, too, example by example
    assert lengths == 10


def test_batches_of_dictionaries_keep_examples_together():
    examples = [{"x": np.full(2, i), "y": i} for i in range(7)]
    seen = []
    for batch in Batches(examples, batch_size=3, seed=1):
        np.testing.assert_array_equal(batch["x"][:, 1], batch["y"])
        seen += batch["y"].tolist()
    assert sorted(seen) == list(range(7))
    assert seen != sorted(seen)


def test_what_is_no_function_and_augmentation_of_dictionaries_are_refused(refuses):
    with refuses("collate is 3, expected a function of a list of examples"):
        Batches(WORDS, batch_size=2, seed=0, collate=3)
    with refuses("augment is for batches that are tuples, got a dict; do it in collate"):
        list(Batches(WORDS, batch_size=2, seed=0, collate=padded, augment=add_noise))
