"""A module called with other parameters than its own: what gradients of functions and `vmap` take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd_core import ShapeError, Tensor
from nn.arguments import kind_of
from nn.errors import StateError
from nn.module import Forward, Module, Output, Parameter


def functional_call(
    module: Forward[..., Output],
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    inputs: Any = (),
    named: Mapping[str, Any] | None = None,
) -> Output:
    """`module(*inputs, **named)` with these tensors in the place of its parameters and buffers of these names.

    `parameters` is by dotted name, as `dict(module.named_parameters())` is, or several such; what it leaves out is the
    module's own. A tensor that the module has under several names is replaced under all of them. `inputs` is a tuple,
    or the only one. Gradients flow to the tensors given, and none to what they replace; the module itself is as before
    afterwards, but must not be used by another thread meanwhile.

    With `grad` and `vmap` it gives the gradients of each example alone:

    >>> import autograd_core as ag
    >>> import nn
    >>> net = nn.Linear(2, 1)
    >>> def loss(parameters, x):
    ...     return ag.sum(functional_call(net, parameters, x) ** 2)
    >>> gradients = ag.vmap(ag.grad(loss), in_axes=(None, 0))(dict(net.named_parameters()), ag.ones((5, 2)))
    >>> gradients["weight"].shape
    (5, 1, 2)

    Errors: StateError for names that the module lacks, for what is no tensor, and for two tensors in the place of one;
    ShapeError for another shape.
    """
    if not isinstance(module, Module):
        raise StateError(f"functional_call: takes a module first, got {kind_of(module)}")
    parts = list(parameters) if isinstance(parameters, (list, tuple)) else [parameters]
    given: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, Mapping):
            raise StateError(f"functional_call: takes tensors by name, as a dictionary, got {kind_of(part)}")
        if twice := given.keys() & part.keys():
            raise StateError(f"functional_call: two tensors for {min(twice)}, in two of the dictionaries; give one")
        given.update(part)
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    with _in_place(module, _replacements(module, given)):
        return module(*inputs, **(named or {}))


def _replacements(module: Module, parameters: Mapping[str, Any]) -> dict[int, Tensor]:
    """What is to stand in the place of the module's own tensors, by their ids."""
    own = dict(module._named_tensors())
    unknown = [name for name in parameters if name not in own]
    if unknown:
        raise StateError(
            f"functional_call: {type(module).__name__} has no parameter or buffer {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(own) or 'none'}"
        )
    found: dict[int, Tensor] = {}
    names: dict[int, str] = {}
    for name, value in parameters.items():
        old = own[name]
        if not isinstance(value, Tensor):
            raise StateError(f"functional_call: takes a tensor for {name}, got {kind_of(value)}")
        if value.shape != old.shape:
            raise ShapeError(f"functional_call: {name} has shape {old.shape}, and is given one of {value.shape}")
        if found.setdefault(id(old), value) is not value:
            raise StateError(f"functional_call: {names[id(old)]} and {name} are one tensor, and two are given for it")
        names.setdefault(id(old), name)
    return found


@contextlib.contextmanager
def _in_place(module: Module, new: Mapping[int, Tensor]) -> Iterator[None]:
    """Within it the module has the new tensors."""
    before: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = []
    try:
        for part in {id(part): part for _, part in module._walk("")}.values():
            attributes = vars(part)
            changed = {name: _replaced(value, new) for name, value in attributes.items()}
            changed = {name: value for name, value in changed.items() if value is not attributes[name]}
            if changed:
                # Learned is what is in the place of a Parameter: those who ask for own_parameters() are told.
                learned = [name for name, p in part._named_parts() if isinstance(p, Parameter) and id(p) in new]
                changed["_called_with"] = part._called_with | set(learned)
                before.append((attributes, {k: attributes[k] for k in changed if k in attributes}, changed))
                attributes.update(changed)
        yield
    finally:
        for attributes, old, changed in before:
            for name, value in changed.items():
                if attributes.get(name) is value:  # else forward has set it anew, as it would have otherwise
                    if name in old:
                        attributes[name] = old[name]
                    else:
                        del attributes[name]


def _replaced(value: Any, new: Mapping[int, Tensor]) -> Any:
    """The same, or a copy with the new tensors in it."""
    if isinstance(value, Tensor):
        return new.get(id(value), value)
    if isinstance(value, dict):
        parts = {key: _replaced(part, new) for key, part in value.items()}
        return parts if any(parts[key] is not value[key] for key in value) else value
    if isinstance(value, (list, tuple)):
        found = [_replaced(part, new) for part in value]
        if all(a is b for a, b in zip(found, value, strict=True)):
            return value
        return found if isinstance(value, list) else tuple(found)
    return value
