"""One training in one directory: its checkpoint, its history and its learning curve are kept there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import autograd_core as ag
from nn.atomic_write import write_atomically
from nn.training.checkpoint import Checkpoint
from nn.training.learning_curve import learning_curve_png
from nn.training.report import TerminalReport, describe
from nn.training.settings import Settings
from nn.training.trainer import Position, Score, Trainer

CHECKPOINT, HISTORY, LEARNING_CURVE = "checkpoint.safetensors", "history.json", "learning_curve.png"


class Session:
    """A trainer with the directory it writes to. An observer of the training: it saves before it shows.

    Give `saved` to go on with it; the trainer's model and optimiser take over its state then.
    """

    def __init__(self, directory: Path, settings: Settings, trainer: Trainer, saved: Checkpoint | None = None) -> None:
        self.directory, self.settings, self.trainer = directory, settings, trainer
        self.position = Position()
        if saved is not None:
            saved.restore(trainer.model, trainer.optimizer)
            self.position = saved.position

    def run(self, interrupted: Callable[[], bool]) -> bool:
        """Train to the end, or until `interrupted()`; whether the end was reached. All is saved either way."""
        with TerminalReport(self.trainer, self.position) as self._report:
            reached = self.trainer.run(self.position, self, interrupted)
        if not reached:
            self.save()
        return reached

    def batch_ended(self, position: Position, examples: int, seen: int) -> None:
        """Show it."""
        self._report.batch_ended(position, examples, seen)

    def epoch_ended(self, position: Position) -> None:
        """Save, then show it."""
        self.save()
        self.write_history(test=None)
        self._report.epoch_ended(position)

    def save(self) -> None:
        """Replace the checkpoint."""
        checkpoint = Checkpoint(
            settings=self.settings,
            position=self.position,
            random_state=ag.get_random_state(),
            model=self.trainer.model.state_dict(),
            optimizer=self.trainer.optimizer.state_dict(),
        )
        checkpoint.save(self.directory / CHECKPOINT)

    def write_history(self, test: Score | None) -> None:
        """Replace the history: the settings, a record for each epoch, and at the end how well the test went."""
        content = {
            "settings": asdict(self.settings),
            "epochs": [
                {**asdict(record), "train": record.train._asdict(), "validation": record.validation._asdict()}
                for record in self.position.history
            ],
            "test": test and test._asdict(),
        }
        write_atomically(self.directory / HISTORY, (json.dumps(content, indent=2) + "\n").encode())

    def draw_learning_curve(self, test: Score) -> None:
        """Replace the picture. Raises ModuleNotFoundError if matplotlib is not installed."""
        title = f"{self.settings.model}: test {describe(test)}"
        write_atomically(self.directory / LEARNING_CURVE, learning_curve_png(self.position.history, title))
