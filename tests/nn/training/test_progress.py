import contextlib
import io
import re
from types import SimpleNamespace

import pytest

from nn.training import Moment, Position, Progress
from nn.training.position import EpochRecord, Totals
from nn.training.progress import describe

RECORD = EpochRecord(
    1,
    {"loss": 0.25, "accuracy": 0.9},
    {"loss": 0.125, "accuracy": 0.95},
    learning_rate=0.1,
    examples=50_000,
    seconds=4.0,
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def trainer(position, batches_per_epoch=500):
    return SimpleNamespace(epochs=2, batches_per_epoch=batches_per_epoch, position=position, history=position.history)


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def drawn(position, moved_to, batches_per_epoch=500):
    """The bar, as it is after `moved_to`."""
    progress = Progress("images")
    with contextlib.redirect_stderr(Terminal()) as screen:
        progress.training_started(trainer(position, batches_per_epoch))
        progress._bar.mininterval = progress._bar.miniters = 0
        if moved_to is not None:
            progress.step_ended(trainer(moved_to, batches_per_epoch))
        progress.closed()
    return [line for line in screen.getvalue().split("\r") if line.strip()][-1]


def test_bar_shows_epoch_speed_loss_accuracy_and_time_left():
    totals = Totals({"loss": 250.0, "accuracy": 400.0}, {"loss": 500, "accuracy": 500})
    line = drawn(Position(), Position(batch=5, examples=500, seconds=0.25, totals=totals))
    assert re.match(r"epoch 1/2 \|.*\|\s+0 %, .* left, 2,000 images/s, loss 0\.5000, 80\.00 %", line)
    assert len(line) <= 80


def test_bar_of_a_resumed_training_starts_where_it_stopped():
    assert re.match(r"epoch 2/2 \|.*\|\s+75 %", drawn(Position(epoch=1, batch=250), None))


def test_bar_without_a_known_length_counts():
    totals = Totals({"loss": 1.0}, {"loss": 2})
    line = drawn(Position(), Position(batch=1, examples=2, seconds=1.0, totals=totals), batches_per_epoch=None)
    assert line.startswith("epoch 1/2: 1 mini-batches, 00:00, 2 images/s, loss 0.5000")


def test_each_epoch_has_a_line_that_fits_80_columns(capsys):
    progress, at = Progress("images"), trainer(Position(epoch=1, history=[RECORD]))
    progress.training_started(at)
    progress.settled(at, Moment.STEP)
    progress.settled(at, Moment.EPOCH)
    progress.settled(at, Moment.END)
    progress.closed()
    captured = capsys.readouterr()
    assert captured.out == "epoch 1/2: loss 0.2500, 90.00 %; validation 0.1250, 95.00 %; 12,500 images/s\n"
    assert len(captured.out) <= 80
    assert captured.err == ""


def test_a_training_without_validation_and_with_metrics_of_its_own_has_a_line_too(train_line, capsys):
    train_line(epochs=1, callbacks=[Progress()], metrics=["absolute_error"])
    line = capsys.readouterr().out
    assert re.fullmatch(r"epoch 1/1: loss \d+\.\d{4}, absolute_error \d+\.\d{4}; [\d,]+ examples/s\n", line)


def test_a_score_is_read_out():
    assert describe({"loss": 0.02661, "accuracy": 0.9907}) == "loss 0.0266, accuracy 99.07 %"
