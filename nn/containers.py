"""Modules that hold others: in a row, in a list, by name."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from autograd_core import ArgumentError, Tensor
from nn.arguments import kind_of
from nn.listed_parts import ListedParts
from nn.module import Module


class _Row(Module):
    """Modules in an order. Each is an attribute: in a state they are "0.weight", "1.weight", or go by given names."""

    def children(self) -> ListedParts[Module]:
        return ListedParts([part for part in vars(self).values() if isinstance(part, Module)])

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        numbers = [int(name) for name, _ in self.named_children() if name.isdecimal()]
        self.add_module(str(max(numbers, default=-1) + 1), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before that at `index`; those behind it are numbered anew."""
        modules = self.children()
        modules.insert(index, module)
        self._hold(modules)
        return self

    def _hold(self, modules: list[Module]) -> None:
        """Have these modules, numbered from 0, in place of those there are."""
        names = [name for name, _ in self.named_children()]
        if not all(name.isdecimal() for name in names):
            raise ArgumentError(
                f"{type(self).__name__}: modules with names ({', '.join(names)}) cannot be numbered anew; "
                "make another one of the modules you want"
            )
        for position, module in enumerate(modules):
            if not isinstance(module, Module):
                several = f"; give them one by one: {type(self).__name__}(*modules)" if type(module) is list else ""
                raise TypeError(
                    f"{type(self).__name__}: takes modules, got {kind_of(module)} at position {position}{several}"
                )
        for name in names:
            delattr(self, name)
        self.extend(modules)

    def describe(self) -> str:
        """Nothing: `repr` shows the modules one below the other."""
        return ""

    def _at(self, index: int) -> Module:
        module: Module = getattr(self, self._name(index))
        return module

    def _name(self, index: int) -> str:
        """What the module at this index is called."""
        index = operator.index(index)
        names = [name for name, _ in self.named_children()]
        if not -len(names) <= index < len(names):
            raise IndexError(f"{type(self).__name__}: index {index} is out of range for {len(names)} modules")
        return names[index]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        modules = self.children()
        del modules[index]
        self._hold(modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.children())

    def __len__(self) -> int:
        return len(self.children())


class Sequential(_Row):
    """Modules one after the other: each gets what the one before it returned. Named "0", "1", ..., or as given.

    Takes the modules themselves, or a dictionary of them by name. A slice is a Sequential of the same modules, under
    the same names.

    >>> from nn import Linear, ReLU, Sequential
    >>> net = Sequential(Linear(2, 3), ReLU(), Linear(3, 1))
    >>> len(net), list(net.state_dict())
    (3, ['0.weight', '0.bias', '2.weight', '2.bias'])
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self._hold(list(modules))  # type: ignore[arg-type]  # which it checks

    def forward(self, x: Any) -> Tensor:
        """The last module's output."""
        for module in self.children():
            x = module(x)
        return x

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return Sequential(dict(list(self.named_children())[index]))
        return self._at(index)


class ModuleList(_Row):
    """Modules in a list, to be called as your own forward says. Named "0", "1", ... as those of a plain list are.

    >>> from nn import Linear, ModuleList
    >>> list(ModuleList([Linear(2, 3), Linear(3, 1, bias=False)]).state_dict())
    ['0.weight', '0.bias', '1.weight']
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self._hold(list(modules))

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module:
        return ModuleList(self.children()[index]) if isinstance(index, slice) else self._at(index)


class ModuleDict(Module):
    """Modules by name, to be called as your own forward says.

    >>> from nn import Linear, ModuleDict
    >>> heads = ModuleDict({"digit": Linear(8, 10), "parity": Linear(8, 2)})
    >>> "digit" in heads, list(heads)
    (True, ['digit', 'parity'])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules by name, or put them in the place of those there are."""
        for name, module in dict(modules).items():
            self[name] = module

    def keys(self) -> list[str]:
        """The names."""
        return [name for name, _ in self.named_children()]

    def values(self) -> list[Module]:
        """The modules."""
        return self.children()

    def items(self) -> list[tuple[str, Module]]:
        """The modules with their names."""
        return list(self.named_children())

    def pop(self, name: str) -> Module:
        """Take a module out."""
        module = self[name]
        del self[name]
        return module

    def describe(self) -> str:
        """Nothing: `repr` shows the modules one below the other."""
        return ""

    def __getitem__(self, name: str) -> Module:
        found = dict(self.named_children())
        if name not in found:
            raise KeyError(f"ModuleDict: no module is named {name!r}; there are {', '.join(found) or 'none'}")
        return found[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        self[name]  # or it says which names there are
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())
