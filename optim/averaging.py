"""Averages of the weights over a training, which often do better than the last ones, and are less a matter of luck."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, Tensor, refuse_to_compile, update_rule
from optim.arguments import check_leaves, check_parts, listed, loaded_array, loaded_dictionary, loaded_number
from optim.kinds import BELOW_1, require


@update_rule
def _approach(p, /, average, *, share):
    return average + share * (p - average)


class WeightAverage:
    """Base of the averages: call `update` after each step; while `applied` is entered the parameters are the average.

    The first update takes the parameters as they are; a subclass says what `_share` of each later one goes in. Buffers,
    such as the moments of a batch normalisation, are not averaged unless they are among the `parameters`.
    """

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self._parameters = listed(type(self).__name__, parameters)
        check_leaves(type(self).__name__, self._parameters)
        if not self._parameters:
            raise ArgumentError(f"{type(self).__name__}: no parameters to average; pass model.parameters()")
        self.updates = 0
        self._averages: list[Tensor] = []

    @property
    def parameters(self) -> list[Tensor]:
        """The tensors whose average this is."""
        return list(self._parameters)

    def _share(self) -> float:
        """What part of the average the newest parameters become, `self.updates` times after the first."""
        raise NotImplementedError

    def update(self) -> None:
        """Take the parameters as they are now into the average. It counts its calls: call it after a compiled step."""
        refuse_to_compile("updating an average of the weights", "call update() after the compiled step")
        if not self.updates:
            self._averages = [ag.tensor(parameter.numpy()) for parameter in self._parameters]
        else:
            share = self._share()
            for parameter, average in zip(self._parameters, self._averages, strict=True):
                _approach(parameter, average, share=share)
        self.updates += 1

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """While entered, the parameters hold the average; afterwards what they held before, even after an error.

        Before the first update they stay as they are. A training step in between would be lost.
        """
        held = [parameter.numpy() for parameter in self._parameters]
        self.copy_to_parameters()
        try:
            yield
        finally:
            for parameter, array in zip(self._parameters, held, strict=True):
                parameter.assign(array)

    def copy_to_parameters(self) -> None:
        """Give the parameters the average for good."""
        if self.updates:
            for parameter, average in zip(self._parameters, self._averages, strict=True):
                parameter.assign(average)

    def state_dict(self) -> dict[str, Any]:
        """The number of updates, and the averages by the parameters' places."""
        return {
            "updates": self.updates,
            "averages": {index: Tensor(average).numpy() for index, average in enumerate(self._averages)},
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave for the same parameters; refused as a whole if it does not fit."""
        check_parts(type(self).__name__, state_dict, ("updates", "averages"))
        name = type(self).__name__
        updates = loaded_number(name, "updates", state_dict["updates"], 0)
        averages = loaded_dictionary(name, "averages", state_dict["averages"])
        expected = [str(index) for index in range(len(self._parameters) if updates else 0)]
        averages = {str(index): array for index, array in averages.items()}  # JSON makes text of numbers
        if averages.keys() != set(expected):
            raise ArgumentError(
                f"{name}: after {updates} updates there are {len(expected)} averages, got {sorted(averages)}"
            )
        loaded = [
            loaded_array(name, f"averages.{index}", averages[index], parameter)
            for index, parameter in zip(expected, self._parameters, strict=False)
        ]
        self.updates = updates
        self._averages = loaded


class ExponentialMovingAverage(WeightAverage):
    """a ← `decay`·a + (1 - `decay`)·p after each step: the mean of about the last 1/(1 - decay) of them (Polyak).

    >>> from autograd_core import tensor
    >>> p = tensor([0.0], requires_grad=True)
    >>> average = ExponentialMovingAverage([p], decay=0.9)
    >>> average.update()
    >>> p.assign([1.0])
    >>> average.update()
    >>> with average.applied():
    ...     print(p)
    Tensor([0.1], requires_grad=True)
    >>> p
    Tensor([1.], requires_grad=True)
    """

    def __init__(self, parameters: Iterable[Tensor], decay: float = 0.999) -> None:
        require("ExponentialMovingAverage", BELOW_1, decay=decay)
        super().__init__(parameters)
        self.decay = decay

    def _share(self) -> float:
        return 1.0 - self.decay


class EqualAverage(WeightAverage):
    """The plain mean of the parameters at all updates: stochastic weight averaging (Izmailov et al. 2018).

    Update it once an epoch, say, from when the training has come near a minimum.
    """

    def _share(self) -> float:
        return 1.0 / (self.updates + 1)
