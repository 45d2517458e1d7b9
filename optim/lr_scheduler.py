"""The schedules under the names that PyTorch has for them: objects that count steps and set an optimiser's rate.

Each is a schedule of `optim.schedules` and a counter: `scheduler.step()`, after `optimizer.step()`, sets the rate of
the next step. Where PyTorch's changes the rate that there is, this one sets it to what the schedule says: the same,
unless somebody else changes it in between. A group with an lr of its own keeps its share of the optimiser's, so that
what is an absolute rate in PyTorch, as `eta_min` is, holds for the groups without.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core import ArgumentError, unknown_names
from optim import schedules
from optim.arguments import check_parts, loaded_number
from optim.optimizer import Optimizer
from optim.schedules import Schedule

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]


class LRScheduler:
    """An optimiser whose rate follows a schedule, counted in calls of `step`.

    >>> import autograd_core as ag
    >>> import optim
    >>> optimizer = optim.SGD([ag.zeros(2, requires_grad=True)], lr=0.5)
    >>> scheduler = LRScheduler(optimizer, lambda k: 0.5 / (1 + k))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, schedule: Schedule, last_epoch: int = -1) -> None:
        _rate(optimizer)
        self.optimizer = optimizer
        self.schedule = schedule
        self.last_epoch = last_epoch + 1
        self._set()

    def _set(self) -> None:
        """Have the optimiser go on as the schedule says for the steps counted so far."""
        self.optimizer.set_lr(self.schedule(self.last_epoch))

    def step(self) -> None:
        """Set the rate of the next step."""
        self.last_epoch += 1
        self._set()

    def get_last_lr(self) -> list[float]:
        """The rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """How many steps have been counted; the schedule itself has no state."""
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave. Raises `ArgumentError` for any other state, and changes nothing then."""
        name = type(self).__name__
        check_parts(name, state_dict, ("last_epoch",))
        self.last_epoch = loaded_number(name, "last_epoch", state_dict["last_epoch"], 0)
        self._set()


class LambdaLR(LRScheduler):
    """The optimiser's rate times `lr_lambda` of the step."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float], last_epoch: int = -1) -> None:
        if not callable(lr_lambda):
            raise ArgumentError(f"LambdaLR: takes one function for all groups, got a {type(lr_lambda).__name__}")
        lr = _rate(optimizer)
        super().__init__(optimizer, lambda step: lr * lr_lambda(step), last_epoch)


class ConstantLR(LRScheduler):
    """The optimiser's rate times `factor` for `total_iters` steps, then the rate itself; see `schedules.piecewise`."""

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        lr = _rate(optimizer)
        super().__init__(optimizer, schedules.piecewise([lr * factor, lr], [total_iters]), last_epoch)


class LinearLR(LRScheduler):
    """From `start_factor` to `end_factor` times the optimiser's rate, in a line of `total_iters` steps.

    See `schedules.warm_up` and `schedules.linear`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        lr = _rate(optimizer)
        if start_factor < end_factor:
            last = schedules.constant(lr * end_factor)
            super().__init__(optimizer, schedules.warm_up(last, total_iters, start_factor / end_factor), last_epoch)
        else:
            first = lr * start_factor
            super().__init__(optimizer, schedules.linear(first, total_iters, end_factor / start_factor), last_epoch)


class StepLR(LRScheduler):
    """Times `gamma` after each `step_size` steps; see `schedules.step`."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        super().__init__(optimizer, schedules.step(_rate(optimizer), step_size, gamma), last_epoch)


class MultiStepLR(LRScheduler):
    """Times `gamma` at each of `milestones`; see `schedules.multi_step`."""

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, schedules.multi_step(_rate(optimizer), milestones, gamma), last_epoch)


class ExponentialLR(LRScheduler):
    """Times `gamma` at each step; see `schedules.exponential`."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        super().__init__(optimizer, schedules.exponential(_rate(optimizer), gamma), last_epoch)


class PolynomialLR(LRScheduler):
    """To 0 in `total_iters` steps, by a power of what is left of them; see `schedules.polynomial`."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        super().__init__(optimizer, schedules.polynomial(_rate(optimizer), total_iters, power), last_epoch)


class CosineAnnealingLR(LRScheduler):
    """To `eta_min` in `T_max` steps along a cosine, and stays (PyTorch's goes up again); see `schedules.cosine`."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        lr = _rate(optimizer)
        super().__init__(optimizer, schedules.cosine(lr, T_max, _share("CosineAnnealingLR", eta_min, lr)), last_epoch)


class CosineAnnealingWarmRestarts(LRScheduler):
    """To `eta_min` in `T_0` steps along a cosine, and again, each time in `T_mult` times as many.

    See `schedules.cosine_restarts`.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        lr = _rate(optimizer)
        share = _share("CosineAnnealingWarmRestarts", eta_min, lr)
        super().__init__(optimizer, schedules.cosine_restarts(lr, T_0, T_mult, share), last_epoch)


class OneCycleLR(LRScheduler):
    """Up to `max_lr` and down again, and the momentum down and up, in `total_steps`; see `schedules.one_cycle`.

    The momentum is SGD's, or the first of the betas; `cycle_momentum=False` leaves it alone.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ArgumentError("OneCycleLR: takes total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        self._setting = next((name for name in ("momentum", "betas") if name in optimizer.defaults), "")
        if cycle_momentum and not self._setting:
            raise ArgumentError(f"OneCycleLR: {type(optimizer).__name__} has no momentum; give cycle_momentum=False")
        self._momenta = (base_momentum, max_momentum) if cycle_momentum else None
        # How far up the rate is, from 0 to 1: the momentum is as far down.
        self._height = schedules.one_cycle(1.0, total_steps, pct_start, anneal_strategy, _FROM_NEARLY_0, 1.0)
        schedule = schedules.one_cycle(max_lr, total_steps, pct_start, anneal_strategy, div_factor, final_div_factor)
        super().__init__(optimizer, schedule, last_epoch)

    def _set(self) -> None:
        super()._set()
        if self._momenta is not None:
            low, high = self._momenta
            momentum = high - (high - low) * self._height(self.last_epoch)
            for group in self.optimizer.param_groups:
                group[self._setting] = momentum if self._setting == "momentum" else (momentum, *group["betas"][1:])


class SequentialLR(LRScheduler):
    """The first of the schedulers up to the first of `milestones`, then the second from its own step 0, and so on.

    See `schedules.sequence`. The schedulers themselves are not to be stepped then.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        parts = [scheduler.schedule for scheduler in schedulers]
        super().__init__(optimizer, schedules.sequence(parts, milestones), last_epoch)


class ChainedScheduler(LRScheduler):
    """The optimiser's rate times what each scheduler makes of it; see `schedules.chained`.

    The schedulers themselves are not to be stepped then.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            raise ArgumentError("ChainedScheduler: takes at least one scheduler")
        optimizer = schedulers[0].optimizer if optimizer is None else optimizer
        lr = _rate(optimizer)
        factors = [_divided(scheduler.schedule, lr) for scheduler in schedulers]
        super().__init__(optimizer, schedules.chained(lr, factors))


class ReduceLROnPlateau(LRScheduler):
    """Times `factor` whenever a metric has not got better for more than `patience` calls of `step`.

    See `schedules.ReduceOnPlateau`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        settings = (mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps)
        self._plateau = schedules.ReduceOnPlateau(_rate(optimizer), *settings)
        super().__init__(optimizer, self._plateau)

    def step(self, metrics: float) -> None:  # type: ignore[override]
        """Take note of a metric, and set the rate of the next step."""
        self._plateau.step(metrics)
        super().step()

    def state_dict(self) -> dict[str, Any]:
        """How many steps have been counted, and what the schedule keeps."""
        return {**super().state_dict(), **self._plateau.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave. Raises `ArgumentError` for any other state, and changes nothing then."""
        check_parts("ReduceLROnPlateau", state_dict, self.state_dict())
        steps = loaded_number("ReduceLROnPlateau", "last_epoch", state_dict["last_epoch"], 0)
        self._plateau.load_state_dict({name: x for name, x in state_dict.items() if name != "last_epoch"})
        self.last_epoch = steps
        self._set()


_FROM_NEARLY_0 = 1e300  # a div_factor


def _rate(optimizer: Optimizer) -> float:
    """The rate that the optimiser was made with."""
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"a scheduler takes an optimiser first, got a {type(optimizer).__name__}")
    lr: float = optimizer.defaults["lr"]
    return lr


def _share(name: str, eta_min: float, lr: float) -> float:
    if not 0 <= eta_min <= lr:
        raise ArgumentError(f"{name}: eta_min must be from 0 to the optimiser's rate, {lr}, got {eta_min!r}")
    return eta_min / lr if lr else 0.0


def _divided(schedule: Schedule, by: float) -> Schedule:
    return (lambda step: schedule(step) / by) if by else (lambda step: 0.0)


if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
