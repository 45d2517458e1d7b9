"""Callback: who is told how a training goes, and may stop it."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autograd_core import ArgumentError

if TYPE_CHECKING:
    from nn.training.trainer import Trainer


class Moment(enum.Enum):
    """When a callback is told that everything is settled."""

    STEP = enum.auto()  # after a step
    EPOCH = enum.auto()  # after an epoch and its validation
    INTERRUPTION = enum.auto()  # somebody asked to stop, between two steps
    END = enum.auto()  # after the last epoch, or the one that `trainer.stop` came in


class Callback:
    """Base of the callbacks; each method does nothing until a subclass writes it.

    All callbacks get `step_ended` (or `epoch_ended`, or `training_ended`) in the order they were given in; only then
    all get `settled`. So what saves does it in `settled`, and finds every other callback's state complete.
    What a callback needs to go on after a resume it gives as `state_dict` and takes back by `load_state_dict`.

    Where several processes share the training (`nn.parallel`), each of them calls its callbacks, unless a callback
    says that it is for the first process `only_first`: as it writes or prints, changes nothing in the training, and
    does not call `trainer.evaluate`, for which the first would wait for the others.
    """

    only_first = False

    def __init_subclass__(cls, **named: Any) -> None:
        """Refuse methods that are named nearly as one of these, or as other libraries name them: nobody calls them."""
        super().__init_subclass__(**named)
        moments = ("training_started", "step_ended", "epoch_ended", "training_ended", "settled", "closed")
        for name, method in vars(cls).items():
            if name in moments or name.startswith("_") or not callable(method):
                continue
            meant = difflib.get_close_matches(name.removeprefix("on_"), moments, 1, cutoff=0.75)
            if meant or name.startswith("on_"):
                raise ArgumentError(
                    f"{cls.__name__}: nobody calls a callback's method {name}"
                    + (f"; did you mean {meant[0]}?" if meant else f"; there are {', '.join(moments)}")
                )

    def training_started(self, trainer: Trainer) -> None:
        """`fit` was called; `trainer.position` says where it goes on from."""

    def step_ended(self, trainer: Trainer) -> None:
        """The weights have been updated; their gradients are still there."""

    def epoch_ended(self, trainer: Trainer) -> None:
        """An epoch is done and validated; its record is `trainer.history[-1]`."""

    def training_ended(self, trainer: Trainer) -> None:
        """The last epoch is done, or `trainer.stop` was called; not after an interruption or an error."""

    def settled(self, trainer: Trainer, moment: Moment) -> None:
        """All callbacks have been told of `moment`."""

    def closed(self) -> None:
        """`fit` returns or raises, whatever the reason: let go of what was opened."""

    def state_dict(self) -> dict[str, Any]:
        """Arrays, numbers and text that the rest of the training depends on."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take that over."""
