"""What a person sees of a training: one live bar where the output is a terminal, and a line for each epoch."""

import sys
from typing import Any

from nn.training.callback import Callback, Moment
from nn.training.position import EpochRecord, Score
from nn.training.trainer import Trainer

_BAR = "{desc} |{bar}| {percentage:3.0f} %, {remaining} left{postfix}"
_BAR_OF_UNKNOWN_LENGTH = "{desc}: {n_fmt} mini-batches, {elapsed}{postfix}"


class Progress(Callback):
    """A bar that runs over all epochs, so that the time left is that of the whole training, and a line an epoch.

    The bar goes to stderr, and is hidden if that is no terminal; the lines go to stdout. `unit` is what examples are
    called.
    """

    only_first = True

    def __init__(self, unit: str = "examples") -> None:
        self._unit = unit
        self._bar: Any = None

    def training_started(self, trainer: Trainer) -> None:
        from tqdm import tqdm

        per_epoch = trainer.batches_per_epoch
        done = trainer.position.batch + trainer.position.epoch * (per_epoch or 0)
        self._bar = tqdm(
            total=per_epoch and per_epoch * trainer.epochs,
            initial=done,
            desc=_epoch_name(trainer),
            bar_format=_BAR if per_epoch else _BAR_OF_UNKNOWN_LENGTH,
            dynamic_ncols=True,
            leave=False,
            disable=None,
        )
        self._done = done

    def step_ended(self, trainer: Trainer) -> None:
        """Move the bar; loss and metrics are the means over the epoch so far."""
        if self._bar.disable:
            return
        position = trainer.position
        done = position.batch + position.epoch * (trainer.batches_per_epoch or 0)
        speed = position.examples / max(position.seconds, 1e-9)
        self._bar.set_postfix_str(f"{speed:,.0f} {self._unit}/s, {_brief(position.totals.means())}", refresh=False)
        self._bar.update(done - self._done)
        self._done = done

    def settled(self, trainer: Trainer, moment: Moment) -> None:
        """After an epoch, print a line above the bar."""
        if moment is not Moment.EPOCH:
            return
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stdout):
            print(self._line(trainer.history[-1], trainer.epochs), flush=True)
        self._bar.set_description_str(_epoch_name(trainer), refresh=False)

    def closed(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, record: EpochRecord, epochs: int) -> str:
        speed = record.examples / max(record.seconds, 1e-9)
        validation = ""
        if record.validation is not None:
            validation = f"; validation {_brief(record.validation).removeprefix('loss ')}"
        return f"epoch {record.epoch}/{epochs}: {_brief(record.train)}{validation}; {speed:,.0f} {self._unit}/s"


def describe(score: Score) -> str:
    """A score as people read it: `loss 0.0266, accuracy 99.07 %`."""
    return ", ".join(f"{name} {_number(name, value)}" for name, value in score.items())


def _brief(score: Score) -> str:
    """Shares without their names, so that a line fits into a terminal of 80 columns."""
    return ", ".join(
        _number(name, value) if name == "accuracy" else f"{name} {_number(name, value)}"
        for name, value in score.items()
    )


def _number(name: str, value: float) -> str:
    return f"{100 * value:.2f} %" if name.endswith("accuracy") else f"{value:.4f}"


def _epoch_name(trainer: Trainer) -> str:
    return f"epoch {min(trainer.position.epoch + 1, trainer.epochs)}/{trainer.epochs}"
