"""Training: the loop, what watches it, and what it leaves on disk."""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.training.callback import Callback, Moment
from nn.training.checkpoint import Checkpoint
from nn.training.evaluation import evaluate
from nn.training.histograms import Histograms, histograms_png
from nn.training.inspection import Activity, activity, distributions
from nn.training.interruption import Interruption
from nn.training.learning_curve import LearningCurve, learning_curve_png
from nn.training.learning_rates import RateTrial, compare_learning_rates, learning_rates_png
from nn.training.metrics import METRICS, Metric
from nn.training.monitor import Monitor
from nn.training.position import EpochRecord, Position, Score
from nn.training.progress import Progress
from nn.training.recording import RecordDistributions
from nn.training.sanity import (
    check_first_loss,
    check_gradients,
    check_regularisation_raises_loss,
    overfit_tiny_subset,
)
from nn.training.saving import Checkpoints, HistoryFile
from nn.training.stopping import EarlyStopping
from nn.training.tensorboard import TensorBoard
from nn.training.trainer import Trainer

__all__ = [
    "METRICS",
    "Activity",
    "Callback",
    "Checkpoint",
    "Checkpoints",
    "EarlyStopping",
    "EpochRecord",
    "Histograms",
    "HistoryFile",
    "Interruption",
    "LearningCurve",
    "Metric",
    "Moment",
    "Monitor",
    "Position",
    "Progress",
    "RateTrial",
    "RecordDistributions",
    "Score",
    "TensorBoard",
    "Trainer",
    "activity",
    "check_first_loss",
    "check_gradients",
    "check_regularisation_raises_loss",
    "compare_learning_rates",
    "distributions",
    "evaluate",
    "histograms_png",
    "learning_curve_png",
    "learning_rates_png",
    "overfit_tiny_subset",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
