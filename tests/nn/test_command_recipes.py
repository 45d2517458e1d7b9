"""`python -m nn train` by any optimiser and any schedule; each goes on after a stop as if there had been none."""

import json

import pytest

from nn.__main__ import OPTIMIZERS, SCHEDULES


def history(directory):
    return json.loads((directory / "history.json").read_text())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_learns_by_its_usual_rate(train, tmp_path, optimizer):
    assert train(tmp_path, "--optimizer", optimizer, "--lr", OPTIMIZERS[optimizer].lr, epochs=2).code == 0
    first, second = (record["train"]["loss"] for record in history(tmp_path)["epochs"])
    assert second < first


@pytest.mark.parametrize("optimizer", ["momentum", "nadam"])  # with a number beside its arrays, and betas
def test_a_training_goes_on_to_the_same_end(train, same_end, tmp_path, optimizer):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(whole, "--optimizer", optimizer, epochs=2).code == 0
    assert train(parts, "--optimizer", optimizer, epochs=1).code == 0
    assert train(parts, "--resume", epochs=2).code == 0
    same_end(whole / "checkpoint.safetensors", parts / "checkpoint.safetensors")


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_goes_over_the_whole_training(train, tmp_path, schedule):
    ended = train(tmp_path, "--schedule", schedule, "--lr", 0.002, epochs=2)
    assert ended.code == 0
    rates = [record["learning_rate"] for record in history(tmp_path)["epochs"]]
    expected = SCHEDULES[schedule](0.002, 20)  # 500 images in mini-batches of 50
    assert rates == [expected(9), expected(19)]
    assert ("falling to" in ended.out) == (schedule != "constant")
    assert ("rising from 8e-05" in ended.out) == (schedule == "one-cycle")


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_more_epochs_are_refused_under_a_schedule_that_looks_at_the_last(train, tmp_path, schedule):
    assert train(tmp_path, "--schedule", schedule, epochs=1).code == 0
    ended = train(tmp_path, "--resume", epochs=2)
    assert ended.code == 2
    assert "falls towards the last of them" in ended.err


def test_another_schedule_is_refused_when_going_on(train, tmp_path):
    train(tmp_path, "--schedule", "cosine", epochs=1)
    ended = train(tmp_path, "--schedule", "linear", "--resume", epochs=1)
    assert ended.code == 2
    assert "cannot resume with --schedule linear: the training was started with cosine" in ended.err


def test_a_schedule_that_is_not_there(command):
    ended = command("train", "mnist", "--schedule", "magic")
    assert ended.code == 2
    assert "argument --schedule: invalid choice: 'magic'" in ended.err
