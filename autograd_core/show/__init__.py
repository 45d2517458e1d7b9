"""Look inside a recorded graph: `draw` makes a picture of it, `explain` a table, `latex` formulas, `step` a page.

All read the same snapshot (`snapshot.py`) of what the graph holds when they are called.
Nothing here changes a graph or its gradients.
"""

from typing import TYPE_CHECKING

from autograd_core.missing_names import unknown_names
from autograd_core.show.drawing import Drawing, draw
from autograd_core.show.latex import LatexText, latex
from autograd_core.show.layout import MissingLibraryError
from autograd_core.show.stepper import Stepper, step
from autograd_core.show.text import explain

__all__ = ["Drawing", "LatexText", "MissingLibraryError", "Stepper", "draw", "explain", "latex", "step"]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
