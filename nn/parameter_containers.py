"""Parameters in a list and by name, for modules that have as many as their settings say."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from autograd_core import Tensor
from nn.arguments import kind_of
from nn.module import Module, Parameter


class _Parameters(Module):
    """What both share: each parameter is an attribute, and so has its name in a state."""

    def _put(self, name: str, value: Any) -> None:
        """Set a parameter, or what becomes one; its place in the order is the old one's, if there is one."""
        self._check_name("parameter", name, isinstance(vars(self).get(name), Parameter | None))
        if not isinstance(value, Tensor):
            raise TypeError(f"{type(self).__name__}: takes parameters or tensors, got {kind_of(value)} as {name!r}")
        setattr(self, name, value if isinstance(value, Parameter) else Parameter(value))

    def _named(self) -> dict[str, Parameter]:
        return {name: part for name, part in vars(self).items() if self._is_learned(name, part)}

    def describe(self) -> str:
        """The shapes, by name."""
        return ", ".join(f"{name}: {parameter.shape}" for name, parameter in self._named().items())

    def __len__(self) -> int:
        return len(self._named())


class ParameterList(_Parameters):
    """Parameters in a list, to be used as your own forward says. Named "0", "1", ...; tensors become Parameters.

    >>> import autograd_core as ag
    >>> scales = ParameterList([ag.ones(2), ag.zeros(3)])
    >>> list(scales.append(ag.ones(())).state_dict()), scales
    (['0', '1', '2'], ParameterList(0: (2,), 1: (3,), 2: ()))
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end."""
        self._put(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add several parameters at the end."""
        for value in list(values):
            self.append(value)
        return self

    def _name(self, index: int) -> str:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"ParameterList: index {index} is out of range for {len(self)} parameters")
        return str(index % len(self))

    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    @overload
    def __getitem__(self, index: slice) -> ParameterList: ...
    def __getitem__(self, index: int | slice) -> Parameter | ParameterList:
        if isinstance(index, slice):
            return ParameterList(list(self)[index])
        return self._named()[self._name(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        self._put(self._name(index), value)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._named().values())


class ParameterDict(_Parameters):
    """Parameters by name, to be used as your own forward says; tensors become Parameters.

    >>> import autograd_core as ag
    >>> scales = ParameterDict({"left": ag.ones(2)})
    >>> scales["right"] = ag.zeros(3)
    >>> list(scales), "left" in scales, scales["right"].shape
    (['left', 'right'], True, (3,))
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        self.update(parameters)

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add parameters by name, or put them in the place of those there are."""
        for name, value in dict(parameters).items():
            self[name] = value

    def keys(self) -> list[str]:
        """The names."""
        return list(self._named())

    def values(self) -> list[Parameter]:
        """The parameters."""
        return list(self._named().values())

    def items(self) -> list[tuple[str, Parameter]]:
        """The parameters with their names."""
        return list(self._named().items())

    def get(self, name: str, default: Any = None) -> Any:
        """The parameter of this name, or `default`."""
        return self._named().get(name, default)

    def pop(self, name: str) -> Parameter:
        """Take a parameter out."""
        parameter = self[name]
        del self[name]
        return parameter

    def __getitem__(self, name: str) -> Parameter:
        found = self._named()
        if name not in found:
            raise KeyError(f"ParameterDict: no parameter is named {name!r}; there are {', '.join(found) or 'none'}")
        return found[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._put(name, value)

    def __delitem__(self, name: str) -> None:
        self[name]  # or it says which names there are
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._named()

    def __iter__(self) -> Iterator[str]:
        return iter(self._named())
