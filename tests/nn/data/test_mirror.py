import sys

import pytest

from nn.data.labelled_images import FILE_NAMES, TRAIN_IMAGES, TRAIN_LABELS
from nn.data.mirror import Mirror
from nn.data.sources import fetch_from_first_able

SILENCE_BORNE = 0.2  # seconds
PATIENCE = 20.0  # where an answer comes, however busy the machine

ADVICE = "name your own directory with --data-dir or $MNIST_DIR"


def mirror(server, behaviour):
    return Mirror(server.url(behaviour), timeout=SILENCE_BORNE if behaviour.startswith("silent") else PATIENCE)


@pytest.fixture
def reports():
    return []


def test_files_come_from_the_first_mirror_that_has_them(server, sample_files, sample_contents, reports):
    fetched = fetch_from_first_able(
        sample_files, [mirror(server, "good"), mirror(server, "missing")], reports.append, ADVICE
    )
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
    fetched = fetch_from_first_able(
        sample_files, [mirror(server, behaviour), mirror(server, "good")], reports.append, ADVICE
    )
    assert fetched == sample_contents
    failure = reports[1]
    assert failure.startswith(f"{server.url(behaviour)} failed: ")
    assert reason in failure
    assert "\n" not in failure


def test_what_a_failing_mirror_did_give_is_not_fetched_again(server, sample_files, sample_contents, reports):
    sources = [mirror(server, "good-images-only"), mirror(server, "good")]
    assert fetch_from_first_able(sample_files, sources, reports.append, ADVICE) == sample_contents
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
        fetch_from_first_able(sample_files, sources, reports.append, ADVICE)


def test_progress_is_drawn_on_a_terminal(server, sample_files, reports, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fetch_from_first_able(sample_files, [mirror(server, "good")], reports.append, ADVICE)
    assert f"{TRAIN_IMAGES}.gz: " in capsys.readouterr().err


def test_no_progress_is_drawn_into_a_file(server, sample_files, reports, capsys):
    fetch_from_first_able(sample_files, [mirror(server, "good")], reports.append, ADVICE)
    assert capsys.readouterr().err == ""
