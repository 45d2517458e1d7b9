"""`nn.functions` by PyTorch's name, as in `import nn.functional as F`; names and meanings are PyTorch's, too."""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn import functions
from nn.functions import *

if not TYPE_CHECKING:  # as of nn.functions
    __all__ = functions.__all__
    __getattr__ = unknown_names(__name__, __all__)
