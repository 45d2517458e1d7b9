from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from nn.data.labelled_images import FILE_NAMES, TEST_IMAGES
from nn.data.sources import fetch_from_first_able, root_cause
from nn.errors import DataError

ADVICE = "name your own directory with --data-dir or $MNIST_DIR"


@dataclass
class Shelf:
    """A source that holds `contents`, and fails at the first file that it lacks."""

    name: str
    contents: Mapping[str, bytes]

    def fetch(self, files):
        for file in files:
            if file.name not in self.contents:
                raise DataError(f"no {file.name} here")
            yield file.name, self.contents[file.name]


@pytest.fixture
def full_shelf(sample_contents):
    return Shelf("the full shelf", sample_contents)


def test_each_source_completes_what_those_before_it_gave(sample_files, sample_contents, full_shelf):
    first_two = Shelf("the first", {name: sample_contents[name] for name in FILE_NAMES[:2]})
    reports = []
    assert fetch_from_first_able(sample_files, [first_two, full_shelf], reports.append, ADVICE) == sample_contents
    assert reports == [
        "fetching 4 files from the first",
        f"the first failed: no {FILE_NAMES[2]} here",
        "fetching 2 files from the full shelf",
    ]


def test_sources_after_the_first_able_one_are_left_alone(sample_files, full_shelf):
    reports = []
    fetch_from_first_able(sample_files, [full_shelf, Shelf("the second", {})], reports.append, ADVICE)
    assert reports == ["fetching 4 files from the full shelf"]


def test_content_with_the_wrong_checksum_is_no_content(sample_files, sample_contents, full_shelf):
    forged = Shelf("the forger", sample_contents | {TEST_IMAGES: sample_contents[TEST_IMAGES][:-1] + b"?"})
    reports = []
    assert fetch_from_first_able(sample_files, [forged, full_shelf], reports.append, ADVICE) == sample_contents
    assert f"the forger failed: {TEST_IMAGES} has the wrong checksum" in reports[1]


def test_error_names_every_source_why_it_failed_and_what_to_do(sample_files, refuses):
    with refuses(
        f"cannot get {', '.join(FILE_NAMES)} ",
        f"(here: no {FILE_NAMES[0]} here; there: no {FILE_NAMES[0]} here)",
        "--data-dir or $MNIST_DIR",
    ):
        fetch_from_first_able(sample_files, [Shelf("here", {}), Shelf("there", {})], lambda message: None, ADVICE)


def test_having_no_source_is_an_error(sample_files, refuses):
    with refuses("no source to try", "--data-dir"):
        fetch_from_first_able(sample_files, [], lambda message: None, ADVICE)


def test_content_is_compared_to_the_byte(sample_files, sample_contents):
    file = next(file for file in sample_files if file.name == TEST_IMAGES)
    data = sample_contents[TEST_IMAGES]
    assert file.matches(data)
    assert not file.matches(data + b"\0")
    assert not file.matches(data[:-1] + b"?")


def test_root_cause_is_the_innermost_reason_on_one_line():
    def wrapped(cause):
        try:
            try:
                raise cause
            except Exception as error:
                raise RuntimeError("outer") from error
        except RuntimeError as error:
            return root_cause(error)

    assert wrapped(ConnectionRefusedError(111, "Connection refused")) == "Connection refused"
    assert wrapped(FileNotFoundError(2, "No such file", "pip")) == "No such file: pip"
    assert wrapped(ValueError("two\nlines")) == "two lines"
    assert wrapped(TimeoutError()) == "TimeoutError"
