"""PyTorch's functions of a tensor whose names the array API has not: each is the method of its name.

`autograd_core.bmm(x, y)` is `x.bmm(y)`. They are found as names of `autograd_core`, and left out of `import *`.
"""

from __future__ import annotations

from typing import Any

from autograd_core import ops
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.recording import no_grad, thread
from autograd_core.sampling import rand, randn
from autograd_core.tensor import Tensor, tensor

__all__ = [
    "allclose",
    "amax",
    "amin",
    "as_tensor",
    "bmm",
    "cat",
    "chunk",
    "clamp",
    "clone",
    "cumprod",
    "cumsum",
    "detach",
    "diag",
    "div",
    "dot",
    "eq",
    "from_numpy",
    "gather",
    "ge",
    "gt",
    "index_add",
    "index_select",
    "inference_mode",
    "is_grad_enabled",
    "is_tensor",
    "le",
    "lt",
    "masked_fill",
    "masked_select",
    "median",
    "mm",
    "movedim",
    "mul",
    "mv",
    "narrow",
    "ne",
    "neg",
    "numel",
    "permute",
    "quantile",
    "rand_like",
    "randn_like",
    "ravel",
    "repeat_interleave",
    "scatter",
    "select",
    "sub",
    "swapaxes",
    "t",
    "take_along_dim",
    "transpose",
    "unbind",
    "unsqueeze",
]

inference_mode = no_grad


@axis_or_dim
def cat(tensors: Any, dim: int = 0) -> Any:
    """Tensors one after the other along `dim`; see `autograd_core.concat`."""
    return ops.concat(tensors, axis=dim)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The tensor itself, in `dtype`, or one of these numbers, which are copied; gradients flow through the former."""
    if not isinstance(data, Tensor):
        return tensor(data, dtype=dtype, device=device)
    return data if dtype is None and device is None else data.to(device=device, dtype=dtype)


def from_numpy(array: Any) -> Tensor:
    """A tensor of an array's numbers, which are copied: tensors are values, and what changes the array is not seen."""
    return tensor(array)


def detach(x: Tensor) -> Tensor:
    """See `Tensor.detach`."""
    return x.detach()  # which is another method within vmap


def numel(x: Tensor) -> int:
    """How many elements x has; within vmap, in one example."""
    return x.numel()


def rand_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from 0 up to 1, in the shape and dtype of x; see `autograd_core.rand`."""
    return rand(x.shape, dtype=x.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)


def randn_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from the normal distribution, in the shape and dtype of x; see `autograd_core.randn`."""
    return randn(x.shape, dtype=x.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)


def is_grad_enabled() -> bool:
    """Whether ops are recorded, as they are outside of `no_grad`."""
    return thread.recording.on


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)


allclose = Tensor.allclose
amax = Tensor.amax
amin = Tensor.amin
bmm = Tensor.bmm
chunk = Tensor.chunk
clamp = Tensor.clamp
clone = Tensor.clone
cumprod = Tensor.cumprod
cumsum = Tensor.cumsum
diag = Tensor.diag
div = Tensor.div
dot = Tensor.dot
eq = Tensor.eq
gather = Tensor.gather
ge = Tensor.ge
gt = Tensor.gt
index_add = Tensor.index_add
index_select = Tensor.index_select
le = Tensor.le
lt = Tensor.lt
masked_fill = Tensor.masked_fill
masked_select = Tensor.masked_select
median = Tensor.median
mm = Tensor.mm
movedim = Tensor.movedim
mul = Tensor.mul
mv = Tensor.mv
narrow = Tensor.narrow
ne = Tensor.ne
neg = Tensor.neg
permute = Tensor.permute
quantile = Tensor.quantile
ravel = Tensor.ravel
repeat_interleave = Tensor.repeat_interleave
scatter = Tensor.scatter
select = Tensor.select
sub = Tensor.sub
swapaxes = Tensor.swapaxes
t = Tensor.t
take_along_dim = Tensor.take_along_dim
transpose = Tensor.transpose
unbind = Tensor.unbind
unsqueeze = Tensor.unsqueeze
