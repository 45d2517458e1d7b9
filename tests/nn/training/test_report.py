import contextlib
import io
import re
from types import SimpleNamespace

import pytest

from nn.training.report import TerminalReport
from nn.training.trainer import EpochRecord, Position, Score


class Terminal(io.StringIO):
    def isatty(self):
        return True


TRAINER = SimpleNamespace(epochs=2, train=range(50_000), batch_size=100)
RECORD = EpochRecord(1, Score(0.25, 0.9), Score(0.125, 0.95), learning_rate=0.1, seconds=4.0)


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_bar_shows_epoch_loss_accuracy_speed_and_time_left():
    position = Position(loss_sum=250.0, correct=400, batch=5)
    with contextlib.redirect_stderr(Terminal()) as drawn, TerminalReport(TRAINER, position) as report:
        report._bar.mininterval = report._bar.miniters = 0
        report.batch_ended(position, examples=100, seen=500)
    [line] = [line for line in drawn.getvalue().split("\r") if "loss" in line]
    assert re.match(r"epoch 1/2 \|.*\|\s+1 %, .* images/s, .* left, loss 0\.5000, 80\.00 %", line)
    assert len(line) <= 80


def test_bar_of_a_resumed_training_starts_where_it_stopped():
    with contextlib.redirect_stderr(Terminal()) as drawn, TerminalReport(TRAINER, Position(epoch=1, batch=250)):
        pass
    assert re.search(r"epoch 2/2 \|.*\|\s+75 %", drawn.getvalue())


def test_each_epoch_has_a_line_that_fits_80_columns(capsys):
    with TerminalReport(TRAINER, Position()) as report:
        report.epoch_ended(Position(epoch=1, history=[RECORD]))
    captured = capsys.readouterr()
    assert captured.out == "epoch 1/2: loss 0.2500, 90.00 %; validation 0.1250, 95.00 %; 12,500 images/s\n"
    assert len(captured.out) <= 80
    assert captured.err == ""
