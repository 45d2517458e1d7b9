"""Optimisers, on top of `autograd_core` alone: each is its update rule, written as the paper's formula.

With them come schedules of the learning rate, clipping of gradients, and averages of the weights.
"""

from optim import schedules
from optim.adam import Adam, AdamW
from optim.adam_variants import Adamax, NAdam, RAdam
from optim.adaptive import Adadelta, Adagrad, RMSprop
from optim.averaging import EqualAverage, ExponentialMovingAverage, WeightAverage
from optim.clipping import clip_grad_norm, clip_grad_value
from optim.lbfgs import LBFGS
from optim.lion import Lion
from optim.optimizer import Optimizer
from optim.range_test import RangeTest, learning_rate_range_test
from optim.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "EqualAverage",
    "ExponentialMovingAverage",
    "Lion",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "RangeTest",
    "WeightAverage",
    "clip_grad_norm",
    "clip_grad_value",
    "learning_rate_range_test",
    "schedules",
]
