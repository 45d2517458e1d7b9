"""Make coming-from-pytorch.md from the table of names: python docs/make_coming_from_pytorch.py"""

from collections.abc import Iterable
from pathlib import Path

from autograd_core.names_table import TABLE, Row

PAGE = Path(__file__).with_name("coming-from-pytorch.md")

INTRODUCTION = """\
# Coming from PyTorch

Made from `autograd_core/names_table.py` by `docs/make_coming_from_pytorch.py`; a test runs every call below and holds
its result against numpy's.

`import autograd_core as ag, nn, optim` takes the place of `import torch`. Below `torch` stands for `autograd_core`,
`F` for `nn.functional`, which is `nn.functions`; `x` and `y` are tensors of shape (2, 3), `z` (2, 3, 4), `v` (3,),
`s` (3, 3), `m` is x > 0, `i` whole numbers, `p` a Parameter. Layers, losses and optimisers have PyTorch's names,
arguments and weights.

- **Methods and `nn.functional` are PyTorch's, functions of `ag` are the array API's.** Where one name means two
  things, that decides. A method that numpy has, too, tells by the name of the argument: `dim` and positions are
  PyTorch's, `axis` and `keepdims` numpy's. Names that the array API has not are PyTorch's: `ag.cat`, `ag.bmm`.
- **`dim` and `keepdim` are taken wherever `axis` and `keepdims` are**; both at once are refused. They mean the same but
  for `max`, `min`, `sort` and `median`, as methods and as functions of `ag`: along an `axis` they give numpy's values,
  along a `dim`, by name or by position, PyTorch's pair of values and indices. Methods that PyTorch alone has, such as
  `gather`, `narrow` and `unsqueeze`, have its `dim` alone.
- **Who comes from numpy** finds these methods with PyTorch's meaning: `x.std()` and `x.var()` divide by n - 1;
  `x.max(0)`, `x.min(0)` and `x.sort()` give values and indices (with `axis=`, the values), and so do `ag.max(x, 0)`,
  `ag.min(x, 0)` and `ag.sort(x, 0)`; `x.transpose(0, 1)` swaps two axes, of a matrix too;
  `x.repeat(2)` repeats the whole, `x.norm(1)` is the 1-norm, `x.diagonal()` that of the first two axes. `ag.std(x)`, a
  function of `ag`, divides by n.
- **Tensors are values.** Nothing changes them in place: `x[0] = 1` and `x.add_(1)` are refused with what to write. A
  leaf is given new numbers within `no_grad()` by `p -= u`, or by `p.assign(values)`, as `nn.init` does it.
- **All is computed on the CPU.** `device="cpu"`, `.to("cpu")`, `.cpu()` and `ag.cuda.is_available()`, which is False,
  are there; any other device is refused.
- **`DataLoader`** is `nn.data.Batches(dataset, batch_size=50, seed=0, collate=...)`, that of an `IterableDataset`
  `nn.data.StreamedBatches`; both take examples that are tuples or dictionaries. `nn.data.Prefetch` makes batches ahead
  in a thread, and `nn.data.WorkerBatches(batches, workers=4)` in processes, as `num_workers` does.
- **Programs run with other imports.** `tests/programs` has programs of many kinds, from the MNIST example to MAML, with
  PyTorch's imports in them; the test beside them puts these in their place, and finds PyTorch's losses:

  | PyTorch | here |
  | --- | --- |
  | `import torch` | `import autograd_core as torch` |
  | `from torch import nn, optim` | `import nn, optim` |
  | `import torch.nn.functional as F` | `import nn.functional as F` |
  | `from torch.autograd import grad` | `from autograd_core import gradients as grad` |
  | `from torch.func import grad, vmap` | `from autograd_core import grad, vmap` |
  | `from torch.func import functional_call` | `from nn import functional_call` |

- **An unknown name** is answered with what it is called here, or with the nearest one, also where it is imported:
  `from nn.data import DataLoader` says to write `nn.data.Batches`.
"""

TITLES = {
    "Tensor": "Methods of a tensor",
    "autograd_core": "Functions: torch.*, here ag.*",
    "nn.functional": "nn.functional",
    "nn": "nn",
    "nn.data": "torch.utils.data, here nn.data",
    "nn.init": "nn.init",
    "nn.utils": "nn.utils",
    "nn.utils.rnn": "nn.utils.rnn",
    "optim": "optim",
    "optim.lr_scheduler": "optim.lr_scheduler",
}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    other = [row for rows in TABLE.values() for row in rows if not row.same]
    parts.append(
        "## Calls that give something else\n\nThese run, and mean what they mean in numpy and the array API:\n\n"
        + table(("the call", "here it is, as in numpy", "difference", "PyTorch's result"), map(of_another, other))
    )
    for section, rows in TABLE.items():
        parts.append(f"## {TITLES[section]}\n")
        here = [row for row in rows if row.works and row.same]
        elsewhere = [row for row in rows if not row.works]
        parts.append(table(("as in PyTorch", "in numpy", "here also", "what differs"), map(of_the_same, here)))
        if elsewhere:
            parts.append("Not by these names:\n\n" + table(("in PyTorch", "write"), map(of_none, elsewhere)))
    return "\n".join(parts)


def of_the_same(row: Row) -> tuple[str, ...]:
    """The line of a call that works as in PyTorch."""
    return code(row.call), code(row.numpy), code(row.ours), row.differs


def of_another(row: Row) -> tuple[str, ...]:
    """The line of a call that gives something else than PyTorch's."""
    return code(row.call), code(row.numpy), row.differs, code(row.ours)


def of_none(row: Row) -> tuple[str, ...]:
    """The line of a call that there is not."""
    return code(row.call), row.ours


def code(text: str) -> str:
    """Text as code, if there is any."""
    return f"`{text}`" if text else ""


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
