"""Bayesian search: each batch of trials is chosen by what the ones before gave, by Optuna (the extra `search`)."""

from typing import Any

from nn.arguments import at_least
from nn.search.space import Choice, Integer, LogUniform, Space, Uniform, checked
from nn.search.trials import Objective, Results, Trial, run


def bayesian(
    objective: Objective,
    space: Space,
    *,
    trials: int = 32,
    batch: int = 4,
    seed: int = 0,
    mode: str = "min",
    **options: Any,
) -> Results:
    """`trials` trials by the tree-structured Parzen estimator, `batch` of them at a time.

    So many are chosen before the next are, whatever the number of workers, on which the values therefore do not
    depend. `options` are those of `nn.search.run`. Trials that failed count as such for the estimator too. Raises
    ModuleNotFoundError without Optuna.
    """
    import optuna

    at_least("bayesian", "trials", trials, 1)
    at_least("bayesian", "batch", batch, 1)
    distributions = {name: _distribution(dimension) for name, dimension in checked(space).items()}
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # or it announces the study on stderr
    try:
        study = optuna.create_study(
            direction="maximize" if mode == "max" else "minimize",
            sampler=optuna.samplers.TPESampler(seed=seed),
        )
        done: list[Trial] = []
        while len(done) < trials:
            asked = [study.ask(distributions) for _ in range(min(batch, trials - len(done)))]
            candidates = [{name: _value(space[name], trial.params[name]) for name in space} for trial in asked]
            results = run(objective, candidates, seed=seed, mode=mode, first_number=len(done), **options)
            for trial, result in zip(asked, results, strict=True):
                if result.value is None:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, result.value)
            done += results
        return Results(done, mode)
    finally:
        optuna.logging.set_verbosity(verbosity)


def _distribution(dimension: Any) -> Any:
    from optuna import distributions

    match dimension:
        case Uniform():
            return distributions.FloatDistribution(dimension.low, dimension.high)
        case LogUniform():
            return distributions.FloatDistribution(dimension.low, dimension.high, log=True)
        case Integer():
            return distributions.IntDistribution(dimension.low, dimension.high, log=dimension.log)
        case Choice():
            return distributions.CategoricalDistribution(range(len(dimension.values)))
        case _:
            return distributions.FloatDistribution(0.0, 1.0)  # a dimension of the caller's own, by its `at`


def _value(dimension: Any, chosen: Any) -> Any:
    """What Optuna chose, as the space has it: of a Choice it knows the places only."""
    if isinstance(dimension, (Uniform, LogUniform, Integer)):
        return chosen
    return dimension.values[chosen] if isinstance(dimension, Choice) else dimension.at(chosen)
