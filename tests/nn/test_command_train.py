"""`python -m nn train`: what it leaves behind, and how it goes on after an end that was not its own."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

import nn.__main__
from nn.data import DATASETS
from nn.training.checkpoint import Checkpoint
from nn.training.progress import Progress

SAMPLE_TRAINING = ("train", "mnist", "--data-dir", "tests/data")


def history(directory):
    return json.loads((directory / "history.json").read_text())


def test_leaves_a_checkpoint_a_history_and_a_learning_curve_and_says_where(train, tmp_path):
    out = tmp_path / "new" / "run"
    ended = train(out)
    assert ended.code == 0
    assert ended.err == ""
    assert sorted(path.name for path in out.iterdir()) == [
        "checkpoint.safetensors",
        "history.json",
        "learning_curve.png",
    ]
    assert (out / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    for path in out.iterdir():
        assert str(path) in ended.out


def test_plain_output_has_a_line_for_each_epoch_and_the_test_accuracy(train, tmp_path):
    lines = train(tmp_path).out.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("epoch")] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert sum(line.startswith("test: loss") for line in lines) == 1
    assert not any("\r" in line or "\x1b" in line for line in lines)


def test_history_says_with_what_and_how_well(trained, sample):
    content = history(trained)
    assert content["settings"] | {"data": ""} == {
        "model": "mlp",
        "image_size": [28, 28],
        "classes": 10,
        "loss": "cross_entropy",
        "optimizer": "adam",
        "lr": 0.001,
        "schedule": "constant",
        "augmentation": "none",
        "batch_size": 50,
        "epochs": 3,
        "seed": 0,
        "data": "",
        "dataset": "mnist",
        "shards": 0,
    }
    assert [record["epoch"] for record in content["epochs"]] == [1, 2, 3]
    for record in content["epochs"]:
        assert record.keys() == {"epoch", "train", "validation", "learning_rate", "examples", "seconds"}
        assert record["train"]["loss"] > 0
        assert 0 <= record["validation"]["accuracy"] <= 1
    losses = [record["train"]["loss"] for record in content["epochs"]]
    assert losses == sorted(losses, reverse=True)
    assert content["test"]["accuracy"] > 0.4  # guessing gives 0.1


@pytest.mark.parametrize("model", nn.models.RECIPES)
def test_every_model_trains(train, tmp_path, model):
    assert train(tmp_path, model=model, epochs=1).code == 0
    assert history(tmp_path)["settings"]["model"] == model


def test_another_seed_gives_other_weights(train, trained, same_end, tmp_path):
    train(tmp_path, "--seed", 1)
    with pytest.raises(AssertionError):
        same_end(tmp_path / "checkpoint.safetensors", trained / "checkpoint.safetensors")


@pytest.mark.parametrize(("model", "arguments"), [("nielsen", ()), ("mlp", ("--seed", 5)), ("lenet5", ()), ("cnn", ())])
def test_interrupted_in_an_epoch_it_goes_on_to_the_same_end(
    train, command, same_end, tmp_path, monkeypatch, model, arguments
):
    """Rates constant and falling, optimisers with and without a state, dropout and images changed by chance."""
    assert train(tmp_path / "whole", *arguments, model=model).code == 0
    with monkeypatch.context() as patch:
        interrupt_after(patch, batches=13)
        ended = train(tmp_path / "parts", *arguments, model=model)
    assert ended.code == 130
    assert ended.err == "stopped in epoch 2 after mini-batch 3, which is saved; --resume goes on from there\n"
    ended = command("train", "mnist", "--data-dir", "tests/data", "--out", tmp_path / "parts", "--resume")
    assert ended.code == 0
    assert "going on in epoch 2 after mini-batch 3" in ended.out
    same_end(tmp_path / "whole" / "checkpoint.safetensors", tmp_path / "parts" / "checkpoint.safetensors")


def interrupt_after(patch, batches, signal_number=signal.SIGINT):
    shown = Progress.step_ended
    count = 0

    def step_ended(self, trainer):
        nonlocal count
        count += 1
        if count == batches:
            signal.raise_signal(signal_number)
        shown(self, trainer)

    patch.setattr(Progress, "step_ended", step_ended)


def test_sigterm_saves_too(train, tmp_path, monkeypatch):
    interrupt_after(monkeypatch, batches=4, signal_number=signal.SIGTERM)
    assert train(tmp_path).code == 143
    position = Checkpoint.load(tmp_path / "checkpoint.safetensors").state["position"]
    assert (position["epoch"], position["batch"]) == (0, 4)


def test_interrupted_between_epochs_it_says_so(train, tmp_path, monkeypatch):
    interrupt_after(monkeypatch, batches=10)
    ended = train(tmp_path)
    assert ended.code == 130
    assert ended.err.startswith("stopped after epoch 1,")


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "nn", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments_it_goes_on_to_the_same_end(command, same_end, tmp_path, kills):
    """SIGKILL at any moment: before anything is saved, in an epoch, while a checkpoint is being written."""
    arguments = (*SAMPLE_TRAINING, "--model", "lenet5", "--epochs", 10, "--batch-size", 10)
    assert command(*arguments, "--out", tmp_path / "whole").code == 0
    checkpoint = tmp_path / "parts" / "checkpoint.safetensors"
    moments = random.Random()
    steps = [0]
    while len(steps) <= kills:
        process = start(*arguments, "--out", tmp_path / "parts", "--resume", "--save-every", 0)
        while process.stdout.readline() and not checkpoint.exists():  # so that there is something to go on with
            pass
        assert process.poll() is None, process.stderr.read()
        time.sleep(moments.uniform(0, 0.4))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        if checkpoint.exists():
            steps.append(Checkpoint.load(checkpoint).state["position"]["step"])
    assert steps == sorted(steps)
    assert command(*arguments, "--out", tmp_path / "parts", "--resume").code == 0
    same_end(tmp_path / "whole" / "checkpoint.safetensors", checkpoint)
    assert len(list((tmp_path / "parts").glob("*"))) == 3


def test_ctrl_c_in_a_process_of_its_own_saves_and_exits_with_130(tmp_path):
    process = start(*SAMPLE_TRAINING, "--model", "nielsen", "--epochs", 10_000, "--out", tmp_path)
    while not process.stdout.readline().startswith("epoch"):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "--resume goes on" in err
    assert "Traceback" not in err
    assert Checkpoint.load(tmp_path / "checkpoint.safetensors").state["position"]["epoch"] >= 1


def test_a_reader_that_leaves_ends_it_quietly(tmp_path):
    process = start(*SAMPLE_TRAINING, "--model", "nielsen", "--epochs", 1000, "--out", tmp_path)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert "Error" not in process.stderr.read()
    process.stderr.close()


def test_a_finished_training_is_not_begun_again(train, tmp_path):
    first = train(tmp_path)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    ended = train(tmp_path)
    assert ended.code == 2
    assert "--resume" in ended.err
    again = train(tmp_path, "--resume")
    assert again.code == 0
    assert "complete already" in again.out
    assert again.out.splitlines()[-4:] == first.out.splitlines()[-4:]
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


def test_resume_where_nothing_is_starts_and_the_same_seed_gives_the_same_weights(train, trained, same_end, tmp_path):
    assert train(tmp_path, "--resume").code == 0
    same_end(tmp_path / "checkpoint.safetensors", trained / "checkpoint.safetensors")


def test_more_epochs_of_a_constant_rate_end_as_if_asked_for_at_once(train, trained, same_end, tmp_path):
    train(tmp_path, epochs=1)
    assert train(tmp_path, "--resume", epochs=3).code == 0
    same_end(trained / "checkpoint.safetensors", tmp_path / "checkpoint.safetensors")


def test_without_out_it_goes_to_runs_and_the_name_of_the_model(command, tmp_path, monkeypatch):
    sample = os.path.abspath("tests/data")
    monkeypatch.chdir(tmp_path)
    assert command("train", "mnist", "--data-dir", sample, "--model", "mlp", "--epochs", 1).code == 0
    assert (tmp_path / "runs" / "mlp" / "checkpoint.safetensors").exists()


def test_without_matplotlib_one_line_says_so(train, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ended = train(tmp_path)
    assert ended.code == 0
    assert ended.out.splitlines()[-1].startswith("learning curve: not drawn, since matplotlib is missing")
    assert not (tmp_path / "learning_curve.png").exists()


def test_a_diverged_training_stops_and_keeps_the_last_good_checkpoint(train, tmp_path):
    assert train(tmp_path / "at-once", "--optimizer", "sgd", "--lr", 1e30).code == 1
    assert not (tmp_path / "at-once").exists()

    assert train(tmp_path, epochs=1).code == 0
    before = Checkpoint.load(tmp_path / "checkpoint.safetensors")
    weights = before.state["model"]["1.weight"].copy()
    weights[0, 0] = float("nan")
    poisoned = {**before.state, "model": {**before.state["model"], "1.weight": weights}}
    replace(before, state=poisoned).save(tmp_path / "checkpoint.safetensors")
    saved = (tmp_path / "checkpoint.safetensors").read_bytes()
    ended = train(tmp_path, "--resume", epochs=2)
    assert ended.code == 1
    assert ended.err == (
        "error: training diverged: the loss is nan in epoch 2, mini-batch 1; a smaller learning rate may help, "
        "unless the data has a nan\n"
    )
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == saved


def test_without_any_source_of_data_one_line_says_what_to_do(command, tmp_path, monkeypatch):
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], sources=()))
    ended = command("train", "mnist", "--out", tmp_path / "out")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "--data-dir" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_within_an_epoch_it_saves_every_so_many_seconds(train, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(Checkpoint, "save", lambda self, path: saved.append(self.state["position"]["step"]))
    assert train(tmp_path / "often", "--save-every", 0, epochs=1).code == 0
    assert saved == [*range(1, 11), 10, 10]  # each step, the epoch, the end
    saved.clear()
    assert train(tmp_path / "seldom", epochs=1).code == 0
    assert saved == [10, 10]


def test_of_one_epoch_no_curve_is_drawn(train, tmp_path):
    ended = train(tmp_path, epochs=1)
    assert ended.out.splitlines()[-1] == "learning curve: not drawn, since one epoch is a point"
    assert not (tmp_path / "learning_curve.png").exists()
    assert train(tmp_path, "--resume", epochs=2).code == 0
    assert (tmp_path / "learning_curve.png").exists()
