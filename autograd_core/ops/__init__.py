"""What can be recorded, one row each; `definition.py` says how a row is read. A file adds what its `__all__` names."""

from typing import TYPE_CHECKING

from autograd_core.ops.activations import *
from autograd_core.ops.arranging import *
from autograd_core.ops.attending import *
from autograd_core.ops.bitwise import *
from autograd_core.ops.comparison import *
from autograd_core.ops.convolution import *
from autograd_core.ops.ctc import *
from autograd_core.ops.cumulative import *
from autograd_core.ops.diagonals import *
from autograd_core.ops.einsum import *
from autograd_core.ops.elementwise import *
from autograd_core.ops.extremes import *
from autograd_core.ops.floating_point import *
from autograd_core.ops.indexing import *
from autograd_core.ops.linalg import *
from autograd_core.ops.losses import *
from autograd_core.ops.normalisation import *
from autograd_core.ops.pooling import *
from autograd_core.ops.probabilities import *
from autograd_core.ops.recurrent import *
from autograd_core.ops.reduction import *
from autograd_core.ops.rounding import *
from autograd_core.ops.searching import *
from autograd_core.ops.sets import *
from autograd_core.ops.shaping import *
from autograd_core.ops.sorting import *
from autograd_core.ops.special import *
from autograd_core.ops.trigonometry import *
from autograd_core.ops.windows import *

# Public is what is imported above, and no module by accident.
names: list[str] = [name for name in dir() if name[0] != "_" and hasattr(globals()[name], "__module__")]

if not TYPE_CHECKING:  # mypy follows the imports, but finds nothing in a file whose __all__ is computed
    __all__ = names
