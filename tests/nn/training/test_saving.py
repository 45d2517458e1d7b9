import csv
import json

import numpy as np
import pytest

import optim
from autograd_core import ArgumentError
from nn.errors import CheckpointError, OutputError
from nn.training import Callback, Checkpoint, Checkpoints, HistoryFile


def steps_saved(monkeypatch, train_line, **options):
    saved = []
    monkeypatch.setattr(Checkpoint, "save", lambda self, path: saved.append(self.state["position"]["step"]))
    train_line(epochs=4, callbacks=[Checkpoints("x", **options)])  # of 5 steps each
    return saved


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, [5, 10, 15, 20, 20]),
        ({"every_epochs": 3}, [15, 20]),
        ({"every_epochs": 9, "every_steps": 8}, [8, 16, 20]),
        ({"every_epochs": 9, "every_seconds": 3600}, [20]),
        ({"every_epochs": 9, "every_seconds": 0}, [*range(1, 21), 20]),
    ],
)
def test_saves_as_often_as_it_was_told_and_at_the_end(monkeypatch, train_line, options, steps):
    assert steps_saved(monkeypatch, train_line, **options) == steps


def test_one_file_an_epoch(train_line, tmp_path):
    train_line(epochs=3, callbacks=[Checkpoints(tmp_path / "at-{epoch}.safetensors")])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"at-{n}.safetensors" for n in (1, 2, 3)]
    assert Checkpoint.load(tmp_path / "at-2.safetensors").state["position"]["step"] == 10


def test_a_checkpoint_holds_what_the_other_callbacks_know_though_they_come_after_it(train_line, tmp_path):
    class Counts(Callback):
        count = 0

        def step_ended(self, trainer):
            self.count += 1

        def state_dict(self):
            return {"count": self.count}

    train_line(epochs=1, callbacks=[Checkpoints(tmp_path / "c", every_steps=1), Counts()])
    assert Checkpoint.load(tmp_path / "c").state["callbacks"] == {"Counts": {"count": 5}}


def test_a_checkpoint_keeps_arrays_numbers_and_text_as_they_are(tmp_path):
    state = {
        "model": {"0.weight": np.arange(6.0).reshape(2, 3).T, "steps": np.array(7)},
        "optimizer": {"state": {"0": {"m": np.zeros(0, np.float32), "step": 3}}, "groups": [{"lr": 0.1, "of": None}]},
        "flags": np.array([True, False]),
        "float": np.float64(0.1),
        "best": float("inf"),
        "name": "$tensor",
    }
    Checkpoint(state, {"who": "I"}).save(str(tmp_path / "c"))
    loaded = Checkpoint.load(str(tmp_path / "c"))
    assert loaded.notes == {"who": "I"}
    for place in (("model", "0.weight"), ("model", "steps"), ("optimizer", "state", "0", "m"), ("flags",)):
        before, after = state, loaded.state
        for key in place:
            before, after = before[key], after[key]
        np.testing.assert_array_equal(after, before)
        assert (after.shape, after.dtype) == (before.shape, before.dtype)
    assert loaded.state["optimizer"]["groups"] == [{"lr": 0.1, "of": None}]
    assert (loaded.state["float"], loaded.state["best"], loaded.state["name"]) == (0.1, float("inf"), "$tensor")


def test_what_a_checkpoint_cannot_hold_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"callbacks.Mine.0 of the state is a object; a checkpoint holds arrays"):
        Checkpoint({"callbacks": {"Mine": [object()]}}, {}).save(tmp_path / "c")
    with pytest.raises(CheckpointError, match=r"two arrays of the state are called a.b"):
        Checkpoint({"a.b": np.zeros(1), "a": {"b": np.zeros(1)}}, {}).save(tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", [{"every_epochs": 0}, {"every_steps": 1.5}, {"every_seconds": -1}])
def test_how_often_must_make_sense(option):
    [(name, value)] = option.items()
    with pytest.raises(ArgumentError, match=f"Checkpoints: {name} must be .* got {value}"):
        Checkpoints("x", **option)


def test_history_as_json_and_as_a_table(train_line, line_data, tmp_path):
    trainer = train_line(
        epochs=2,
        validation=line_data,
        optimizer=optim.Adam,
        callbacks=[HistoryFile(tmp_path / "h.json", notes={"who": "I"}), HistoryFile(tmp_path / "h.csv")],
    )
    content = json.loads((tmp_path / "h.json").read_text())
    assert content["who"] == "I"
    assert [record["train"] for record in content["epochs"]] == [record.train for record in trainer.history]
    rows = list(csv.DictReader((tmp_path / "h.csv").read_text().splitlines()))
    assert list(rows[0]) == ["epoch", "train_loss", "validation_loss", "learning_rate", "seconds"]
    assert [float(row["validation_loss"]) for row in rows] == [record.validation["loss"] for record in trainer.history]


def test_a_second_training_into_the_same_file_is_refused_before_its_first_step(train_line, tmp_path):
    class Second(Callback):
        def epoch_ended(self, trainer):
            with pytest.raises(OutputError, match=r"another training writes .*c already, by process .* another path$"):
                train_line(epochs=1, callbacks=[Checkpoints(tmp_path / "c")])

    train_line(epochs=2, callbacks=[Checkpoints(tmp_path / "c"), Second()])
    assert Checkpoint.load(tmp_path / "c").state["position"]["step"] == 10
    train_line(epochs=1, callbacks=[Checkpoints(tmp_path / "c")])  # it is free again
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_the_file_is_free_again_after_an_error(train_line, tmp_path):
    class Fails(Callback):
        def epoch_ended(self, trainer):
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        train_line(epochs=1, callbacks=[Checkpoints(tmp_path / "c"), Fails()])
    assert list(tmp_path.iterdir()) == []


def test_one_directory_an_epoch_and_one_lock_for_all(train_line, tmp_path):
    class Looks(Callback):
        def epoch_ended(self, trainer):
            assert (tmp_path / ".{epoch}.lock").exists()

    train_line(epochs=2, callbacks=[Checkpoints(tmp_path / "{epoch}" / "c"), Looks()])
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["1", "1/c", "2", "2/c"]
