"""Weights and gradients recorded while a Trainer trains, for `nn.plots.over_time`."""

from nn.arguments import at_least
from nn.plots.distributions import Recorder
from nn.training.callback import Callback
from nn.training.trainer import Trainer


class RecordDistributions(Callback):
    """Has `recorder` look at the weights and gradients every so many steps, from the first on.

    What was recorded is not part of a checkpoint: a training that is resumed in another process records from there on.
    """

    def __init__(self, recorder: Recorder, *, every_steps: int = 10) -> None:
        self._recorder = recorder
        self._every = at_least("RecordDistributions", "every_steps", every_steps, 1)

    def step_ended(self, trainer: Trainer) -> None:
        """Record, if it is time to."""
        if (trainer.position.step - 1) % self._every == 0:
            self._recorder.record(trainer.position.step)
