"""Callbacks that leave files behind: checkpoints to go on from, and the history to read or plot."""

import csv
import io
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.atomic_write import remove_partial_files, write_atomically
from nn.file_lock import FileLock
from nn.training.callback import Callback, Moment
from nn.training.checkpoint import Checkpoint
from nn.training.position import EpochRecord
from nn.training.trainer import Trainer


class Checkpoints(Callback):
    """Replaces the file at `path` after each epoch, at an interruption and at the end, and in between on request.

    `every_steps` and `every_seconds` save within an epoch too; `every_epochs` leaves epochs out. `path` may hold
    `{epoch}`, which keeps one file for each epoch. `notes` are stored beside the state. Go on by

        Checkpoint.load(path).restore(trainer)

    While `fit` runs it holds a lock (`.<name>.lock` beside the file): a second training that is to write the same file
    is refused with `OutputError` before its first step, in this process and in any other.
    """

    only_first = True

    def __init__(
        self,
        path: str | Path,
        *,
        every_epochs: int = 1,
        every_steps: int | None = None,
        every_seconds: float | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        at_least("Checkpoints", "every_epochs", every_epochs, 1)
        if every_steps is not None:
            at_least("Checkpoints", "every_steps", every_steps, 1)
        if every_seconds is not None and not every_seconds >= 0:
            raise ArgumentError(f"Checkpoints: every_seconds must be at least 0, got {every_seconds!r}")
        self._path, self._notes = str(path), dict(notes or {})
        self._every_epochs, self._every_steps, self._every_seconds = every_epochs, every_steps, every_seconds
        self._saved_at = time.monotonic()
        place = Path(path)
        while "{epoch}" in str(place.parent):
            place = place.parent  # one lock for all epochs
        self._lock = FileLock(
            place.parent / f".{place.name}.lock",
            taken=f"another training writes {path} already",
            advice="give Checkpoints another path",
        )

    def training_started(self, trainer: Trainer) -> None:
        """Take the file; seconds count from here."""
        self._lock.acquire()
        self._saved_at = time.monotonic()

    def closed(self) -> None:
        self._lock.release()

    def settled(self, trainer: Trainer, moment: Moment) -> None:
        if moment is Moment.STEP:
            due = self._within_epoch(trainer.position.step)
        elif moment is Moment.EPOCH:
            due = trainer.position.epoch % self._every_epochs == 0
        else:
            due = True
        if due:
            path = Path(self._path.replace("{epoch}", str(trainer.position.epoch)))
            remove_partial_files(path)
            Checkpoint(state=trainer.state_dict(), notes=self._notes).save(path)
            self._saved_at = time.monotonic()

    def _within_epoch(self, step: int) -> bool:
        if self._every_steps is not None and step % self._every_steps == 0:
            return True
        return self._every_seconds is not None and time.monotonic() - self._saved_at >= self._every_seconds


class HistoryFile(Callback):
    """Replaces the file at `path` after each epoch: JSON, or a table where it ends in `.csv`.

    JSON holds `{"epochs": [record, ...]}` and whatever `notes` hold.
    """

    only_first = True

    def __init__(self, path: str | Path, notes: Mapping[str, Any] | None = None) -> None:
        self.path, self.notes = Path(path), dict(notes or {})

    def settled(self, trainer: Trainer, moment: Moment) -> None:
        """After an epoch, write all records so far."""
        if moment is Moment.EPOCH:
            self.write(trainer.history)

    def write(self, history: list[EpochRecord]) -> None:
        """Write these records."""
        if self.path.suffix == ".csv":
            text = _table(history)
        else:
            text = json.dumps({**self.notes, "epochs": [asdict(record) for record in history]}, indent=2) + "\n"
        write_atomically(self.path, text.encode())


def _table(history: list[EpochRecord]) -> str:
    rows = []
    for record in history:
        row: dict[str, Any] = {"epoch": record.epoch}
        row.update({f"train_{name}": value for name, value in record.train.items()})
        row.update({f"validation_{name}": value for name, value in (record.validation or {}).items()})
        rows.append(row | {"learning_rate": record.learning_rate, "seconds": record.seconds})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
