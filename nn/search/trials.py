"""Trials: hyper-parameters tried out, several at once, each with a seed that only its number decides."""

import math
import multiprocessing
import numbers
import pickle
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.errors import DivergenceError, SearchError

Objective = Callable[[dict[str, Any], int], float]


@dataclass(frozen=True)
class Trial:
    """Hyper-parameters, and what came of them: a `value`, or the reason why there is none."""

    number: int
    parameters: dict[str, Any]
    seed: int
    value: float | None
    error: str = ""
    seconds: float = 0.0


class Results(Sequence[Trial]):
    """The trials in the order of their numbers; printed, they are a table with the best first."""

    def __init__(self, trials: Iterable[Trial], mode: str = "min") -> None:
        self._trials, self.mode = sorted(trials, key=lambda trial: trial.number), mode

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, index: Any) -> Any:
        return self._trials[index]

    @property
    def failed(self) -> list[Trial]:
        """Those without a value."""
        return [trial for trial in self if trial.value is None]

    def ranked(self) -> list[Trial]:
        """Those with a value, the best first."""
        valued = [(trial.value, trial) for trial in self if trial.value is not None]
        valued.sort(key=lambda pair: pair[0], reverse=self.mode == "max")
        return [trial for _, trial in valued]

    @property
    def best(self) -> Trial:
        """The best trial. Raises `SearchError` if none has a value."""
        ranked = self.ranked()
        if not ranked:
            raise SearchError(f"all {len(self)} trials failed, the first of them by {self[0].error}")
        return ranked[0]

    def __repr__(self) -> str:
        lines = [f"{len(self)} trials, {len(self.failed)} of them failed"]
        lines += [f"{trial.value:<12.6g} {_text(trial.parameters)}" for trial in self.ranked()]
        lines += [f"failed       {_text(trial.parameters)}: {trial.error}" for trial in self.failed]
        return "\n".join(lines)


def run(
    objective: Objective,
    candidates: Iterable[dict[str, Any]],
    *,
    workers: int = 1,
    in_threads: bool = False,
    executor: Executor | None = None,
    seed: int = 0,
    mode: str = "min",
    keep_going: bool = False,
    report: Callable[[Trial], Any] | None = None,
    first_number: int = 0,
) -> Results:
    """Call `objective(parameters, seed)` for each candidate; it returns what is to be least, or greatest by `mode`.

    Each trial has a seed made of `seed` and its number, and a generator of its own that starts from it
    (`autograd_core.seeded`), from which initialisers and dropout draw; so values do not depend on `workers` nor on the
    order in which trials end. `report` is called with each trial that has ended.

    With several workers, trials run in processes of their own, with a share of the threads each. These import the
    objective: it must be defined at the top of a module, and a script starts the search below `if __name__ ==
    "__main__":`. With `in_threads` they run in threads of this process instead: any function will do, and nothing is
    copied, but Python runs one of them at a time, so that it pays where most of the time goes into large kernels.

    In place of workers, an `executor` runs them: anything that has the `submit` of `concurrent.futures`, such as
    `ProcessPoolExecutor(8)`, on many machines mpi4py's `MPIPoolExecutor()`, Dask's `client.get_executor()`. It is left
    open. How many threads its workers use is up to it: `initializer=autograd_core.set_num_threads, initargs=(1,)`.

    A trial that diverges, or returns a number that is not finite, has failed, and says why in the results. Any other
    error is taken for a defect: it ends the search with a `SearchError` that names the trial, shows the error's
    traceback and holds, as `results`, what had ended before. With `keep_going` such trials have failed like the others.
    """
    if mode not in ("min", "max"):
        raise ArgumentError(f"run: mode must be 'min' or 'max', got {mode!r}")
    at_least("run", "workers", workers, 1)
    if executor is not None and (workers != 1 or in_threads):
        raise ArgumentError("run: an executor has workers of its own; leave out workers and in_threads")
    if isinstance(executor, type) or not (executor is None or callable(getattr(executor, "submit", None))):
        raise ArgumentError(f"run: executor must be one of concurrent.futures, made, not its class; got {executor!r}")
    tasks = [
        (number, dict(parameters), _seed_of(seed, number)) for number, parameters in enumerate(candidates, first_number)
    ]
    if not tasks:
        raise ArgumentError("run: there are no candidates to try")
    done: list[Trial] = []
    if executor is not None:
        outcomes: Generator[Outcome, None, None] = _in_executor(executor, objective, tasks)
    elif workers == 1:
        outcomes = (_try(objective, task) for task in tasks)
    else:
        pool = ThreadPoolExecutor(workers) if in_threads else _processes(objective, workers)
        outcomes = _in_pool(pool, objective, tasks)
    try:
        for trial, defect in outcomes:
            if defect and not keep_going:
                error = SearchError(
                    f"trial {trial.number} ({_text(trial.parameters)}) failed: {trial.error}", Results(done, mode)
                )
                error.add_note(f"In the trial:\n{defect}")
                raise error
            done.append(trial)
            if report is not None:
                report(trial)
    finally:
        outcomes.close()
    return Results(done, mode)


Task = tuple[int, dict[str, Any], int]
Outcome = tuple[Trial, str]  # and the traceback, if the objective has a defect


def _processes(objective: Objective, workers: int) -> Executor:
    try:
        pickle.dumps(objective)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ArgumentError(
            f"run: processes cannot be given this objective ({error}); define it at the top of a module, or use"
            " in_threads=True or workers=1"
        ) from error
    threads = max(1, ag.get_num_threads() // workers)
    return ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=ag.set_num_threads, initargs=(threads,)
    )


def _in_pool(pool: Executor, objective: Objective, tasks: list[Task]) -> Generator[Outcome, None, None]:
    with pool:
        yield from _in_executor(pool, objective, tasks)


def _in_executor(executor: Executor, objective: Objective, tasks: list[Task]) -> Generator[Outcome, None, None]:
    """The outcomes as they come; what has not begun when the caller has heard enough does not begin."""
    waiting: dict[Future[Outcome], Task] = {}
    try:
        waiting = {executor.submit(_try, objective, task): task for task in tasks}
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                task = waiting.pop(future)
                try:
                    outcome = future.result()
                except BrokenExecutor as error:
                    others = sorted(number for number, _, _ in (task, *waiting.values()))
                    raise SearchError(
                        f"a worker process ended during one of the trials {others[:8]}; was there too little"
                        " memory, can it not import the objective (defined in a notebook), or does the script start the"
                        " search outside of if __name__ == '__main__'?"
                    ) from error
                except (pickle.PicklingError, AttributeError, TypeError) as error:
                    raise SearchError(
                        f"trial {task[0]} did not reach a worker of the executor ({error}); is the objective defined at"
                        " the top of a module that its workers can import?"
                    ) from error
                yield outcome
    finally:
        for future in waiting:
            future.cancel()


def _try(objective: Objective, task: Task) -> Outcome:
    number, parameters, seed = task
    started, value, error, defect = time.perf_counter(), None, "", ""
    try:
        with ag.seeded(seed):
            returned = objective(dict(parameters), seed)
        if not isinstance(returned, numbers.Real):
            raise TypeError(f"the objective must return a number, got a {type(returned).__name__}")
        if math.isfinite(returned):
            value = float(returned)
        else:
            error = f"it returned {returned}"
    except DivergenceError as diverged:
        error = f"DivergenceError: {diverged}"
    except Exception as raised:  # handed to the caller, who may be another process
        error, defect = f"{type(raised).__name__}: {raised}", traceback.format_exc()
    return Trial(number, parameters, seed, value, error, time.perf_counter() - started), defect


def _seed_of(seed: int, number: int) -> int:
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])


def _text(parameters: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in parameters.items()
    )
