"""A parameter group: a dictionary of the settings that it was made with, which refuses any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd_core import ArgumentError, did_you_mean, refuse_to_compile
from optim.kinds import AT_LEAST_0, NUMBER, checked, kinds_of


class ParameterGroup(dict[str, Any]):
    """The settings of some parameters, `params` among them.

    What is set later must be a setting that there is, and of its kind: `group["learning_rate"] = 1` would change
    nothing, and is refused. Errors: ArgumentError, and CompileError within a compiled step; nothing is changed then.
    """

    def __init__(self, optimizer: type, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._optimizer = optimizer

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, self._checked(name, value))

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The setting, which there is already, or else is refused."""
        return self[name] if name in self else self._checked(name, default)

    def update(self, *args: Any, **settings: Any) -> None:
        """Set several, or none if one of them is refused."""
        super().update({name: self._checked(name, value) for name, value in dict(*args, **settings).items()})

    def __ior__(self, settings: Any) -> ParameterGroup:  # type: ignore[override,misc]
        self.update(settings)
        return self

    def _checked(self, name: str, value: Any) -> Any:
        refuse_to_compile(f"setting {name!r} of a parameter group", "set it before the compiled function is called")
        if name not in self:
            raise ArgumentError(
                f"{self._optimizer.__name__}: a parameter group has no setting {name!r}; "
                f"it has {', '.join(sorted(self))}{did_you_mean(name, self)}"
            )
        return checked_setting(self._optimizer, name, value)

    def __reduce__(self) -> tuple[Callable[..., ParameterGroup], tuple[Any, ...]]:
        return ParameterGroup, (self._optimizer, dict(self))


def checked_setting(optimizer: type, name: str, value: Any) -> Any:
    """A setting of optimisers of this class, as it is kept. Errors: ArgumentError if it is not of its kind."""
    if name == "params":
        return value
    kinds = (NUMBER, AT_LEAST_0) if name == "lr_scale" else kinds_of(optimizer).get(name, (NUMBER,))
    return checked(optimizer.__name__, name, value, kinds)
