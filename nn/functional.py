"""`nn.functions` by PyTorch's name, as in `import nn.functional as F`; names and meanings are PyTorch's, too."""

from typing import TYPE_CHECKING, Any

from nn import functions
from nn.functions import *

__all__ = functions.__all__


if not TYPE_CHECKING:  # for which every name would exist

    def __getattr__(name: str) -> Any:
        from autograd_core import missing_name  # with a long table, and for those who need it

        raise missing_name(__name__, name, __all__)
