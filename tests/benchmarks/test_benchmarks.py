"""The harness by itself: turns, comparisons and the page. No peer is needed, and no outcome depends on speed."""

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import inputs, moons, sequences
from benchmarks.peers import ours
from benchmarks.problems import in_short
from benchmarks.report import (
    Goal,
    Line,
    Plot,
    Section,
    Table,
    duration,
    geometric_mean,
    markdown,
    mean_goal,
    ratios,
    versus,
    worst_goal,
)
from benchmarks.runner import Runner, disagreeing, interleave
from benchmarks.timing import Task, fingerprint, seconds_per_call


def test_turns_are_interleaved_and_the_median_counts():
    turns = []
    times = {"a": iter([1.0, 9.0, 2.0]), "b": iter([3.0, 4.0, 5.0])}

    def turn(name):
        turns.append(name)
        return next(times[name])

    assert interleave(["a", "b"], turn, rounds=3) == {"a": 2.0, "b": 4.0}
    assert turns == ["a", "b"] * 3


def test_who_fails_keeps_the_reason_and_is_not_asked_again():
    turns = []

    def turn(name):
        turns.append(name)
        return "crashed" if name == "a" else 1.0

    assert interleave(["a", "b"], turn, rounds=2) == {"a": "crashed", "b": 1.0}
    assert turns == ["a", "b", "b"]


def test_who_computes_something_else_is_found():
    assert disagreeing({"ours": [2.3, 2.2], "peer": [2.3001, 2.2], "machine": []}) == []
    assert disagreeing({"ours": [2.3, 2.2], "peer": [2.3, 2.1], "short": [2.3]}) == ["peer", "short"]
    assert disagreeing({"ours": [2.3], "peer": [float("nan")]}) == ["peer"]


def test_who_computes_something_else_is_not_timed(monkeypatch):
    class FakeWorker:
        crashed = False

        def __init__(self, peer, threads):
            self.peer = peer

        def ask(self, do, **_):
            return {"evidence": [1.0 if self.peer == "ours" else 2.0]} if do == "prepare" else {"seconds": 0.5}

    monkeypatch.setattr("benchmarks.runner.Worker", FakeWorker)
    runner = Runner()
    assert runner.compare("training", {}, ["ours", "peer"]) == {"ours": 0.5, "peer": "has computed something else"}
    assert "peer" in runner.disagreements[0]


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("Traceback ...\nModuleNotFoundError: No module named 'jax'", "jax is not installed"),
        ("OSError: cannot read '/home/someone/file' today", "failed: OSError: cannot read '…' today"),
        ("", "failed: no message"),
    ],
)
def test_reasons_fit_into_a_cell_and_name_no_paths(message, short):
    assert in_short(message) == short


def test_fingerprints_tell_arrays_apart():
    x = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    found = {"one": fingerprint(x), "same": fingerprint(x.copy()), "other": fingerprint(x[::-1])}
    assert disagreeing(found) == ["other"]


def test_calls_are_repeated_until_a_turn_is_filled_and_waited_for():
    called, waited = [], []
    seconds = seconds_per_call(Task(lambda: called.append(1), waited.append), wanted=1e-4)
    assert seconds > 0
    assert len(called) > len(waited) > 1


def test_a_peer_that_is_not_installed_is_reported_and_not_skipped():
    runner = Runner(quick=True)
    try:
        figures = runner.compare("add", {"size": 10}, ["numpy_blas", "no_such_peer"], rounds=1)
    finally:
        runner.close()
    assert figures["numpy_blas"] > 0
    assert figures["no_such_peer"].endswith("is not installed")
    assert runner.threads()["numpy_blas"] >= 1


def test_a_peer_is_told_how_many_threads_to_use():
    runner = Runner(quick=True)
    try:
        runner.compare("add", {"size": 10}, ["ours"], rounds=1, threads=1)
        (worker,) = runner.workers.values()
        assert worker.hello["threads"] == 1
        assert runner.threads() == {}
    finally:
        runner.close()


@pytest.mark.parametrize("label", ["LSTM, 28 steps of 64, 28 to 32", sequences.PACKED, sequences.JACOBIAN])
def test_sequence_models_are_made_of_names_that_both_libraries_have(label):
    task = ours.sequence(label)
    assert len(task.evidence) > 1 and np.isfinite(task.evidence).all()
    task.call()


def test_every_case_of_the_matrix_products_has_a_label_of_its_own():
    cases = command.matmul.cases(quick=False)
    assert (64, 400, 120, "nt") in cases.values()
    assert len(set(cases.values())) == len(cases)


@pytest.mark.parametrize("name", inputs.MODELS)
def test_models_have_weights_that_fit(name):
    model = inputs.MODELS[name]
    shapes = [weight.shape for weight in inputs.first_weights(model)]
    assert shapes[-1] == (10,)
    assert len(shapes) == 2 * sum(kind in ("linear", "conv") for kind, *_ in model.layers)
    x, y = inputs.batches(model, 3)[0]
    assert x.shape == (3, *model.input_shape) and x.dtype == np.float32
    assert y.shape == (3,)


def test_moons_are_two_classes_of_fifty():
    points, labels = moons.points()
    assert points.shape == (100, 2)
    assert sorted(labels.tolist()) == [-1] * 50 + [1] * 50


def test_goals_look_at_every_ratio():
    cases = {"small": {"ours": 1.0, "numpy": 0.5}, "large": {"ours": 1.0, "numpy": 8.0}, "lost": {"ours": 1.0}}
    of = ratios(cases, "numpy")
    assert of == {"small": 0.5, "large": 8.0}
    assert geometric_mean(of.values()) == pytest.approx(2.0)
    assert mean_goal("product", of, 1.5, "numpy").met
    worst = worst_goal("product", of, 0.95, "numpy")
    assert not worst.met and "small" in worst.figure and "1 of 2" in worst.figure
    assert mean_goal("product", {}, 1.5, "numpy").met is None


def test_the_page_shows_goals_ratios_and_reasons():
    cases = {"64×64": {"ours": 1e-3, "torch_eager": 2e-3, "jax_jit": "jax is not installed"}}
    section = Section(
        "Products",
        [Goal("product", "≥ 1.5× torch", "2.00×", True), Goal("compiled", "≥ 4×", "not measured", None)],
        tables=[versus("shape", cases, ["ours", "torch_eager", "jax_jit"])],
        plots=[Plot("speed", "Speed", "size", "GFLOP/s", [Line("ours", [64], [1.0])])],
    )
    page = markdown([section], Table(["what", "which"], [["memory", "24 GiB"]]), "benchmarks")
    assert "| product | ≥ 1.5× torch | 2.00× | yes |" in page
    assert "| 64×64 | 1 ms | 2 ms | jax is not installed | **2.00×** | – |" in page
    assert "![Speed](benchmarks/speed.svg)" in page


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.0, "2 s"), (0.0125, "12.5 ms"), (3e-6, "3 µs"), (5e-8, "50 ns"), ("failed", "failed")]
)
def test_durations_come_in_a_unit_that_suits_them(seconds, text):
    assert duration(seconds) == text


def test_a_group_that_fails_does_not_take_the_others_along(monkeypatch, capsys):
    monkeypatch.setitem(command.GROUPS, "matmul", lambda runner: 1 / 0)
    monkeypatch.setitem(command.GROUPS, "conv", lambda runner: Section("Convolutions", [Goal("a", "b", "c", True)]))
    assert command.main(["matmul", "conv", "--quick"]) == 1
    printed = capsys.readouterr()
    assert "| a | b | c | yes |" in printed.out
    assert "ZeroDivisionError" in printed.err


def test_unknown_groups_are_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["no_such_group"])
    assert "no_such_group" in capsys.readouterr().err
