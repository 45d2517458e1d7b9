import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from nn.data.cache import cached_files
from nn.data.labelled_images import FILE_NAMES, TEST_IMAGES, TRAIN_IMAGES
from nn.data.mirror import Mirror
from nn.errors import DataError, OutputError

ADVICE = "name your own directory with --data-dir or $MNIST_DIR"


@dataclass
class Shelf:
    """A source that holds `contents`, and remembers what it was asked for."""

    contents: dict
    name: str = "the shelf"
    asked: list = field(default_factory=list)

    def fetch(self, files):
        for file in files:
            self.asked.append(file.name)
            if file.name not in self.contents:
                raise DataError("not on the shelf")
            yield file.name, self.contents[file.name]


@pytest.fixture
def shelf(sample_contents):
    return Shelf(sample_contents)


def ignore(message):
    pass


def names_in(directory):
    return sorted(path.name for path in directory.iterdir())


def test_second_time_nothing_is_fetched(tmp_path, sample_files, sample_contents, shelf):
    cache = tmp_path / "deep" / "cache"
    for _ in range(2):
        assert cached_files(sample_files, cache, [shelf], ignore, ADVICE) == sample_contents
    assert len(shelf.asked) == 4
    assert names_in(cache) == sorted(FILE_NAMES)
    assert (cache / TEST_IMAGES).read_bytes() == sample_contents[TEST_IMAGES]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"?" + data[1:], lambda data: b""])
def test_damaged_file_is_noticed_said_and_fetched_again(tmp_path, sample_files, sample_contents, shelf, damage):
    cached_files(sample_files, tmp_path, [shelf], ignore, ADVICE)
    shelf.asked.clear()
    (tmp_path / TRAIN_IMAGES).write_bytes(damage(sample_contents[TRAIN_IMAGES]))
    reports = []
    assert cached_files(sample_files, tmp_path, [shelf], reports.append, ADVICE) == sample_contents
    assert shelf.asked == [TRAIN_IMAGES]
    assert reports[0].startswith(f"{tmp_path / TRAIN_IMAGES} is damaged")
    assert (tmp_path / TRAIN_IMAGES).read_bytes() == sample_contents[TRAIN_IMAGES]


@pytest.mark.parametrize("behaviour", ["missing", "cut-off", "wrong-bytes", "good-images-only", "silent-midway"])
def test_failed_download_writes_nothing(tmp_path, server, sample_files, behaviour, refuses):
    mirror = Mirror(server.url(behaviour), timeout=0.2 if behaviour == "silent-midway" else 20)
    with refuses("cannot get"):
        cached_files(sample_files, tmp_path / "cache", [mirror], ignore, ADVICE)
    assert names_in(tmp_path) == []


def test_failed_download_leaves_a_damaged_file_as_it_was(tmp_path, sample_files, sample_contents, refuses):
    (tmp_path / TRAIN_IMAGES).write_bytes(b"half")
    with refuses("not on the shelf"):
        cached_files(sample_files, tmp_path, [Shelf({})], ignore, ADVICE)
    assert (tmp_path / TRAIN_IMAGES).read_bytes() == b"half"
    assert names_in(tmp_path) == [TRAIN_IMAGES]


def test_unwritable_cache_is_known_before_anything_is_fetched(tmp_path, sample_files, shelf, refuses):
    (tmp_path / "file").touch()
    with refuses("cannot write in", "file is no directory", "--data-dir", error=OutputError):
        cached_files(sample_files, tmp_path / "file" / "cache", [shelf], ignore, ADVICE)
    assert shelf.asked == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_forbidden_cache_is_known_before_anything_is_fetched(tmp_path, sample_files, shelf, refuses):
    tmp_path.chmod(0o500)
    with refuses("cannot write in", "Permission denied", error=OutputError):
        cached_files(sample_files, tmp_path / "cache", [shelf], ignore, ADVICE)
    assert shelf.asked == []


def test_cached_files_are_as_readable_as_any_other(tmp_path, sample_files, shelf):
    (tmp_path / "other").touch()
    cached_files(sample_files, tmp_path, [shelf], ignore, ADVICE)
    assert {path.stat().st_mode for path in tmp_path.iterdir()} == {(tmp_path / "other").stat().st_mode}


def test_intact_cache_need_not_be_writable(tmp_path, sample_files, sample_contents, shelf):
    cached_files(sample_files, tmp_path, [shelf], ignore, ADVICE)
    tmp_path.chmod(0o500)
    assert cached_files(sample_files, tmp_path, [], ignore, ADVICE) == sample_contents


def test_directory_in_place_of_a_file_is_named(tmp_path, sample_files, shelf, refuses):
    (tmp_path / TRAIN_IMAGES).mkdir()
    with refuses("cannot read", TRAIN_IMAGES, "remove it"):
        cached_files(sample_files, tmp_path, [shelf], ignore, ADVICE)


def test_many_at_once_all_get_the_files(tmp_path, sample_files, sample_contents, shelf):
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(cached_files, sample_files, tmp_path, [shelf], ignore, ADVICE) for _ in range(24)]
    assert all(run.result() == sample_contents for run in runs)
    assert names_in(tmp_path) == sorted(FILE_NAMES)


CHILD = """
import hashlib, pathlib, resource, sys, time
from nn.data.cache import cached_files
from nn.data.sources import PublishedFile
from nn.errors import OutputError

big = bytes(100_000)
files = [PublishedFile(name, len(big), hashlib.sha256(big).hexdigest()) for name in ("first", "second")]

class Source:
    name = "here"
    def fetch(self, files):
        for file in files:
            yield file.name, big
            if sys.argv[2] == "stall":
                print("half-way", flush=True)
                time.sleep(30)

if sys.argv[2] == "full disk":
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    cached_files(files, pathlib.Path(sys.argv[1]), [Source()], print, "no advice")
except OutputError as error:
    print(error)
"""


def start_child(cache, situation):
    command = [sys.executable, "-c", CHILD, str(cache), situation]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_process_leaves_no_file(tmp_path):
    with start_child(tmp_path, "stall") as child:
        while child.stdout.readline() != "half-way\n":
            assert child.poll() is None
        child.kill()
    assert names_in(tmp_path) == []


def test_full_disk_leaves_no_half_file(tmp_path):
    with start_child(tmp_path, "full disk") as child:
        output, _ = child.communicate(timeout=30)
    assert f"cannot write {tmp_path / 'first'}: File too large; make the cache writable" in output
    assert names_in(tmp_path) == []


def test_two_processes_at_once_leave_whole_files_only(tmp_path):
    children = [start_child(tmp_path, "well") for _ in range(2)]
    for child in children:
        with child:
            child.communicate(timeout=30)
        assert child.returncode == 0
    assert names_in(tmp_path) == ["first", "second"]
    assert all(path.stat().st_size == 100_000 for path in tmp_path.iterdir())
