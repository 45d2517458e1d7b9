"""What to say to those who type a name that is not there: how it is called here, or which name is nearest.

`names_table.py` knows the names of PyTorch and numpy.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from autograd_core import ops
from autograd_core.names_table import TABLE
from autograd_core.nearest_name import did_you_mean

_INSTEAD = {f"{section}.{row.name}": row for section, rows in TABLE.items() for row in rows if not row.works}
_IN_PLACE = "`p += u` within no_grad(), p.assign(values), or x.at[index].set(v) for a new tensor"
_IN_PLACE_OF = {
    "zero_": "p.grad = None, or the optimiser's or module's zero_grad()",
    "copy_": "p.assign(values)",
    "normal_": "nn.init.normal_(p), or p.assign(values)",
    "uniform_": "nn.init.uniform_(p), or p.assign(values)",
    "detach_": "x = x.detach()",
}


def missing_method(kind: type, name: str) -> AttributeError:
    """The error for an attribute `name` that a tensor of class `kind` has not."""
    return AttributeError(_advice(kind, name), name=name)


def instead(module: str, name: str, known: Iterable[str]) -> str:
    """The end of a message on a `name` that a module has not: how it is called here, or the nearest of the `known`."""
    row = _INSTEAD.get(f"{module}.{name}")
    return did_you_mean(name, known) if row is None else f"; write {row.ours}"


@functools.lru_cache(maxsize=1024)  # for many ask whether there is an attribute, and one that is not takes a while
def _advice(kind: type, name: str) -> str:
    called = f"a {kind.__name__} t has no {name!r}"
    row = _INSTEAD.get(f"Tensor.{name}")
    if row is not None:
        return f"{called}; write {row.ours}"
    if name in ops.names:
        return f"{called}; write autograd_core.{name}(t, ...)"
    if name.endswith("_"):
        instead = _IN_PLACE_OF.get(name, _IN_PLACE)
        return f"{name}: tensors are values, and have no methods that change them; write {instead}"
    return called + did_you_mean(name, [known for known in dir(kind) if not known.startswith("_")])
