"""Training and evaluation mode, put back as they were."""

import contextlib
from collections.abc import Iterator

from nn.module import Module


@contextlib.contextmanager
def modes_kept(model: Module) -> Iterator[None]:
    """Put training or evaluation mode back at the end: each module's own, for parts may be frozen in evaluation."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextlib.contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """All of `model` in evaluation mode while entered."""
    with modes_kept(model):
        model.eval()
        yield
