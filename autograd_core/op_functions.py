"""The ops as functions: what `autograd_core` exports. The stub beside this file says what they give, type by type."""

from autograd_core.ops import *  # noqa: F403
from autograd_core.ops import names

__all__ = names
