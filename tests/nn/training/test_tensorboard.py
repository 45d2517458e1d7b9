import struct
import sys

import pytest
from tensorboardX.proto.event_pb2 import Event

from autograd_core import ArgumentError
from nn.training import TensorBoard


def events(directory):
    """What the files hold, by tag: (step, value) in the order of writing."""
    found = {}
    for path in sorted(directory.iterdir()):
        content, start = path.read_bytes(), 0
        while start < len(content):
            (length,) = struct.unpack_from("<Q", content, start)
            event = Event.FromString(content[start + 12 : start + 12 + length])
            start += 12 + length + 4
            for value in event.summary.value:
                number = value.simple_value if value.WhichOneof("value") == "simple_value" else value.histo.num
                found.setdefault(value.tag, []).append((event.step, number))
    return found


def test_epochs_steps_and_histograms_can_be_read_back(train_line, line_data, tmp_path):
    trainer = train_line(
        epochs=2,
        validation=line_data,
        metrics=["squared_error"],
        callbacks=[TensorBoard(tmp_path, every_steps=2, histograms=True)],
    )
    found = events(tmp_path)
    assert [step for step, _ in found["loss/train"]] == [5, 10]
    assert [value for _, value in found["loss/train"]] == pytest.approx([r.train["loss"] for r in trainer.history])
    assert [value for _, value in found["squared_error/validation"]] == pytest.approx(
        [record.validation["squared_error"] for record in trainer.history]
    )
    assert [value for _, value in found["learning_rate"]] == pytest.approx([0.1, 0.1])
    assert [step for step, _ in found["loss/step"]] == [2, 4, 6, 8, 10]
    assert [count for _, count in found["weights/weight"]] == [2, 2]
    assert [count for _, count in found["gradients/bias"]] == [1, 1]


def test_every_no_step_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="TensorBoard: every_steps must be a whole number of at least 1, got 0"):
        TensorBoard(tmp_path, every_steps=0)


def test_without_tensorboardx_it_is_refused_before_the_training(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ModuleNotFoundError):
        TensorBoard("x")
