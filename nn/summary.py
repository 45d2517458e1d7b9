"""What a network is made of: the layers that a call goes through, with shapes, parameters and operations."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from autograd_core import Tensor, no_grad
from nn.module import Module


@dataclass(frozen=True)
class Row:
    """One call of one layer. Parameters are counted where they are first seen, so that shared ones count once."""

    name: str
    kind: str
    output: str
    trainable: int
    frozen: int
    flops: int | None


@dataclass(frozen=True)
class Summary:
    """A network's rows, which `str` lays out as a table, and what the whole network has."""

    rows: tuple[Row, ...]
    trainable: int
    frozen: int

    @property
    def flops(self) -> int:
        """The operations of all layers that know theirs."""
        return sum([row.flops for row in self.rows if row.flops is not None])

    def __str__(self) -> str:
        header = ("layer", "kind", "output", "trainable", "frozen", "FLOPs")
        cells = [
            (row.name, row.kind, row.output, _number(row.trainable), _number(row.frozen), _number(row.flops))
            for row in self.rows
        ]
        called = _number(sum([row.trainable for row in self.rows])), _number(sum([row.frozen for row in self.rows]))
        total = ("total", "", "", _number(self.trainable), _number(self.frozen), _number(self.flops))
        widths = [max(map(len, column)) for column in zip(header, *cells, total, strict=True)]
        lines = [_line(row, widths) for row in (header, *cells, total)]
        rule = "-" * max(map(len, lines))
        table = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
        if called != total[3:5]:
            table.append("total counts parameters, too, of layers that this call does not go through")
        if any(row.flops is None for row in self.rows):
            table.append("FLOPs leave out layers with a ?, which do not count theirs")
        return "\n".join(table)


def summarise(network: Module, *inputs: Any) -> Summary:
    """Call `network` with these inputs, in evaluation and unrecorded, and note what every layer does.

    A row is a call of a layer without parts, or of one that has parameters of its own beside its parts; a layer that
    is called twice has two. FLOPs are additions and multiplications, for all of the batch; a layer's own `flops`
    counts them.
    """
    rows: list[Row] = []
    counted: set[int] = set()

    def note(name: str, module: Module, given: tuple[Any, ...], output: Any) -> None:
        own = [part for part in module.own_parameters() if id(part) not in counted]
        counted.update(map(id, own))
        rows.append(
            Row(
                name or "(itself)",
                type(module).__name__,
                _shapes(output),
                sum([parameter.size for parameter in own if parameter.requires_grad]),
                sum([parameter.size for parameter in own if not parameter.requires_grad]),
                module.flops(given, output) if given else None,  # hooks see only what is given by position
            )
        )

    modules = dict(network.named_modules())
    modes = {name: module.training for name, module in modules.items()}
    handles = [
        module.register_forward_hook(partial(note, name))
        for name, module in modules.items()
        if not module.children() or module.own_parameters()
    ]
    try:
        network.eval()
        with no_grad():
            network(*inputs)
    finally:
        for handle in handles:
            handle.remove()
        for name, module in modules.items():
            module.training = modes[name]
    parameters = network.parameters()
    trainable = sum([parameter.size for parameter in parameters if parameter.requires_grad])
    return Summary(tuple(rows), trainable, sum([parameter.size for parameter in parameters]) - trainable)


def _shapes(output: Any) -> str:
    """The shape of a tensor, or of each in nested tuples."""
    if isinstance(output, (tuple, list)):
        return ", ".join([_shapes(part) for part in output])
    return str(output.shape) if isinstance(output, Tensor) else type(output).__name__


def _number(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Words to the left, numbers to the right."""
    words = [cell.ljust(width) for cell, width in zip(cells[:3], widths[:3], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)]
    return "  ".join([*words, *numbers])
