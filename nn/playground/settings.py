"""What can be chosen on the playground's page, and the errors where something else is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from nn import penalties
from nn.errors import SettingsError
from nn.layers import Identity, ReLU, Sigmoid, Tanh
from nn.module import Module
from nn.playground.points import DATA

ACTIVATIONS: dict[str, type[Module]] = {"tanh": Tanh, "relu": ReLU, "sigmoid": Sigmoid, "linear": Identity}
PENALTIES: dict[str, Callable[..., Any] | None] = {"none": None, "l1": penalties.l1, "l2": penalties.l2}
MOST_LAYERS, MOST_UNITS = 4, 8


@dataclass(frozen=True)
class Settings:
    """A network, how it learns, and from what. Raises `SettingsError` for what is out of range."""

    data: str = "circle"
    noise: float = 0.05  # standard deviation
    widths: tuple[int, ...] = (4, 2)  # units of each hidden layer
    activation: str = "tanh"
    rate: float = 0.32
    penalty: str = "none"
    strength: float = 0.0  # λ of nn.penalties, for one example
    batch_size: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (("data", DATA), ("activation", ACTIVATIONS), ("penalty", PENALTIES)):
            if getattr(self, name) not in list(known):
                raise SettingsError(f"{name} must be one of {', '.join(known)}; got {getattr(self, name)!r}")
        for name, least, most in (("noise", 0.0, 1.0), ("rate", 1e-6, 10.0), ("strength", 0.0, 1.0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
                raise SettingsError(f"{name} must be a number from {least:g} to {most:g}, got {value!r}")
        for name, least, most in (("batch_size", 1, 100), ("seed", 0, 2**31)):
            _whole(name, getattr(self, name), least, int(most))
        if not isinstance(self.widths, (tuple, list)) or len(self.widths) > MOST_LAYERS:
            raise SettingsError(f"widths must be a list of at most {MOST_LAYERS} whole numbers, got {self.widths!r}")
        for width in self.widths:
            _whole("widths", width, 1, MOST_UNITS)
        object.__setattr__(self, "widths", tuple(self.widths))

    @classmethod
    def of(cls, asked: Any) -> Self:
        """The settings that a page has asked for by name; what it does not name is as usual."""
        if not isinstance(asked, Mapping):
            raise SettingsError(f"settings are names with values, got a {type(asked).__name__}")
        known = [field.name for field in fields(cls)]
        for name in asked:
            if name not in known:
                raise SettingsError(f"there is no setting {name!r}; there are {', '.join(known)}")
        return cls(**asked)


def _whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not math.inf > most >= value >= least:
        raise SettingsError(f"{name} must be whole numbers from {least} to {most}, got {value!r}")
