"""Hyper-parameter search: spaces to choose from, ways to choose, and trials that run in several processes at once."""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.search.bayesian import bayesian
from nn.search.candidates import design, grid, random
from nn.search.cross_validation import cross_validate
from nn.search.refinement import coarse_to_fine, narrowed
from nn.search.space import Choice, Integer, LogUniform, Space, Uniform
from nn.search.trials import Results, Trial, run

__all__ = [
    "Choice",
    "Integer",
    "LogUniform",
    "Results",
    "Space",
    "Trial",
    "Uniform",
    "bayesian",
    "coarse_to_fine",
    "cross_validate",
    "design",
    "grid",
    "narrowed",
    "random",
    "run",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
