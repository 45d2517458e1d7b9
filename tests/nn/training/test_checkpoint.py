"""Whatever stands in a checkpoint, loading it ends in one clear error or in a training that goes on soundly."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core as ag
from nn.errors import CheckpointError
from nn.training import Checkpoint, Checkpoints
from nn.training.position import Position


def test_no_field_however_spoilt_crashes_the_process_or_raises_a_foreign_error(tmp_path):
    script = Path(__file__).with_name("spoilt_states.py")
    command = [sys.executable, str(script), str(tmp_path / "c")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-300:]  # whose last line names the field
    *wrong, outcomes = ended.stdout.splitlines()
    assert wrong == []
    assert json.loads(outcomes)["refused"] > 1000


def spoilt_random_state(**changes):
    return json.dumps({**json.loads(ag.get_random_state()), **changes})


def test_the_error_names_file_and_field(make_trainer, train_line, tmp_path):
    train_line(epochs=1, callbacks=[Checkpoints(tmp_path / "c")])
    saved = Checkpoint.load(tmp_path / "c")
    state = {**saved.state, "random_state": spoilt_random_state(buffer_pos=-(10**9))}
    Checkpoint(state, {}).save(tmp_path / "c")
    says = (
        r"c: the state does not fit the training: random_state: .* buffer_pos must be .* from 0 to 4, got -1000000000$"
    )
    with pytest.raises(CheckpointError, match=says):
        Checkpoint.load(tmp_path / "c").restore(make_trainer(callbacks=[Checkpoints(tmp_path / "c")]))
    trainer = make_trainer(callbacks=[Checkpoints(tmp_path / "c")])
    dataclasses.replace(saved, path=None).restore(trainer)
    assert trainer.position.epoch == 1


def test_a_position_comes_back_from_json_and_a_spoilt_one_does_not(train_line, line_data):
    position = train_line(epochs=2, validation=line_data).position
    stored = json.loads(json.dumps(position.to_json()))
    assert Position.from_json(stored) == position
    for place, value, says in (
        ("epoch", -1, "epoch must be a whole number from 0 to"),
        ("stopped", None, "stopped must be text, got None"),
        ("history", 3, "history must be a list, got 3"),
        ("totals", {"sums": {"loss": 1.0}, "counts": {}}, "totals.counts must be a dictionary with the names of"),
        ("seconds", float("nan"), "seconds must be a finite number of at least 0, got nan"),
    ):
        with pytest.raises(ag.ArgumentError, match=says):
            Position.from_json({**stored, place: value})
    stored["history"][1]["train"]["loss"] = "low"
    with pytest.raises(ag.ArgumentError, match=r"history.1.train.loss must be a number, got 'low'"):
        Position.from_json(stored)
