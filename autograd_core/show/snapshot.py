"""What a graph holds at this moment, node by node: the one thing that the picture and the table are made from.

It reads both engines, `Value` (numbers, with their local gradients) and `Tensor` (a recorded
node keeps its shape, not its numbers), and knows nothing of how they will be shown.

Of Values the gradients are found here, from the local gradients, and never read from `.grad`: that
of a leaf adds up over backward passes, and any node's may be from another result's.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, Literal

import numpy as np

from autograd_core import value_list
from autograd_core.errors import ArgumentError, DTypeError
from autograd_core.graph import Node, topological_order
from autograd_core.ops.op import Op
from autograd_core.show import labels
from autograd_core.show.summaries import Spread, number_text, spread, summary
from autograd_core.tensor import Tensor
from autograd_core.value import CONSTANT, Value

LIMIT = 1000
"""How many nodes are shown unless asked otherwise: what is laid out within a second, and can still be scrolled."""


Role = Literal["node", "constant", "beyond", "box"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One node: the op that made it, from which entries, and what is known of it.

    `value` and `gradient` are numbers, ∂result/∂node, or the shapes of an array and its `.grad`;
    `gradient` is None where there is none. `role` says whether it is a node of its own, a constant
    that a formula brought, a box of many nodes, or the end of what is shown: something outside of it. `stale` says that
    it was computed from other values than its inputs have now.
    """

    name: str  # the label, the number, or v1, v2, ...; no two nodes share one
    label: str  # the user's, if any
    op: Op[Any] | None
    attributes: str  # the op's arguments that are no inputs, such as axis=0
    inputs: tuple[int, ...]
    value: float | str
    gradient: float | str | None
    local_gradients: tuple[float, ...]
    dtype: str
    role: Role = "node"
    stale: bool = False
    summary: str = ""  # of an array, what there is to say of its many numbers
    value_spread: Spread | None = None  # of many numbers
    gradient_spread: Spread | None = None
    kind: str = ""  # of a box, what it is

    @property
    def op_name(self) -> str:
        """What the op is called by those who use it; empty for a leaf."""
        return "" if self.op is None else self.op.name.lstrip("_")  # _matmul is what the function matmul records


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The entries, each after its inputs and the result last."""

    entries: tuple[Entry, ...]
    total: int  # nodes of the whole graph, shown or not
    of_numbers: bool  # a graph of Values rather than of Tensors
    released: bool  # whether a backward pass has freed what another one would need
    nodes: tuple[
        Any, ...
    ]  # of each entry: the Value, the Node, the leaf Tensor or the Box, or None for an unknown constant
    whole: str = ""  # what it is a part of, else it leads to the result
    folded: str = ""  # what a reader has to be told of boxes
    kept_gradients: bool = True  # of Tensors: whether gradients are what `.grad` holds
    insides: dict[int, Snapshot] = field(default_factory=dict)  # of boxes that can be opened, by their place

    @property
    def title(self) -> str:
        """What the picture is of."""
        return self.whole or f"The graph that leads to {self.result.name}"

    @property
    def result(self) -> Entry:
        """The node that was asked for."""
        return self.entries[-1]

    @property
    def differentiated(self) -> bool:
        """Whether any node has a gradient."""
        return any(entry.gradient is not None or entry.gradient_spread is not None for entry in self.entries)

    @property
    def omission(self) -> str:
        """What a reader has to be told if parts were left out."""
        if self.whole or self.folded or all(entry.role != "beyond" for entry in self.entries):
            return self.folded  # a part always has ends
        return f"only what is nearest to the result, of {self.total} nodes; … stands for others"

    @property
    def warning(self) -> str:
        """What a reader has to be told if values were changed after others had been computed from them."""
        stale = [entry.name for entry in self.entries if entry.stale]
        if not stale:
            return ""
        names = ", ".join(stale[:5]) + ", …" * (len(stale) > 5)
        return (
            f"values do not belong together: an input was given another one after {names} had been computed; "
            "local gradients and gradients are those of before. Compute the result again"
        )


@dataclass(eq=False, slots=True)
class Box:
    """Nodes that are shown as one: those of a module, or of one op at one level."""

    of: Literal["module", "op", "leaves"]
    name: str
    kind: str  # of a module: its class
    members: list[Any]  # each after its inputs
    parents: tuple[Any, ...] = ()  # what they use from outside: nodes, boxes, or None for an unknown constant
    exits: tuple[Any, ...] = ()  # the members that are used outside, or are the result


class Reading:
    """What is to be read from a graph: its root, and by what names."""

    def __init__(self, root: Any, differentiated: bool = False, names: Mapping[Any, str] | None = None) -> None:
        if not isinstance(root, (Value, Tensor)):
            raise DTypeError(f"show: looks into the graph of a Value or a Tensor, not into a {type(root).__name__}")
        self.root = root
        self.start = root if isinstance(root, Value) else root.node or root
        self.order = topological_order(self.start)
        self.names = names or {}
        self._following: dict[Any, bool] = {}
        self.gradients: dict[Value, float] = {}
        if isinstance(root, Value) and (differentiated or _number(root.grad)):
            self.gradients = _gradients(self.order)

    def snapshot(
        self, starts: Sequence[Any], inputs_of: Callable[[Any], Sequence[Any]], shown: Container[Any]
    ) -> Snapshot:
        """What leads to `starts`, the last of which is the result; what is not `shown` is only an end."""
        entries: list[Entry] = []
        position: dict[Any, int] = {}
        for node, inputs in _inputs_first(starts, lambda node: inputs_of(node) if node in shown else ()).items():
            position[node] = len(entries)
            entry = replace(_read(node, self), inputs=tuple(position[source] for source in inputs))
            if node in shown:
                stale = not all(map(self._follows, node.members if isinstance(node, Box) else [node]))
                entries.append(replace(entry, stale=stale))
            else:
                entries.append(entry if isinstance(node, _Untracked) else _outside(entry))
        nodes = tuple(None if isinstance(node, _Untracked) else node for node in position)
        entries = _with_constants(entries, nodes)
        released = isinstance(self.start, Node) and self.start.saved is None
        return Snapshot(_named(entries), len(self.order), isinstance(self.root, Value), released, nodes)

    def _follows(self, node: Any) -> bool:
        if node not in self._following:
            self._following[node] = _follows(node)
        return self._following[node]


def take(
    root: Any, limit: int = LIMIT, differentiated: bool = False, names: Mapping[Any, str] | None = None
) -> Snapshot:
    """The graph that leads to `root`, a Value or a Tensor; of a larger one the `limit` nodes nearest to `root`.

    Leaves without a label are called by their `names`. A Value has gradients once a backward pass has come to it; they
    are then ∂root/∂node, whatever other passes there were; with `differentiated` they have them anyway. Plain numbers
    of the formula are constants, and have none.
    Errors: DTypeError for anything else, ArgumentError for a limit below 1.
    """
    reading = Reading(root, differentiated, names)
    check_limit(limit)
    kept = nearest(reading.start, limit, lambda node: node.parents)
    snapshot = reading.snapshot([reading.start], lambda node: node.parents, kept)
    entries = [replace(e, name="…", label="") if e.role == "beyond" else e for e in snapshot.entries]
    return replace(snapshot, entries=tuple(entries))


def check_limit(limit: int) -> None:
    """Refuse to show nothing. Errors: ArgumentError."""
    if not isinstance(limit, Integral) or limit < 1:
        raise ArgumentError(f"show: limit={limit!r}; a whole number of nodes, at least 1, has to be shown")


def _outside(entry: Entry) -> Entry:
    """An entry as an end of what is shown: only its name, and that of the op if it has none."""
    return replace(
        entry, name=entry.name or entry.label or entry.op_name or "…", role="beyond", op=None, value="", gradient=None
    )


def _gradients(order: list[Value]) -> dict[Value, float]:
    """∂(the last of `order`)/∂each, by the chain rule, from the local gradients that the graph keeps."""
    gradients = dict.fromkeys(order, 0.0)
    gradients[order[-1]] = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local_gradients, strict=True):
            gradients[parent] += local * gradients[node]
    return gradients


def _follows(node: Any) -> bool:
    """Whether a node is what its op makes of its inputs as they are now, as far as can be told.

    A Value's number and local gradients are computed again. A Node of Tensors knows the arrays of those inputs that
    its rules ask for, until a backward pass has released them.
    """
    if isinstance(node, Node):
        used = zip(node.parents, node.saved or (), strict=False)
        return not any(isinstance(x, Tensor) and array is not None and array is not x.array for x, array in used)
    if not node.parents:
        return True
    inputs = [parent._data for parent in node.parents]
    at = (*inputs, node.op.on_numbers(*inputs))
    if not _same(at[-1], node._data):
        return False
    if isinstance(node.op, value_list.Entry):
        return True
    try:
        local_gradients = node.op.local_gradients(at)
    except ArithmeticError:
        local_gradients = node.op.ieee_local_gradients(at)
    return len(local_gradients) == len(node.local_gradients) and all(map(_same, local_gradients, node.local_gradients))


def _same(a: Any, b: Any) -> bool:
    """Whether two numbers are equal, or both nan."""
    return bool(a == b or (a != a and b != b))


def _number(gradient: Any) -> float:
    """That of a Value's `.grad`, which may be a Value too, or None."""
    return float(gradient.data if isinstance(gradient, Value) else gradient or 0.0)


def nearest(start: Any, limit: int, inputs_of: Callable[[Any], Sequence[Any]]) -> set[Any]:
    """The `limit` nodes that are the fewest steps away from `start`."""
    found = {start}
    waiting = deque([start])
    while waiting:
        for parent in inputs_of(waiting.popleft()):
            if len(found) == limit:
                return found
            if parent is not None and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


class _Untracked:
    """Stands for an array that wants no gradient, and of which the graph therefore knows nothing."""


def _inputs_first(starts: Sequence[Any], sources_of: Callable[[Any], Sequence[Any]]) -> dict[Any, list[Any]]:
    """What leads to `starts`, each after its inputs, and these from left to right, as in a formula.

    The backward pass has no use for the latter, so `topological_order` does not promise it.
    """

    def inputs_of(node: Any) -> list[Any]:
        return [_Untracked() if source is None else source for source in sources_of(node)]

    order: dict[Any, list[Any]] = {}
    for start in starts:
        stack = [(start, inputs := inputs_of(start), iter(inputs))] * (start not in order)
        while stack:
            node, inputs, remaining = stack[-1]
            source = next((source for source in remaining if source not in order), None)
            if source is None:
                order[node] = inputs
                stack.pop()
            else:
                stack.append((source, inputs := inputs_of(source), iter(inputs)))
    return order


def _read(node: Any, reading: Reading) -> Entry:
    """What a node knows of itself; its name and its inputs are settled by `Reading.snapshot`."""
    root, gradients = reading.root, reading.gradients
    if isinstance(node, _Untracked):
        return Entry("const", "", None, "", (), "", None, (), "", role="constant")
    if isinstance(node, Box):
        return _read_box(node, reading)
    name = clean(node.label or reading.names.get(node, "")) if isinstance(node, (Value, Tensor)) else ""
    if isinstance(node, Value):
        return Entry(
            name="",
            label=name,
            op=None if node.op is CONSTANT else node.op,
            attributes="",
            inputs=(),
            value=node.data,
            gradient=gradients.get(node),
            local_gradients=tuple(map(float, node.local_gradients)),
            dtype="",
            role="constant" if node.op is CONSTANT and node is not root else "node",
        )
    tensor = node  # a leaf; of an inner node the tensor is only known if it is the root or retains its gradient
    if isinstance(node, Node):
        tensor = root if reading.start is node else node.retained() if node.retained else None
    gradient = None if tensor is None else tensor.grad
    return Entry(
        name="",
        label=name if tensor is None else name or clean(tensor.label),
        op=node.op if isinstance(node, Node) else None,
        attributes=_attributes(node) if isinstance(node, Node) else "",
        inputs=(),
        value=str(node.shape),
        gradient=None if gradient is None else str(gradient.shape),
        local_gradients=(),
        dtype=str(node.dtype),
    )


def _read_box(box: Box, reading: Reading) -> Entry:
    """What is known of a box: as of its one result, or how the numbers of its results are spread."""
    one = _read(box.exits[0], reading) if len(box.exits) == 1 else None
    count = f"{len(box.members)} nodes" if len(box.members) > 1 else "1 node"
    entry = Entry(
        name=clean(box.name),
        label=clean(box.name),
        op=None,
        attributes="",
        inputs=(),
        value=one.value if one else f"{len(box.exits)} results",
        gradient=one.gradient if one else None,
        local_gradients=(),
        dtype=one.dtype if one else "",
        role="box",
        summary=f"{box.kind}, {count}".removeprefix(", "),
        kind=clean(box.kind),
    )
    if one is None and isinstance(reading.root, Value):
        found = [[x.data for x in box.exits], [reading.gradients[x] for x in box.exits] if reading.gradients else []]
        value, gradient = (spread(np.array(numbers)) for numbers in found)
        said = {"values": summary(found[0]), "gradients": summary(found[1])}
        entry = replace(
            entry,
            value="" if value else found[0][0],
            gradient=None if gradient or not found[1] else found[1][0],
            value_spread=value,
            gradient_spread=gradient,
            summary="; ".join([entry.summary] + [f"{what} {text}" for what, text in said.items() if text]),
        )
    return entry


def _with_constants(entries: list[Entry], nodes: Sequence[Any]) -> list[Entry]:
    """The entries; single numbers in a formula of Tensors, of which the graph still knows some, are called by them."""
    found = list(entries)
    for entry, node in zip(entries, nodes, strict=True):
        if isinstance(node, Node):
            for i, source, saved in zip(entry.inputs, node.parents, node.saved or (), strict=False):
                if source is None and saved is not None and np.ndim(saved) == 0 and entries[i].role == "constant":
                    value = float(saved)
                    found[i] = replace(entries[i], name=number_text(value), value=value)
    return found


def _named(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Every node gets a name of its own, so the second leaf called x becomes x#2; constants go by their number."""
    taken = {labels.read(entry.label).plain for entry in entries if entry.role != "beyond"}
    generated = (name for i in itertools.count(1) if (name := f"v{i}") not in taken)
    seen: Counter[str] = Counter()
    named = []
    for entry in entries:
        name = entry.name or labels.read(entry.label).plain
        if not name:
            name = number_text(entry.value) if entry.op is None and isinstance(entry.value, float) else next(generated)
        if entry.role in ("node", "box"):
            seen[name] += 1
            while seen[name] > 1 and f"{name}#{seen[name]}" in taken:
                seen[name] += 1
            name += f"#{seen[name]}" * (seen[name] > 1)
        named.append(replace(entry, name=name))
    return tuple(named)


def _attributes(node: Node) -> str:
    """The op's arguments that are no inputs, and other than their defaults."""
    defaults = {name: repr(value) for name, value in getattr(node.op, "defaults", {}).items()}
    given = {name: repr(value) for name, value in node.attributes.items()}
    text = ", ".join(f"{name}={value}" for name, value in given.items() if defaults.get(name) != value)
    return clean(text if len(text) <= 60 else text[:59] + "…")


def clean(text: str) -> str:
    """One line that any terminal and any XML parser takes: control characters and lone surrogates become spaces."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Cn", "Zl", "Zp") else c for c in str(text))
    return " ".join(spaced.split())
