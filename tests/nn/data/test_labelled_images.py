import gzip
import hashlib
import os
import shutil

import numpy as np
import pytest

from nn.data import read_idx, write_idx
from nn.data.labelled_images import (
    FILE_NAMES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    make_splits,
    read_directory,
)


def arrays(training=12, test=4, size=(5, 7), classes=3):
    rng = np.random.default_rng(0)
    return {
        TRAIN_IMAGES: rng.integers(0, 256, (training, *size), np.uint8),
        TRAIN_LABELS: rng.integers(0, classes, training, np.uint8),
        TEST_IMAGES: rng.integers(0, 256, (test, *size), np.uint8),
        TEST_LABELS: rng.integers(0, classes, test, np.uint8),
    }


def test_sample_holds_the_first_images_of_mnist(sample_directory):
    train, validation, test = read_directory(sample_directory)
    assert [len(part) for part in (train, validation, test)] == [500, 100, 100]
    assert train.images.shape == (500, 28, 28)
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    # The top stroke of MNIST's first digit, a 5, and its total ink.
    assert train.images[0, 5, 12:24].tolist() == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]
    assert train.images[0].sum() == 27525


def test_pixels_of_the_sample_are_those_of_the_published_files(sample_directory):
    # sha256 of the pixels of the first 600 and 100 images, taken from files with the published checksums.
    def pixels(name):
        return hashlib.sha256(read_idx(sample_directory / f"{name}.gz").tobytes()).hexdigest()

    assert pixels(TRAIN_IMAGES) == "614beee83bdd13684c6811a6d4f39ae858e510b804bb324c2b1fd46ba173c29c"
    assert pixels(TEST_IMAGES) == "8a004a2f81a80f4866259cbb77cf37af89315036b298b250b4d45c24aaa92048"


def test_last_sixth_of_the_training_files_is_for_validation():
    given = arrays(training=13)
    train, validation, test = make_splits(given, called="it")
    np.testing.assert_array_equal(train.images, given[TRAIN_IMAGES][:11])
    np.testing.assert_array_equal(validation.images, given[TRAIN_IMAGES][11:])
    np.testing.assert_array_equal(validation.labels, given[TRAIN_LABELS][11:])
    np.testing.assert_array_equal(test.labels, given[TEST_LABELS])


def test_sixty_thousand_are_split_as_in_the_lectures():
    train, validation, _ = make_splits(arrays(training=60_000, size=(1, 1)), called="it")
    assert (len(train), len(validation)) == (50_000, 10_000)


def test_other_image_sizes_and_classes_fit():
    labels = {TRAIN_LABELS: np.arange(80, dtype=np.uint8) // 2, TEST_LABELS: np.full(4, 39, np.uint8)}
    splits = make_splits(arrays(training=80, size=(5, 7)) | labels, called="it")
    assert splits.image_shape == (5, 7)
    assert splits.classes == 40


def test_classes_may_count_from_one_and_miss_some():
    labels = {TRAIN_LABELS: np.tile(np.array([1, 2, 5], np.uint8), 4), TEST_LABELS: np.full(4, 4, np.uint8)}
    assert make_splits(arrays() | labels, called="it").classes == 6


@pytest.mark.parametrize("name", [TRAIN_LABELS, TEST_LABELS])
def test_a_label_far_from_the_others_is_noticed(name, refuses):
    given = arrays(training=60, classes=10)
    given[name][3] = 200
    with refuses(f"it: {name} has the label 200 at place 3, but there are training images of", "number the classes"):
        make_splits(given, called="it")


def test_plain_and_gzipped_files_may_be_mixed(tmp_path):
    given = arrays()
    for name, suffix in zip(FILE_NAMES, ["", ".gz", ".gz", ""], strict=True):
        write_idx(tmp_path / f"{name}{suffix}", given[name])
    np.testing.assert_array_equal(read_directory(tmp_path).test.images, given[TEST_IMAGES])


def test_every_missing_file_is_named(tmp_path, sample_directory, refuses):
    shutil.copy(sample_directory / f"{TRAIN_IMAGES}.gz", tmp_path)
    with refuses(f"lacks {TRAIN_LABELS}, {TEST_IMAGES}, {TEST_LABELS};", str(tmp_path)):
        read_directory(tmp_path)


def test_absent_directory_and_file_in_its_place_are_refused(tmp_path, refuses):
    with refuses("absent is no directory", TRAIN_IMAGES):
        read_directory(tmp_path / "absent")
    (tmp_path / "file").touch()
    with refuses("file is no directory"):
        read_directory(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_forbidden_directory_is_refused(tmp_path, refuses):
    tmp_path.chmod(0)
    try:
        with refuses(str(tmp_path)):
            read_directory(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_truncated_file_is_named_by_its_path(tmp_path, sample_contents, refuses):
    for name, data in sample_contents.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / TEST_IMAGES).write_bytes(sample_contents[TEST_IMAGES][:-1])
    with refuses(str(tmp_path / TEST_IMAGES), "truncated"):
        read_directory(tmp_path)
    (tmp_path / TEST_IMAGES).unlink()
    (tmp_path / f"{TEST_IMAGES}.gz").write_bytes(gzip.compress(sample_contents[TEST_IMAGES])[:-20])
    with refuses(f"{TEST_IMAGES}.gz is truncated"):
        read_directory(tmp_path)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({TRAIN_LABELS: np.zeros(11, np.uint8)}, ["12 images", "11 labels"]),
        ({TEST_LABELS: np.zeros(5, np.uint8)}, ["4 images", "5 labels"]),
        ({TRAIN_IMAGES: np.zeros(12, np.uint8)}, [TRAIN_IMAGES, "(12,)", "swapped"]),
        ({TRAIN_LABELS: np.zeros((12, 5, 7), np.uint8)}, [TRAIN_LABELS, "(12, 5, 7)", "swapped"]),
        ({TEST_IMAGES: np.zeros((4, 5, 7), np.float32)}, [TEST_IMAGES, "float32", "uint8"]),
        ({TEST_IMAGES: np.zeros((4, 7, 5), np.uint8)}, ["5x7", "7x5"]),
        ({TEST_IMAGES: np.zeros((0, 5, 7), np.uint8), TEST_LABELS: np.zeros(0, np.uint8)}, ["no pixels"]),
        ({TRAIN_IMAGES: np.zeros((12, 0, 7), np.uint8)}, ["no pixels"]),
        ({TRAIN_IMAGES: np.zeros((5, 5, 7), np.uint8), TRAIN_LABELS: np.zeros(5, np.uint8)}, ["5 images", "least 6"]),
    ],
)
def test_files_that_do_not_belong_together_are_refused(change, parts, refuses):
    with refuses("it: ", *parts):
        make_splits(arrays() | change, called="it")
