"""Coarse to fine: a wide random search, then ever narrower ones around what was best (deck C)."""

import math
from typing import Any

from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.search.candidates import random
from nn.search.space import Space, checked
from nn.search.trials import Objective, Results, Trial, run


def coarse_to_fine(
    objective: Objective,
    space: Space,
    *,
    trials: int = 16,
    rounds: int = 3,
    keep: float = 0.25,
    seed: int = 0,
    mode: str = "min",
    **options: Any,
) -> Results:
    """`rounds` random searches of `trials` each; each goes on where the best share `keep` of all so far lies.

    `options` are those of `nn.search.run`. If no trial of the first round has a value, the results say so and hold that
    round alone.
    """
    at_least("coarse_to_fine", "rounds", rounds, 1)
    if not 0 < keep <= 1:
        raise ArgumentError(f"coarse_to_fine: keep must be above 0 and at most 1, got {keep}")
    done: list[Trial] = []
    here = checked(space)
    for turn in range(rounds):
        candidates = random(here, trials, seed=seed + turn)
        done += run(objective, candidates, seed=seed, mode=mode, first_number=len(done), **options)
        ranked = Results(done, mode).ranked()
        if not ranked:
            break
        here = narrowed(space, ranked[: math.ceil(keep * len(ranked))])
    return Results(done, mode)


def narrowed(space: Space, best: list[Trial]) -> Space:
    """The space around the parameters of these trials, and within the old one."""
    return {name: dimension.narrowed([trial.parameters[name] for trial in best]) for name, dimension in space.items()}
