import pytest

from autograd_core import ArgumentError
from nn.training import Monitor


def test_reports_and_keeps_how_the_model_does_on_any_data(train_line, line_data):
    lines = []
    monitor = Monitor("training", line_data, every_epochs=2, report=lines.append)
    trainer = train_line(epochs=5, validation=line_data, callbacks=[monitor], metrics=["absolute_error"])
    assert monitor.scores == {epoch: trainer.history[epoch - 1].validation for epoch in (2, 4)}
    assert [line.split(" loss ")[0] for line in lines] == ["epoch 2: training", "epoch 4: training"]


def test_its_scores_are_resumed(train_line, line_data):
    monitor, resumed = (Monitor("training", line_data, report=None) for _ in range(2))
    trainer = train_line(epochs=2, callbacks=[monitor])
    resumed.load_state_dict(trainer.state_dict()["callbacks"]["Monitor"])
    assert resumed.scores == monitor.scores


def test_every_no_epoch_is_refused(line_data):
    with pytest.raises(ArgumentError, match="every_epochs must be a whole number of at least 1, got 0"):
        Monitor("x", line_data, every_epochs=0)
