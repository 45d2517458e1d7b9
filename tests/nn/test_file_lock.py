"""One holder at a time, in this process and in all others; free once the holder has ended, even by a kill."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from nn.errors import OutputError
from nn.file_lock import FileLock

HOLDER = """
import sys, time
from pathlib import Path
from nn.file_lock import FileLock
with FileLock(Path(sys.argv[1]), taken="taken", advice="go away"):
    print("held", flush=True)
    sys.stdin.read()
"""


def lock(path):
    return FileLock(path, taken="x is in use", advice="take y")


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_holds_it_and_what_to_do_is_in_the_message(holder, tmp_path):
    says = rf"^x is in use, by process {holder.pid} on .+ since \d{{4}}-.+:\d\d; let that end or stop it, or take y$"
    with pytest.raises(OutputError, match=says):
        lock(tmp_path / "lock").acquire()
    holder.communicate("")
    with lock(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_a_killed_holder_holds_nothing(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "lock").exists()  # but nobody has it
    with lock(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_process_cannot_hold_it_twice_but_again(tmp_path):
    first, second = lock(tmp_path / "lock"), lock(tmp_path / "lock")
    for _ in range(2):
        with first:
            with pytest.raises(OutputError, match=f"in use, by process {os.getpid()} "):
                second.acquire()
            second.release()  # which holds nothing
            assert (tmp_path / "lock").exists()


def test_directories_are_made_and_removed_again_unless_something_was_put_there(tmp_path):
    with lock(tmp_path / "a" / "b" / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []
    with lock(tmp_path / "a" / "b" / "lock"):
        (tmp_path / "a" / "result").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "result"]


def test_a_file_that_its_holder_removes_at_that_moment_is_not_taken_for_the_lock(tmp_path, monkeypatch):
    opened, path = os.open, tmp_path / "lock"

    def open_and_lose(*arguments):
        descriptor = opened(*arguments)
        monkeypatch.setattr(os, "open", opened)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    with lock(path):
        assert path.read_text().startswith(f"process {os.getpid()}")


def test_a_file_system_without_locks_is_warned_of(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def unable(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unable)
    with pytest.warns(RuntimeWarning, match="lies on a file system without locks"), lock(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*lock: Is a directory; take y"):
        lock(tmp_path / "lock").acquire()
