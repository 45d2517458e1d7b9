"""Compiling a step: the ops of one run are captured, and then run again without the Python that led to them."""

from autograd_core.compiler.compiled import Compiled as Compiled
from autograd_core.compiler.compiled import compile as compile
