"""Hooks: what is called around a module's forward, and of gradients. Nothing here knows what a module is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from autograd_core import ArgumentError
from nn.backward_hooks import Hook, Passage


class Handle:
    """What registering a hook returns: `remove()`, or the end of a with-block over it, takes the hook away again."""

    def __init__(self, hooks: dict[Handle, Any]) -> None:
        self._hooks = hooks

    def remove(self) -> None:
        """Take the hook away; doing so twice is no error."""
        self._hooks.pop(self, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _check(hook: object) -> None:
    if not callable(hook):
        raise ArgumentError(f"a hook is a function that is called around forward, got a {type(hook).__name__}")


class Hooks:
    """The hooks of one module, in the order in which they were registered."""

    def __init__(self) -> None:
        self._before: dict[Handle, Callable[[Any, Any], Any]] = {}
        self._after: dict[Handle, Callable[[Any, Any, Any], Any]] = {}
        self._backward: dict[Handle, Hook] = {}

    def __bool__(self) -> bool:
        """Whether there are any; those that were removed leave none."""
        return bool(self._before or self._after or self._backward)

    def add_before(self, hook: Callable[[Any, Any], Any]) -> Handle:
        """See `Module.register_forward_pre_hook`."""
        _check(hook)
        handle = Handle(self._before)
        self._before[handle] = hook
        return handle

    def add_after(self, hook: Callable[[Any, Any, Any], Any]) -> Handle:
        """See `Module.register_forward_hook`."""
        _check(hook)
        handle = Handle(self._after)
        self._after[handle] = hook
        return handle

    def add_backward(self, hook: Hook) -> Handle:
        """See `Module.register_full_backward_hook`."""
        _check(hook)
        handle = Handle(self._backward)
        self._backward[handle] = hook
        return handle

    def around(self, module: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The module's forward, with the hooks before and after it."""
        for before in list(self._before.values()):  # a copy, for a hook may remove itself
            replaced = before(module, inputs)
            if replaced is not None:
                inputs = replaced if isinstance(replaced, tuple) else (replaced,)
        passage = Passage(module, list(self._backward.values())) if self._backward else None
        output = module.forward(*(inputs if passage is None else passage.into(inputs)), **named)
        for after in list(self._after.values()):
            replaced = after(module, inputs, output)
            if replaced is not None:
                output = replaced
        return output if passage is None else passage.out_of(output)
