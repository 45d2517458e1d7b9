import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from nn.atomic_write import check_writable, write_atomically
from nn.errors import OutputError


def test_writes_and_replaces_and_makes_the_directory(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failing_at_any_step_leaves_what_was_there(tmp_path, monkeypatch, step):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OutputError, match=r"cannot write .*file: Input/output error"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_a_kill_left_is_overwritten(tmp_path):
    (tmp_path / ".file.partial").write_bytes(b"half of it, and more than the next")
    write_atomically(tmp_path / "file", b"whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_many_may_write_a_shared_file_at_once(tmp_path):
    contents = [bytes([i]) * 1_000_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: write_atomically(tmp_path / "file", data, shared=True), contents * 3))
    assert (tmp_path / "file").read_bytes() in contents
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_advice_ends_the_message(tmp_path):
    (tmp_path / "file").touch()
    for write in (write_atomically, lambda path, _, advice: check_writable(path.parent, advice=advice)):
        with pytest.raises(OutputError, match=r"cannot write .*file.*; ask somebody$"):
            write(tmp_path / "file" / "below", b"", advice="ask somebody")


def test_asking_whether_a_directory_can_be_written_leaves_nothing(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
