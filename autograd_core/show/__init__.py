"""Look inside a recorded graph: `draw` makes a picture of it, `explain` a table, `latex` formulas, `step` a page.

All read the same snapshot (`snapshot.py`) of what the graph holds when they are called.
Nothing here changes a graph or its gradients.
"""

from autograd_core.show.drawing import Drawing, draw
from autograd_core.show.latex import LatexText, latex
from autograd_core.show.layout import MissingLibraryError
from autograd_core.show.stepper import Stepper, step
from autograd_core.show.text import explain

__all__ = ["Drawing", "LatexText", "MissingLibraryError", "Stepper", "draw", "explain", "latex", "step"]
