"""What each part of a model makes of some inputs, looked at by hooks while it computes."""

import contextlib
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core import Tensor
from nn.modes import evaluating
from nn.module import Module


class Response(NamedTuple):
    """One call of a module that has no parts."""

    name: str  # of the module in the model
    module: Module
    before: Any  # its first input, an array
    after: Any  # its output, an array


def responses(model: Module, *inputs: Any) -> list[Response]:
    """Each call of a module without parts, in their order, in evaluation mode and without a graph."""
    calls: list[Response] = []
    with contextlib.ExitStack() as stack:
        for name, module in model.named_modules():
            if not module.children():

                def look(module: Module, given: tuple[Any, ...], output: Any, name: str = name) -> None:
                    if isinstance(given[0], Tensor) and isinstance(output, Tensor):
                        calls.append(Response(name, module, given[0].numpy(), output.numpy()))

                stack.enter_context(module.register_forward_hook(look))
        with evaluating(model), ag.no_grad():
            model(*(x if isinstance(x, Tensor) else ag.tensor(x) for x in inputs))
    return calls
