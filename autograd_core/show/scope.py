"""What parameters are called and of which modules they are, from a module that knows or a dictionary; and so, of which
modules the nodes of a graph are.

Nothing here knows `nn`: a module is whatever has `named_parameters()` and, if it has parts, `named_modules()`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_core.errors import ArgumentError, DTypeError
from autograd_core.tensor import Tensor
from autograd_core.value import Value

Modules = tuple[str, ...]
"""Those around something, by their dotted names, the outermost first; the whole is not among them."""


class Scope:
    """Names of leaves, and the modules around each: `layers.0.weight` lies in `layers.0`.

    Errors: DTypeError for what names no leaves.
    """

    def __init__(self, module: Any = None) -> None:
        self.names: dict[Any, str] = {}
        self.kinds: dict[str, str] = {}  # the modules' classes, by their names
        self._around: dict[Any, Modules] = {}
        if module is None:
            return
        modules = getattr(module, "named_modules", None)
        self.kinds = {name: type(part).__name__ for name, part in modules()} if callable(modules) else {}
        for name, leaf in _named_leaves(module):
            if not isinstance(leaf, (Value, Tensor)):
                raise DTypeError(f"show: module names Values and Tensors, but {name!r} is a {type(leaf).__name__}")
            if leaf not in self.names:
                self.names[leaf] = str(name)
                around = _prefixes(str(name))
                self._around[leaf] = tuple(part for part in around if not self.kinds or part in self.kinds)

    def check(self, leaves: Iterable[Any]) -> None:
        """Refuse a module that has nothing to do with a graph of these leaves. Errors: ArgumentError."""
        if self.names and not any(leaf in self.names for leaf in leaves):
            raise ArgumentError(
                f"show: none of the {len(self.names)} parameters of this module is in the graph; give the module that "
                "it was computed with (frozen parameters are in no graph)"
            )

    def around_leaf(self, leaf: Any) -> Modules:
        """The modules that a leaf lies in."""
        return self._around.get(leaf, ())

    def around_nodes(self, order: Sequence[Any]) -> dict[Any, Modules]:
        """The modules that each computed node of a graph, given in topological order, lies in.

        What is computed from a module's parameter and from data is the module's. What is not lies in the modules that
        are around what it comes from and what it leads to, as around a softmax between an attention's projections; and
        where things from one module meet, in that one. A ReLU between two layers is of neither.
        """
        if not self.names:
            return {}
        anchors, learned = self._anchors(order)
        direct: dict[Any, Modules] = {}  # the modules around all that use a node and have parameters,
        indirect: dict[Any, Modules] = {}  # and around what comes behind others
        for node in reversed(order):
            known, below = direct, anchors.get(node)
            if below is None:
                known, below = indirect, direct.get(node, indirect.get(node))
            if below is not None:
                for parent in node.parents:
                    if parent is not None:
                        known[parent] = _common(known[parent], below) if parent in known else below
        found: dict[Any, Modules] = {}
        for node in order:
            if not node.parents:
                continue
            around = anchors.get(node)
            if around is None:
                below = direct.get(node) or indirect.get(node, ())
                if node in learned:
                    around = _common(learned[node], below)
                else:
                    above = [found[parent] for parent in node.parents if parent in found]
                    around = max([_common(x, below) for x in above], key=len, default=())
                    if len(above) > 1 and len(met := functools.reduce(_common, above)) > len(around):
                        around = met
            found[node] = around
        return found

    def _anchors(self, order: Sequence[Any]) -> tuple[dict[Any, Modules], dict[Any, Modules]]:
        """The modules around the parameters of nodes that are computed from some and from data; and of those that are
        computed from parameters alone, as reshaped ones and penalties are.
        """
        learned = dict(self._around)
        anchors: dict[Any, Modules] = {}
        for node in order:
            of_learned = [learned[parent] for parent in node.parents if parent in learned]
            if not of_learned:
                continue
            if len(of_learned) == len(node.parents) or _is_scaled(node, learned):
                learned[node] = functools.reduce(_common, of_learned)
                continue
            weights = [learned[p] for p in node.parents if p in learned and (p in self.names or _is_weight(p))]
            if weights:
                anchors[node] = functools.reduce(_common, weights)
        return anchors, learned


def _is_weight(node: Any) -> bool:
    """Whether what was computed from parameters is used as they are: of Tensors, but for a number, as penalties are."""
    return not isinstance(node, Value) and node.shape != ()


def _is_scaled(node: Any, learned: Mapping[Any, Any]) -> bool:
    """Whether a node of Tensors is parameters and numbers: w * 0.5 has the shape of w."""
    if isinstance(node, Value):
        return False
    shapes = [parent.shape for parent in node.parents if parent in learned]
    return node.shape in shapes and all(parent is None or parent in learned for parent in node.parents)


def _common(a: Modules, b: Modules) -> Modules:
    """The modules around both."""
    if a is b:
        return a
    length = 0
    while length < min(len(a), len(b)) and a[length] == b[length]:
        length += 1
    return a[:length]


def _named_leaves(module: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(module, Mapping):
        return module.items()
    named = getattr(module, "named_parameters", None)
    if not callable(named):
        raise DTypeError(
            "show: module is what has named_parameters(), or a dictionary of names and leaves, not a "
            f"{type(module).__name__}"
        )
    found: Iterable[tuple[Any, Any]] = named()
    return found


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]
