"""What the training loop needs of what it is given; `optim` has it, and anything else with these methods will do."""

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Stateful(Protocol):
    """What can be stopped and gone on with."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that what it does next depends on."""

    def load_state_dict(self, state_dict: Mapping[str, Any], /) -> None:
        """Take that over."""


@runtime_checkable
class MetricSchedule(Stateful, Protocol):
    """A schedule that depends on how well the training goes."""

    def step(self, metric: float, /) -> None:
        """Take the loss of after an epoch into account."""


class Optimizer(Stateful, Protocol):
    """What the loop needs of an optimiser; those of `optim` have it."""

    param_groups: list[dict[str, Any]]

    def set_lr(self, lr: float) -> None:
        """Use this rate from the next step on."""

    def zero_grad(self) -> None:
        """Forget the gradients."""

    def step(self) -> Any:
        """Update the parameters by their gradients."""


class WeightAverage(Stateful, Protocol):
    """What the loop needs of an average of the weights; `optim.ExponentialMovingAverage` has it."""

    def update(self) -> None:
        """Take the weights of after a step into account."""

    def applied(self) -> contextlib.AbstractContextManager[Any]:
        """While entered, the model's weights are the averaged ones."""
