"""Pictures of networks and of their training, by matplotlib (the extra `plot`): figures that are returned, never shown.

A notebook shows the figure that a cell ends with; `figure.savefig("name.svg")` keeps it.
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.plots.boundary import decision_boundary
from nn.plots.confusion import confusion_counts, confusion_matrix
from nn.plots.differences import finite_difference_error, finite_difference_errors
from nn.plots.distributions import Recorder, histograms, over_time
from nn.plots.history import history, learning_rates
from nn.plots.images import activations, filters, saliency, saliency_map
from nn.plots.landscape import Landscape, landscape, loss_landscape
from nn.plots.surface import descend, optimiser_paths

__all__ = [
    "Landscape",
    "Recorder",
    "activations",
    "confusion_counts",
    "confusion_matrix",
    "decision_boundary",
    "descend",
    "filters",
    "finite_difference_error",
    "finite_difference_errors",
    "histograms",
    "history",
    "landscape",
    "learning_rates",
    "loss_landscape",
    "optimiser_paths",
    "over_time",
    "saliency",
    "saliency_map",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
