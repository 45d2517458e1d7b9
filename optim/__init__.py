"""Optimisers, on top of `autograd_core` alone: each is its update rule, written as the paper's formula.

With them come schedules of the learning rate, clipping of gradients, and averages of the weights.
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names as _unknown_names
from optim import lr_scheduler as lr_scheduler
from optim import schedules as schedules
from optim.adam import Adam as Adam
from optim.adam import AdamW as AdamW
from optim.adam_variants import Adamax as Adamax
from optim.adam_variants import NAdam as NAdam
from optim.adam_variants import RAdam as RAdam
from optim.adaptive import Adadelta as Adadelta
from optim.adaptive import Adagrad as Adagrad
from optim.adaptive import RMSprop as RMSprop
from optim.asgd import ASGD as ASGD
from optim.averaging import EqualAverage as EqualAverage
from optim.averaging import ExponentialMovingAverage as ExponentialMovingAverage
from optim.averaging import WeightAverage as WeightAverage
from optim.clipping import clip_grad_norm as clip_grad_norm
from optim.clipping import clip_grad_norm_ as clip_grad_norm_
from optim.clipping import clip_grad_value as clip_grad_value
from optim.clipping import clip_grad_value_ as clip_grad_value_
from optim.lbfgs import LBFGS as LBFGS
from optim.lion import Lion as Lion
from optim.muon import Muon as Muon
from optim.optimizer import Optimizer as Optimizer
from optim.range_test import RangeTest as RangeTest
from optim.range_test import learning_rate_range_test as learning_rate_range_test
from optim.rprop import Rprop as Rprop
from optim.sgd import SGD as SGD

# Public is what is imported above and no module by accident: a new name is one line.
__all__ = ["schedules", *(name for name in dir() if name[0] != "_" and hasattr(globals()[name], "__module__"))]
__all__ += ["lr_scheduler"]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = _unknown_names(__name__, __all__)
