"""Optimisers, on top of `autograd_core` alone: each is its update rule, written as the paper's formula."""

from optim import schedules
from optim.adam import Adam
from optim.optimizer import Optimizer
from optim.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "schedules"]
