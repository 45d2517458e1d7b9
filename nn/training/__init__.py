"""Training: the loop, what watches it, and what it leaves on disk."""

from nn.training.callback import Callback, Moment
from nn.training.checkpoint import Checkpoint
from nn.training.evaluation import evaluate
from nn.training.interruption import Interruption
from nn.training.learning_curve import LearningCurve, learning_curve_png
from nn.training.metrics import METRICS, Metric
from nn.training.position import EpochRecord, Position, Score
from nn.training.progress import Progress
from nn.training.saving import Checkpoints, HistoryFile
from nn.training.stopping import EarlyStopping
from nn.training.trainer import Trainer

__all__ = [
    "METRICS",
    "Callback",
    "Checkpoint",
    "Checkpoints",
    "EarlyStopping",
    "EpochRecord",
    "HistoryFile",
    "Interruption",
    "LearningCurve",
    "Metric",
    "Moment",
    "Position",
    "Progress",
    "Score",
    "Trainer",
    "evaluate",
    "learning_curve_png",
]
