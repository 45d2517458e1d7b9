"""`nn.functions` by PyTorch's name, as in `import nn.functional as F`; names and meanings are PyTorch's, too."""

from typing import TYPE_CHECKING, Any

from nn import functions
from nn.functions import *

if not TYPE_CHECKING:  # as of nn.functions
    __all__ = functions.__all__

    def __getattr__(name: str) -> Any:
        from autograd_core import missing_name

        raise missing_name(__name__, name, __all__)
