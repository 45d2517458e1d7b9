import numpy as np
import pytest

import nn
from autograd_core import ArgumentError
from nn.training import Callback, Checkpoint, Checkpoints, EarlyStopping

LOSSES = [5.0, 3.0, 2.0, 2.5, 1.99, 2.5, 2.5, 2.5, 1.0]


class Scripted(Callback):
    """Puts a loss from a list in the place of the true one, and the number of the epoch into the weights."""

    def __init__(self, values, name="loss"):
        self.values, self.name = values, name

    def epoch_ended(self, trainer):
        trainer.history[-1].train[self.name] = self.values[len(trainer.history) - 1]
        trainer.model.bias.assign(np.array([len(trainer.history)], np.float32))


def trained(train_line, stopping, values=LOSSES, name="loss", epochs=9):
    return train_line(epochs=epochs, callbacks=[Scripted(values, name), stopping])


@pytest.mark.parametrize(
    ("options", "epochs", "best"),
    [
        ({"patience": 1}, 4, 3),
        ({"patience": 2}, 7, 5),
        ({"patience": 2, "min_delta": 0.1}, 5, 3),
        ({"patience": 4}, 9, 9),
    ],
)
def test_stops_when_patience_is_over_and_restores_the_best_weights(train_line, options, epochs, best):
    stopping = EarlyStopping(**options)
    trainer = trained(train_line, stopping)
    assert len(trainer.history) == epochs
    assert stopping.best_epoch == best
    assert stopping.best == LOSSES[best - 1]
    assert trainer.model.bias.numpy() == [best]
    assert bool(trainer.position.stopped) == (epochs < 9)


def test_accuracy_is_better_when_it_is_more(train_line):
    stopping = EarlyStopping("accuracy", patience=2)
    trainer = trained(train_line, stopping, [0.5, 0.7, 0.6, 0.65, 0.9], "accuracy")
    assert (len(trainer.history), stopping.best_epoch, stopping.best) == (4, 2, 0.7)
    assert trainer.position.stopped == "accuracy was best in epoch 2 and has not improved for 2 epochs"


def test_the_weights_may_be_left_as_they_are(train_line):
    trainer = trained(train_line, EarlyStopping(patience=2, restore_best=False))
    assert trainer.model.bias.numpy() == [7]


def test_it_watches_the_validation_data_where_there_are_any(train_line, line_data):
    x, y = line_data
    stopping = EarlyStopping(patience=3)
    train_line(epochs=4, validation=(x, y + 1), callbacks=[stopping])
    trainer = train_line(epochs=4, validation=(x, y + 1))
    assert stopping.best == min(record.validation["loss"] for record in trainer.history)


def test_resumed_it_remembers_the_best(train_line, make_trainer, line_data, tmp_path):
    trained(train_line, EarlyStopping(patience=2), epochs=6)
    path = tmp_path / "c"
    train_line(epochs=6, callbacks=[Scripted(LOSSES), EarlyStopping(patience=2), KeepBeforeTheEnd(path)])
    stopping = EarlyStopping(patience=2)
    trainer = make_trainer(callbacks=[Scripted(LOSSES), stopping])
    trainer.load_state_dict(Checkpoint.load(path).state)
    assert trainer.fit(line_data, epochs=9, batch_size=8)
    assert (len(trainer.history), stopping.best_epoch) == (7, 5)
    assert trainer.model.bias.numpy() == [5]


def test_killed_between_the_last_epoch_and_the_end_it_restores_the_best_when_it_is_resumed(
    train_line, make_trainer, line_data, tmp_path
):
    train_line(epochs=6, callbacks=[Scripted(LOSSES), EarlyStopping(patience=3), KeepBeforeTheEnd(tmp_path / "c")])
    trainer = make_trainer(callbacks=[Scripted(LOSSES), EarlyStopping(patience=3)])
    trainer.load_state_dict(Checkpoint.load(tmp_path / "c").state)
    assert trainer.model.bias.numpy() == [6]
    assert trainer.fit(line_data, epochs=6, batch_size=8)
    assert trainer.model.bias.numpy() == [5]
    trainer.model.bias.assign(np.array([9], np.float32))
    with pytest.warns(UserWarning, match="nothing was trained: 6 epochs are done"):
        assert trainer.fit(line_data, epochs=6, batch_size=8)
    assert trainer.model.bias.numpy() == [9]


class KeepBeforeTheEnd(Checkpoints):
    """As a training that is killed leaves it."""

    def settled(self, trainer, moment):
        if moment is nn.training.Moment.EPOCH:
            super().settled(trainer, moment)


def test_what_it_cannot_watch_or_wait_for(train_line):
    with pytest.raises(ArgumentError, match="no 'accuracy' to monitor; the trainer gives loss"):
        train_line(callbacks=[EarlyStopping("accuracy")])
    with pytest.raises(ArgumentError, match="patience must be a whole number of at least 1, got 0"):
        EarlyStopping(patience=0)
    with pytest.raises(ArgumentError, match="min_delta must be at least 0, got -1"):
        EarlyStopping(min_delta=-1)
    with pytest.raises(ArgumentError, match="mode must be 'min' or 'max', got 'best'"):
        EarlyStopping(mode="best")
