import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nn.atomic_write import check_writable, remove_partial_files, write_atomically
from nn.errors import OutputError


def test_writes_and_replaces_and_makes_the_directory(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file's mode says little")
def test_a_file_keeps_its_mode_and_a_new_one_has_that_of_the_process(tmp_path):
    path, plain = tmp_path / "file", tmp_path / "plain"
    plain.touch()
    write_atomically(path, b"old")
    assert path.stat().st_mode == plain.stat().st_mode
    for mode in (0o600, 0o664):
        path.chmod(mode)
        write_atomically(path, b"new")
        assert path.stat().st_mode & 0o777 == mode
        assert path.read_bytes() == b"new"


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


def test_what_a_kill_left_is_removed_by_who_alone_writes_and_nothing_else(tmp_path):
    for name in (".file.0123abcd.partial", ".file.txt.0123abcd.partial", ".file.mine.partial"):
        (tmp_path / name).touch()
    remove_partial_files(tmp_path / "file")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".file.mine.partial", ".file.txt.0123abcd.partial"]
    remove_partial_files(tmp_path / "none" / "file")


def test_no_reader_finds_a_torn_file_while_two_processes_write_it(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"0" * 1_000_000)
    script = "import sys; from pathlib import Path; from nn.atomic_write import write_atomically\n"
    script += "for _ in range(150): write_atomically(Path(sys.argv[1]), sys.argv[2].encode() * int(sys.argv[3]))"
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), letter, str(size)])
        for letter, size in (("a", 1_000_000), ("b", 300_000))
    ]
    found = set()
    while any(writer.poll() is None for writer in writers):
        content = path.read_bytes()
        found.add((content[:1], len(content), len(set(content))))
    assert [writer.returncode for writer in writers] == [0, 0]
    assert found <= {(b"0", 1_000_000, 1), (b"a", 1_000_000, 1), (b"b", 300_000, 1)}
    assert len(found) > 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_many_may_write_a_shared_file_at_once(tmp_path):
    contents = [bytes([i]) * 1_000_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: write_atomically(tmp_path / "file", data), contents * 3))
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


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write .*net: the directory .*file/under cannot be made: Not a dir"):
        write_atomically(tmp_path / "file" / "under" / "net", b"")
    with pytest.raises(OutputError, match=r"cannot write '\.': it names no file"):
        write_atomically(Path(""), b"")


def test_a_link_stays_one_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    for content in (b"old", b"new"):
        write_atomically(tmp_path / "link", content)
        assert (tmp_path / "there" / "file").read_bytes() == content
    assert (tmp_path / "link").is_symlink()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OutputError, match=r"cannot write .*loop: "):
        write_atomically(loop, b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((tmp_path / "pipe").read_bytes)
        write_atomically(tmp_path / "pipe", b"through")
        assert read.result() == b"through"
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]
