import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import autograd_core as ag
from autograd_core import ArgumentError
from nn.errors import SearchError
from nn.search import Results, Trial, grid, run


def values(results):
    return [trial.value for trial in results]


def test_trials_in_several_processes_are_those_of_one(objectives):
    """Same seeds, same order, same values to the bit, though each process runs whichever comes next."""
    candidates = grid({"lr": [0.01, 0.1, 0.3, 0.5, 0.2]})
    one, two = (run(objectives.trained, candidates, workers=workers, seed=4) for workers in (1, 2))
    assert [(t.number, t.parameters, t.seed, t.value) for t in one] == [
        (t.number, t.parameters, t.seed, t.value) for t in two
    ]
    assert len({trial.seed for trial in one}) == 5
    assert one.best.parameters["lr"] >= 0.1
    assert values(run(objectives.trained, candidates, seed=5)) != values(one)


def test_trials_in_threads_are_those_of_one_whatever_their_pace(objectives):
    """Initial weights, dropout and whatever the objective draws itself, though the threads take turns all the time."""
    candidates = [{"lr": 0.1, "pause": pause} for pause in (0.002, 0.0, 0.001, 0.0, 0.002, 0.001, 0.0, 0.0)]
    state = ag.get_random_state()
    one, two, four = (
        run(objectives.trained_with_dropout, candidates, workers=workers, in_threads=True, seed=4)
        for workers in (1, 2, 4)
    )
    assert values(one) == values(two) == values(four)
    assert len(set(values(one))) == 8
    assert ag.get_random_state() == state
    processes = run(objectives.trained_with_dropout, candidates[:2], workers=2, seed=4)
    assert values(processes) == values(one)[:2]


def test_threads_take_any_function_and_report_its_defects():
    assert values(run(lambda parameters, seed: 1.0, [{}, {}], workers=2, in_threads=True)) == [1.0, 1.0]
    with pytest.raises(SearchError, match="ZeroDivisionError"):
        run(lambda parameters, seed: 1 / 0, [{}, {}], workers=2, in_threads=True)


def test_searches_in_threads_of_the_callers_do_not_disturb_each_other(objectives):
    def search(_):
        return values(run(objectives.trained_with_dropout, [{"lr": 0.1, "pause": 0.001}], seed=4))

    with ThreadPoolExecutor(4) as pool:
        assert len({tuple(found) for found in pool.map(search, range(8))}) == 1


def test_each_trial_starts_from_its_seed_and_the_callers_random_numbers_go_on(objectives):
    state = ag.get_random_state()
    first, again = (run(objectives.drawn, [{}, {}, {}], seed=1) for _ in range(2))
    assert values(first) == values(again)
    assert len({value % 1 for value in values(first)}) == 3
    assert ag.get_random_state() == state


def test_one_worker_is_this_process_and_several_are_others_with_their_share_of_the_processors(objectives):
    assert values(run(objectives.process, [{}, {}])) == [os.getpid()] * 2
    others = set(values(run(objectives.process, [{}] * 4, workers=2)))
    assert len(others) <= 2
    assert os.getpid() not in others
    assert values(run(objectives.threads, [{}], workers=2)) == [max(1, ag.get_num_threads() // 2)]


WAYS = grid({"way": [2.0, "diverges", 1.0, "nan"]})


@pytest.mark.parametrize("workers", [1, 2])
def test_a_trial_that_diverges_has_failed_and_says_why(objectives, workers):
    seen = []
    results = run(objectives.troublesome, WAYS, workers=workers, report=seen.append)
    assert values(results) == [2.0, None, 1.0, None]
    assert [trial.error for trial in results.failed] == ["DivergenceError: the loss is nan", "it returned nan"]
    assert results.best.value == 1.0
    assert sorted(trial.number for trial in seen) == [0, 1, 2, 3]
    lines = repr(results).splitlines()
    assert lines[0] == "4 trials, 2 of them failed"
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "failed", "failed"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("defect", r"trial 1 \(way=defect\) failed: KeyError: 'nothing'"),
        ("text", r"trial 1 \(way=text\) failed: TypeError: the objective must return a number, got a str"),
    ],
)
def test_a_defect_ends_the_search_and_shows_where_it_is(objectives, way, says, workers):
    with pytest.raises(SearchError, match=says) as raised:
        run(objectives.troublesome, grid({"way": [3.0, way]}), workers=workers)
    [note] = raised.value.__notes__
    assert "Traceback" in note
    if way == "defect":
        assert 'return {}["nothing"]' in note
    assert values(raised.value.results) in ([3.0], [])


def test_on_request_it_goes_on_after_a_defect(objectives):
    results = run(objectives.troublesome, grid({"way": ["defect", 3.0]}), keep_going=True)
    assert values(results) == [None, 3.0]
    assert results.failed[0].error == "KeyError: 'nothing'"


def test_a_worker_that_is_killed_is_reported(objectives):
    with pytest.raises(SearchError, match=r"a worker process ended during one of the trials \[0\]; was there too"):
        run(objectives.troublesome, grid({"way": ["killed"]}), workers=2)


def test_the_greatest_may_be_wanted(objectives):
    results = run(objectives.troublesome, WAYS, mode="max")
    assert (results.best.value, [trial.value for trial in results.ranked()]) == (2.0, [2.0, 1.0])


def test_without_a_single_value_there_is_no_best(objectives):
    with pytest.raises(SearchError, match="all 1 trials failed, the first of them by it returned nan"):
        _ = run(objectives.troublesome, grid({"way": ["nan"]})).best
    assert len(Results([Trial(0, {}, 0, None, "x")]).failed) == 1


def test_what_cannot_be_run(objectives):
    with pytest.raises(ag.ArgumentError, match="define it at the top of a module, or use in_threads=True or workers=1"):
        run(lambda parameters, seed: 0.0, [{}], workers=2)
    with pytest.raises(ag.ArgumentError, match="there are no candidates"):
        run(objectives.drawn, [])
    with pytest.raises(ag.ArgumentError, match="workers must be a whole number of at least 1, got 0"):
        run(objectives.drawn, [{}], workers=0)
    with pytest.raises(ag.ArgumentError, match="mode must be 'min' or 'max', got 'least'"):
        run(objectives.drawn, [{}], mode="least")


CANDIDATES = grid({"lr": [0.01, 0.1, 0.3]})


def test_an_executor_of_processes_gives_what_one_worker_does_and_is_left_open(objectives):
    alone = values(run(objectives.trained, CANDIDATES, seed=4))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        assert values(run(objectives.trained, CANDIDATES, executor=executor, seed=4)) == alone
        with pytest.raises(SearchError, match=r"trial 0 \(way=defect\) failed: KeyError") as raised:
            run(objectives.troublesome, grid({"way": ["defect", 3.0]}), executor=executor)
        assert "Traceback" in raised.value.__notes__[0]
        with pytest.raises(SearchError, match=r"trial 0 did not reach a worker of the executor \(Can't .*<lambda>"):
            run(lambda parameters, seed: 1.0, [{}], executor=executor)
        assert values(run(objectives.process, [{}], executor=executor)) != [os.getpid()]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_executor_of_threads_gives_what_one_worker_does(objectives, workers):
    alone = values(run(objectives.trained, CANDIDATES, seed=4))
    with ThreadPoolExecutor(workers) as executor:
        assert values(run(objectives.trained, CANDIDATES, executor=executor, seed=4)) == alone


def test_an_executor_of_mpi_gives_what_one_worker_does(objectives):
    """As `mpirun -n 3 python -m mpi4py.futures search.py` runs a search in two workers."""
    beside = Path(sys.executable).with_name("mpirun")
    mpirun = str(beside) if beside.exists() else "mpirun"
    module = objectives.__file__
    here, root = str(Path(module).parent), str(Path(ag.__file__).parents[1])
    done = subprocess.run(
        [mpirun, "-n", "3", sys.executable, "-m", "mpi4py.futures", module],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, here])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == values(run(objectives.trained, CANDIDATES, seed=4))


def test_executors_that_are_none_are_refused(objectives):
    for executor in (ThreadPoolExecutor, 4):
        with pytest.raises(ArgumentError, match=r"executor must be one of concurrent\.futures, made"):
            run(objectives.drawn, [{}], executor=executor)
    with ThreadPoolExecutor(1) as executor, pytest.raises(ArgumentError, match="leave out workers and in_threads"):
        run(objectives.drawn, [{}], executor=executor, workers=2)
