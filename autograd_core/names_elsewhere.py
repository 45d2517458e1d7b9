"""What to say to those who type another library's name for what a Tensor has under its own."""

from autograd_core import ops

_OURS = {
    "bool": "t.astype(bool)",
    "clamp": "t.clip(min, max)",
    "clone": "t itself, for nothing changes its numbers, or autograd_core.tensor(t) for a new leaf",
    "contiguous": "t itself",
    "copy": "t itself, for nothing changes its numbers, or t.numpy().copy() for an array",
    "cpu": "t itself, for there are no other devices",
    "dim": "t.ndim",
    "expand": "autograd_core.broadcast_to(t, shape)",
    "int": "t.astype(np.int32), or int(t) of one element",
    "long": "t.astype(np.int64)",
    "masked_fill": "autograd_core.where(mask, value, t)",
    "numel": "t.size",
    "permute": "autograd_core.permute_dims(t, axes)",
    "requires_grad_": "t.requires_grad = True",
    "swapaxes": "autograd_core.permute_dims(t, axes), or t.mT for the last two",
    "t": "t.T",
    "to": "t.astype(dtype)",
    "transpose": "autograd_core.permute_dims(t, axes), or t.mT for the last two",
    "type": "t.astype(dtype)",
    "unsqueeze": "autograd_core.expand_dims(t, axis=...)",
    "view": "t.reshape(shape)",
}
_INSTEAD = "`p += u` within no_grad(), p.assign(values), or x.at[index].set(v) for a new tensor"


def advice(kind: str, name: str) -> str:
    """The text of the AttributeError for an attribute `name` that a tensor of class `kind` has not."""
    ours = _OURS.get(name) or (f"autograd_core.{name}(t, ...)" if name in ops.names else None)
    if ours is not None:
        return f"a {kind} t has no {name!r}; use {ours}"
    if name.endswith("_") and not name.startswith("_"):
        instead = "p.grad = None, or the optimiser's or module's zero_grad()" if name == "zero_" else _INSTEAD
        return f"{name}: tensors are values, and have no methods that change them; use {instead}"
    return f"a {kind} has no attribute {name!r}"
