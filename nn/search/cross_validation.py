"""k-fold cross-validation: each example is once for validation, so that a score is worth more than one of one split."""

import functools
import statistics
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from nn.data import ArrayDataset, k_fold
from nn.errors import SearchError
from nn.search.trials import run

Score = Callable[[Any, Any, int], float]


@dataclass(frozen=True)
class CrossValidation:
    """The score of each fold, in their order."""

    scores: list[float]

    @property
    def mean(self) -> float:
        """The mean over the folds."""
        return statistics.fmean(self.scores)

    @property
    def standard_deviation(self) -> float:
        """How much the folds differ: √(Σ(score - mean)²/(k-1))."""
        return statistics.stdev(self.scores)

    def __str__(self) -> str:
        return f"{self.mean:.4g} ± {self.standard_deviation:.2g} over {len(self.scores)} folds"


def cross_validate(
    score: Score,
    data: Any,
    k: int = 5,
    *,
    seed: int = 0,
    stratify: ArrayLike | None = None,
    workers: int = 1,
    in_threads: bool = False,
    executor: Executor | None = None,
) -> CrossValidation:
    """`score(train, validation, seed)` for each of k folds of `data`, a data set or a tuple of arrays.

    `train` and `validation` are data sets for `Trainer.fit`; each fold has a seed of its own. `stratify`, shape (N,),
    keeps the classes in proportion. Folds run in `workers` processes or threads, or by an `executor`, see
    `nn.search.run`; a fold that fails, even by divergence, raises `SearchError`.
    """
    folds = [{"fold": fold} for fold in range(len(_folds(data, k, seed, stratify)))]
    score_fold = functools.partial(_score_fold, score, data, k, seed, stratify)
    results = run(score_fold, folds, workers=workers, in_threads=in_threads, executor=executor, seed=seed)
    if results.failed:
        first = results.failed[0]
        raise SearchError(f"fold {first.number} failed: {first.error}", results)
    return CrossValidation([trial.value for trial in results if trial.value is not None])


def _score_fold(
    score: Score, data: Any, k: int, seed: int, stratify: Any, parameters: dict[str, Any], trial_seed: int
) -> float:
    train, validation = _folds(data, k, seed, stratify)[parameters["fold"]]
    return score(train, validation, trial_seed)


def _folds(data: Any, k: int, seed: int, stratify: Any) -> list[Any]:
    return k_fold(ArrayDataset(*data) if isinstance(data, tuple) else data, k, seed=seed, stratify=stratify)
