"""Module: a function with parameters, made of other such functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from autograd_core import Tensor
from nn.errors import StateError


class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires a gradient."""

    __slots__ = ()

    def __init__(self, data: Any, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = True) -> None:
        super().__init__(data, dtype=dtype, requires_grad=requires_grad)


class Module:
    """Base of all layers and networks: set Parameters and Modules as attributes, write `forward`.

    What is set as an attribute is found by its type: a Parameter is learned, a Module is a part
    (its parameters count as this one's, as `name.weight`), any other Tensor is a buffer, saved
    with the parameters but not learned. Lists, tuples and dictionaries of them count as well, as
    `layers.0.weight`.

        class Net(Module):
            def __init__(self):
                self.hidden = Linear(2, 3)
                self.output = Linear(3, 1)

            def forward(self, x):
                return self.output(self.hidden(x).relu())

    names its parameters hidden.weight, hidden.bias, output.weight, output.bias.
    """

    training: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        if (
            isinstance(value, Tensor)
            and not isinstance(value, Parameter)
            and isinstance(vars(self).get(name), Parameter)
        ):
            raise StateError(
                f"{type(self).__name__}: {name} is a Parameter, and a plain tensor in its place would not be learned; "
                f"set Parameter(...), or {name}.assign(...) for new numbers"
            )
        super().__setattr__(name, value)

    def forward(self, *inputs: Any) -> Any:
        """What this module computes; subclasses write it, callers call the module itself."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define forward(self, x)")

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Compute `forward`."""
        return self.forward(*inputs, **named)

    def _named_parts(self) -> Iterator[tuple[str, Any]]:
        """What is set as an attribute of this module, by name; entries of lists and dictionaries as `name.key`."""
        for name, value in vars(self).items():
            yield from _entries(name, value)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules set as attributes of this one, or held in its lists and dictionaries, by name."""
        for name, value in self._named_parts():
            if isinstance(value, Module):
                yield name, value

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (named "") and all beneath it, by dotted name."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def _named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        for prefix, module in self.named_modules():
            for name, value in module._named_parts():
                if isinstance(value, Tensor):
                    yield f"{prefix}.{name}" if prefix else name, value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every learned tensor, by dotted name; one that is shared comes once, under its first name."""
        seen: set[Parameter] = set()
        for name, value in self._named_tensors():
            if isinstance(value, Parameter) and value not in seen:
                seen.add(value)
                yield name, value

    def parameters(self) -> list[Parameter]:
        """Every learned tensor."""
        return [parameter for _, parameter in self.named_parameters()]

    def train(self, mode: bool = True) -> Self:
        """Switch this module and its parts to training, or with `mode=False` to evaluation."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and its parts to evaluation."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Parameters and buffers by dotted name, as read-only arrays; later training does not change them."""
        return {name: value.numpy() for name, value in self._named_tensors()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over parameters and buffers by name.

        Errors: StateError lists every name that is missing, unexpected or of another shape, and
        nothing is changed then.
        """
        own = dict(self._named_tensors())
        problems = [f"missing {name} {value.shape}" for name, value in own.items() if name not in state_dict]
        problems += [f"unexpected {name} {np.shape(value)}" for name, value in state_dict.items() if name not in own]
        problems += [
            f"{name} has shape {np.shape(state_dict[name])} instead of {value.shape}"
            for name, value in own.items()
            if name in state_dict and np.shape(state_dict[name]) != value.shape
        ]
        if problems:
            raise StateError(f"{type(self).__name__} cannot take over this state: {'; '.join(problems)}")
        for name, value in own.items():
            value.assign(state_dict[name])

    def describe(self) -> str:
        """The settings that `repr` shows between the parentheses."""
        return ""

    def __repr__(self) -> str:
        children = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        inside = "\n" + "\n".join(children) + "\n" if children else self.describe()
        return f"{type(self).__name__}({inside})"


def _entries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value by its name, or what a list or dictionary holds, each by its own."""
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _entries(f"{name}.{key}", part)
    else:
        yield name, value


class Sequential(Module):
    """Modules one after the other: each gets what the one before it returned. Named "0", "1", ...

    >>> from nn import Linear, ReLU, Sequential
    >>> net = Sequential(Linear(2, 3), ReLU(), Linear(3, 1))
    >>> len(net), list(net.state_dict())
    (3, ['0.weight', '0.bias', '2.weight', '2.bias'])
    """

    def __init__(self, *modules: Module) -> None:
        for index, module in enumerate(modules):
            if not isinstance(module, Module):
                raise TypeError(f"Sequential: takes modules, got a {type(module).__name__} at position {index}")
            setattr(self, str(index), module)

    def forward(self, x: Any) -> Any:
        """The last module's output."""
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return (module for _, module in self.named_children())

    def __len__(self) -> int:
        return sum(1 for _ in self.named_children())

    def __getitem__(self, index: int) -> Module:
        return list(self)[index]
