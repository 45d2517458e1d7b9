"""Monitor: how the model does on any further data after each epoch, as Nielsen's network2 reports it (deck C)."""

from collections.abc import Callable, Mapping
from typing import Any

from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.training.callback import Callback
from nn.training.evaluation import EVALUATION_BATCH
from nn.training.position import Score, score_of
from nn.training.progress import describe
from nn.training.trainer import Trainer


class Monitor(Callback):
    """Evaluates on `data` every so many epochs, keeps the `scores` by epoch, and reports a line.

    That is how to see the training data once the weights stand still, and overfitting with it: `record.train` is a mean
    over an epoch in which they changed. `data` and `batch_size` are those of `nn.training.evaluate`; `report=None`
    keeps quiet.
    """

    def __init__(
        self,
        name: str,
        data: Any,
        *,
        every_epochs: int = 1,
        batch_size: int | None = EVALUATION_BATCH,
        report: Callable[[str], Any] | None = print,
    ) -> None:
        self._name, self._data, self._batch_size = name, data, batch_size
        self._every = at_least("Monitor", "every_epochs", every_epochs, 1)
        self._report = report
        self.scores: dict[int, Score] = {}

    def epoch_ended(self, trainer: Trainer) -> None:
        epoch = trainer.position.epoch
        if epoch % self._every == 0:
            self.scores[epoch] = trainer.evaluate(self._data, batch_size=self._batch_size)
            if self._report is not None and trainer.is_first:
                self._report(f"epoch {epoch}: {self._name} {describe(self.scores[epoch])}")

    def state_dict(self) -> dict[str, Any]:
        """The scores so far."""
        return {"scores": self.scores}

    def load_state_dict(self, state_dict: Any) -> None:
        """Take them over. Errors: ArgumentError for what `state_dict` never gives."""
        scores = state_dict["scores"]
        if not (isinstance(scores, Mapping) and all(str(epoch).isdecimal() for epoch in scores)):
            raise ArgumentError(f"Monitor: scores must be a dictionary by epoch, got {scores!r}")
        self.scores = {int(epoch): score_of(f"scores.{epoch}", score) for epoch, score in scores.items()}
