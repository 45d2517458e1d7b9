"""The training loop: mini-batches, validation after each epoch, and a position from which to go on to the bit.

It prints nothing, writes nothing and knows no optimiser by name: callbacks and what it is given do that.
"""

import contextlib
import inspect
import itertools
import math
import reprlib
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, AutogradError, did_you_mean
from nn.arguments import at_least
from nn.data.samplers import Sampler
from nn.errors import CheckpointError, DivergenceError
from nn.module import Module
from nn.parallel.data_parallel import DataParallel, Learning, Watching
from nn.training.callback import Callback, Moment
from nn.training.compiling import are_arrays, can_be_compiled, finite
from nn.training.evaluation import (
    EVALUATION_BATCH,
    Loss,
    batches_of,
    counted,
    evaluate,
    number_of_batches,
    outputs_and_loss,
)
from nn.training.metrics import Metric, named_metrics
from nn.training.position import EpochRecord, Position, Score, Totals
from nn.training.protocols import MetricSchedule, Optimizer, Stateful, WeightAverage
from nn.training.together import all_can, digest_of, learn_together, name_of, start_alike


class Trainer:
    """A model and how it is trained; `fit` trains it.

    - `loss(outputs, targets)` is the mean over a mini-batch's examples.
    - `schedule(step)` is the learning rate from the number of steps taken before; without it the optimiser keeps its
      own. One that has a method `step`, as `optim.schedules.ReduceOnPlateau` does, gets the validation loss (without
      validation data the training loss) after each epoch.
    - `metrics` are names in `nn.training.METRICS`, or functions by name (see `nn.training.metrics`).
    - `clip(parameters)` changes the gradients before each step, as `optim.clip_grad_norm` does once `max_norm` is set.
    - `accumulate` mini-batches make one step: their gradients add up to that of one mini-batch of all their examples.
    - `average` follows the weights; validation is then by the averaged ones, and so is `trainer.evaluate`.
    - `compile` says whether steps are compiled (`autograd_core.compile`): by default if model, loss and optimiser are
      this project's own, which do nothing in Python that a compiled step would leave out. The weights are the same up
      to rounding. What is compiled gets targets as tensors.
    - `parallel` shares each mini-batch among processes (`nn.parallel.DataParallel`). All of them make the same trainer
      and call the same; they go on from the state that the first one has, and `batch` is the last shard of their own.
    - `callbacks` are told how it goes, in their order.

    >>> import numpy as np
    >>> import nn, optim
    >>> ag.manual_seed(0)
    >>> x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    >>> net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    >>> trainer = Trainer(net, nn.functions.mse_loss, optim.Adam(net.parameters(), lr=0.01))
    >>> trainer.fit((x, x**2), epochs=100, batch_size=16)
    True
    >>> trainer.history[-1].train["loss"] < 0.01
    True
    """

    _made = False  # whether `__init__` is over

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Optimizer,
        *,
        schedule: Callable[[int], float] | None = None,
        metrics: Mapping[str, Metric] | Iterable[str] = (),
        clip: Callable[[list[Any]], Any] | None = None,
        accumulate: int = 1,
        average: WeightAverage | None = None,
        compile: bool | None = None,
        parallel: DataParallel | None = None,
        callbacks: Callback | Sequence[Callback] = (),
    ) -> None:
        at_least("Trainer", "accumulate", accumulate, 1)
        if not isinstance(model, Module):
            raise ArgumentError(f"Trainer: model is a Module, got {model!r}")
        if isinstance(optimizer, type) or not hasattr(optimizer, "param_groups"):
            raise ArgumentError(
                f"Trainer: optimizer is an optimiser such as optim.Adam(model.parameters()), got {optimizer!r}"
            )
        if clip is not None and not callable(clip):
            raise ArgumentError(
                f"Trainer: clip is a function of the parameters, got {clip!r}; give functools.partial("
                "optim.clip_grad_norm, max_norm=1.0), say"
            )
        if compile not in (None, True, False):
            raise ArgumentError(f"Trainer: compile is True, False or None, got {compile!r}")
        if parallel is not None and not hasattr(parallel, "shards"):
            raise ArgumentError(f"Trainer: parallel is a DataParallel(), got {parallel!r}")
        if isinstance(loss, type):
            raise ArgumentError(f"Trainer: loss is a function, got a class; make one: {loss.__name__}()")
        if not callable(loss):
            raise ArgumentError(f"Trainer: loss is a function of outputs and targets, got {loss!r}; see nn.functions")
        self.callbacks = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
        for callback in self.callbacks:
            if isinstance(callback, type):
                raise ArgumentError(f"Trainer: callbacks are objects, got a class; make one: {callback.__name__}(...)")
            if not isinstance(callback, Callback):
                raise ArgumentError(f"Trainer: callbacks are objects such as Progress(), got {callback!r}")
        if schedule is not None and not callable(schedule):
            raise ArgumentError(
                f"Trainer: schedule is a function from steps to rates, got {schedule!r}; give optim.schedules'"
            )
        self.model, self.loss, self.optimizer, self.schedule = model, loss, optimizer, schedule
        self.metrics = named_metrics(metrics)
        self.clip, self.accumulate, self.average = clip, accumulate, average
        self.compile, self.parallel = compile, parallel
        self._learning = Learning([], [])
        self._compiles = False  # whether steps of this epoch are compiled
        self._compiled = ag.compile(self._learn)
        self._compiled_gradients = ag.compile(self._gradients_alone)
        self.position = Position()
        self._epochs = 0  # of the current call of fit, as are these:
        self.batches_per_epoch: int | None = None
        self.batch: tuple[Any, ...] = ()  # the last mini-batch, for callbacks that look into the model
        self._resumed = False  # whether the position was taken over since the last call of fit
        self._made = True

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse what looks like a setting and would change nothing; a subclass may have more than these."""
        if self._made and name not in vars(self) and type(self) is Trainer:
            raise ArgumentError(f"Trainer: {_not_to_be_set(name, value, vars(self))}")
        super().__setattr__(name, value)

    @property
    def epochs(self) -> int:
        """The number of epochs, in all, that the current call of fit goes on to."""
        return self._epochs

    @property
    def history(self) -> list[EpochRecord]:
        """A record of each epoch so far."""
        return self.position.history

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and prints, of those that share the training."""
        return self.parallel is None or self.parallel.is_first

    def stop(self, reason: str) -> None:
        """End the training after the step, or the epoch with its validation, that callbacks are being told of.

        It stays ended when it is resumed; an empty reason lets it go on.
        """
        self.position.stopped = reason

    def fit(
        self,
        train: Any,
        validation: Any = None,
        *,
        epochs: int,
        batch_size: int | None = None,
        seed: int = 0,
        augment: Callable[..., Any] | None = None,
        sampler: Sampler | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Train from the current position until `epochs` are done in all; whether that, or a `stop`, was reached.

        A second call with the same `epochs` has nothing to do, and warns so: what was trained before counts.

        `train` is a tuple of arrays (inputs..., targets) or a data set, in mini-batches of `batch_size`. Their order is
        a function of (`seed`, epoch), and `augment` (see `nn.data.augmentation`) gets a generator that is a function of
        (`seed`, epoch, mini-batch); so a training that goes on from a position sees what it would have seen. With a
        `sampler`, such as `nn.data.WeightedSampler`, an epoch has its examples in place of each once. Without
        `batch_size`, `train` yields mini-batches itself: an iterable of such tuples, the same for every epoch, or a
        function (epoch, start) that returns the mini-batches of that epoch from number `start` on.
        `validation` is of the same kind as `train`, or a tuple of arrays.

        Parts of the model that are in evaluation mode, frozen ones say, stay so, unless all of it is.

        Stops early, between two steps, once `interrupted()`. Raises `DivergenceError` when a loss is no longer a finite
        number, before the weights change; go back to a checkpoint then.
        """
        at_least("fit", "epochs", epochs, 1)
        if batch_size is None and (isinstance(train, tuple) or hasattr(train, "batch")):
            raise ArgumentError("fit: arrays and data sets have to be cut into mini-batches; give batch_size")
        for name, given in (("augment", augment), ("sampler", sampler)):
            if batch_size is None and given is not None:
                raise ArgumentError(f"fit: {name} needs batch_size; mini-batches of your own come as you made them")
        chosen = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        if not any(p.requires_grad and id(p) in chosen for p in self.model.parameters()):
            raise ArgumentError(
                "fit: nothing would be learned, since the optimiser has none of the model's parameters that require a "
                "gradient; make it of model.parameters() when the model is complete, and unfreeze what is to be learned"
            )
        averaged = {id(p) for p in getattr(self.average, "parameters", ())}
        if averaged and averaged.isdisjoint(id(p) for p in self.model.parameters()):
            raise ArgumentError(
                "fit: average follows none of the model's parameters, but others, so that validation would be by "
                "weights that were never averaged; make it of model.parameters()"
            )
        self._epochs, self.batches_per_epoch = epochs, number_of_batches(train, batch_size, sampler)
        if self.parallel is not None:
            if batch_size is not None and batch_size < 2 * self.parallel.shards:
                raise ArgumentError(
                    f"fit: {self.parallel.shards} shards of at least 2 examples make no mini-batches of {batch_size};"
                    f" give batch_size={2 * self.parallel.shards} or more, or fewer shards (DataParallel(shards=...),"
                    " --shards)"
                )
            settings: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
            settings |= {"accumulate": self.accumulate}
            settings |= {"mini-batches": self.batches_per_epoch, "shards": self.parallel.shards}
            settings |= {"data": digest_of(train)}
            for part in ("loss", "schedule", "clip", "average"):
                settings[part] = name_of(getattr(self, part))
            start_alike(self, self.parallel, settings | {"metrics": list(self.metrics)})
        own_batches = batch_size is None and not isinstance(validation, tuple)
        try:
            for callback in self._own_callbacks:
                callback.training_started(self)
            resumed, self._resumed = self._resumed, False
            if self._over() and self.position.ended:
                if not resumed and self.is_first:
                    warnings.warn(f"fit: nothing was trained: {self._why_over()}", stacklevel=2)
                return True
            self.position.ended = False
            if not self.model.training:
                self.model.train()
            while not self._over():
                batches = batches_of(
                    train,
                    batch_size,
                    epoch=self.position.epoch,
                    start=self.position.batch,
                    seed=seed,
                    augment=augment,
                    sampler=sampler,
                    parallel=self.parallel,
                )
                if not self._finish_epoch(batches, interrupted):
                    self._settled(Moment.INTERRUPTION)
                    return False
                if not self.position.stopped:
                    self._close_epoch(None if validation is None else self._validate(validation, own_batches))
            for callback in self._own_callbacks:
                callback.training_ended(self)
            self.position.ended = True
            self._settled(Moment.END)
            return True
        finally:
            for callback in self._own_callbacks:
                callback.closed()

    def evaluate(self, data: Any, *, batch_size: int | None = EVALUATION_BATCH) -> Score:
        """The mean loss and metrics on `data` (see `nn.training.evaluate`), by averaged weights if there are any."""
        with self.average.applied() if self.average is not None else contextlib.nullcontext():
            return evaluate(self.model, self.loss, data, self.metrics, batch_size=batch_size, parallel=self.parallel)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on: arrays, numbers and text in nested dictionaries.

        Between two steps, that is: in callbacks, or when `fit` has returned.
        """
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": {name: part for name, callback in self._named_callbacks() if (part := callback.state_dict())},
            "position": self.position.to_json(),
            "random_state": ag.get_random_state(),
        }
        if self.average is not None:
            state["average"] = self.average.state_dict()
        if isinstance(self.schedule, Stateful):
            state["schedule"] = self.schedule.state_dict()
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from there: `fit` with the same data and settings then ends at the same weights, to the bit.

        Raises `CheckpointError` if the state does not fit; some parts may be taken over then.
        """
        parts: dict[str, Any] = {"model": self.model, "optimizer": self.optimizer}
        if self.average is not None:
            parts["average"] = self.average
        if isinstance(self.schedule, Stateful):
            parts["schedule"] = self.schedule
        others = {"callbacks", "position", "random_state"}
        if not isinstance(state_dict, Mapping) or not others <= state_dict.keys():
            raise CheckpointError(
                f"the state of a training is a dictionary with {', '.join(sorted(others))}, model and optimizer, got"
                f" {reprlib.repr(state_dict)}"
            )
        expected, found = parts.keys(), state_dict.keys() - others
        if expected != found:
            raise CheckpointError(
                f"the state is of a training with {', '.join(sorted(found))}; here are {', '.join(sorted(expected))}"
            )
        callbacks, saved = dict(self._named_callbacks()), state_dict["callbacks"]
        if not isinstance(saved, Mapping):
            raise CheckpointError(f"callbacks of the state must be a dictionary, got {reprlib.repr(saved)}")
        unknown = saved.keys() - callbacks.keys()
        if unknown:
            raise CheckpointError(
                f"the state is of a training with the callback {min(unknown)}, which is not here; add it to go on"
            )
        for name, part in parts.items():
            _take_over(name, part.load_state_dict, state_dict[name])
        for name, part in saved.items():
            _take_over(f"callbacks.{name}", callbacks[name].load_state_dict, part)
        self.position = _take_over("position", Position.from_json, state_dict["position"])
        self._resumed = True
        _take_over("random_state", ag.set_random_state, state_dict["random_state"])

    def _named_callbacks(self) -> Iterator[tuple[str, Callback]]:
        """Each callback by its class; of several of one class, the second is called `Class2`."""
        seen: dict[str, int] = {}
        for callback in self.callbacks:
            name = type(callback).__name__
            seen[name] = seen.get(name, 0) + 1
            yield name if seen[name] == 1 else f"{name}{seen[name]}", callback

    @property
    def _own_callbacks(self) -> list[Callback]:
        """Those that this process calls."""
        return [callback for callback in self.callbacks if self.is_first or not callback.only_first]

    def _over(self) -> bool:
        return self.position.epoch >= self.epochs or bool(self.position.stopped)

    def _why_over(self) -> str:
        done = self.position.epoch
        if self.position.stopped:
            return f'the training was stopped after {done} epochs ({self.position.stopped}); stop("") lets it go on'
        return (
            f"{done} epochs are done, and epochs={self.epochs} counts them; give epochs={done + self.epochs} to train "
            f"{self.epochs} more, or make a new model, optimiser and Trainer to begin anew"
        )

    def _finish_epoch(self, batches: Iterator[tuple[Any, ...]], interrupted: Callable[[], bool]) -> bool:
        """The rest of the epoch; False if interrupted in it."""
        position = self.position
        used = [self.loss, *([] if self.clip is None else [self.clip])]
        compiles = can_be_compiled(self.model, self.optimizer, used) if self.compile is None else self.compile
        self._compiles = compiles if self.parallel is None else all_can(self.parallel, compiles)
        if self.parallel is not None:
            self._learning = Learning.of(self.model)  # layers may be replaced between epochs, and frozen at any time
        before, started = position.seconds, time.perf_counter()
        while group := list(itertools.islice(batches, self.accumulate)):
            if self._agreed("interrupted" * bool(interrupted())):
                return False
            self._step(group)
            position.seconds = before + time.perf_counter() - started
            for callback in self._own_callbacks:
                callback.step_ended(self)
            self._settled(Moment.STEP)
            position.stopped = self._agreed(position.stopped)
            if position.stopped:
                break
        return True

    def _agreed(self, word: str) -> str:
        """The word, or that of the first process that says one."""
        return word if self.parallel is None else self.parallel.first_to_say(word)

    def _step(self, group: list[Any]) -> None:
        position = self.position
        if self.schedule is not None:
            self.optimizer.set_lr(self.schedule(position.step))
        try:
            if self.parallel is None:
                self._learn_alone(group)
            else:
                learn_together(self, self.parallel, self._learning, group, self._gradients_of_shards)
                self._update()
        except DivergenceError as error:
            numbers = range(position.batch + 1, position.batch + 1 + len(group))
            place = f"mini-batch {numbers[0]}" if len(group) == 1 else f"mini-batches {numbers[0]} to {numbers[-1]}"
            raise _diverged(error, f"in epoch {position.epoch + 1}, {place}") from None
        position.batch += len(group)
        if self.average is not None:
            self.average.update()
        position.step += 1

    def _learn_alone(self, group: list[tuple[Any, ...]]) -> None:
        """One step by these mini-batches, counted."""
        results = (self._compiled if self._compiles and are_arrays(group) else self._learn)(group)
        for batch, (outputs, loss) in zip(group, results, strict=True):
            found = counted(batch, outputs, loss.item(), self.metrics)
            self.position.totals.add_row(["loss", *self.metrics], [x for pair in found for x in pair])
            self.position.examples += len(batch[0])
        self.batch = group[-1]

    def _gradients_of_shards(self, batches: list[Any], shares: list[float], watching: Watching | None) -> Any:
        if self._compiles and are_arrays(batches):
            return self._compiled_gradients(batches, shares)
        return self._gradients(batches, shares, watching)

    def _gradients_alone(self, batches: list[Any], shares: list[float]) -> list[tuple[Any, Any]]:
        """What is compiled of a step whose update is made outside of it."""
        if ag.depends_on(self, "optimizer"):
            for parameter in self.model.parameters():
                parameter.assign(parameter)  # or the program would take them for constants
        return self._gradients(batches, shares)

    def _learn(self, group: list[tuple[Any, ...]]) -> list[tuple[Any, Any]]:
        """One step by these mini-batches: the outputs and the loss of each."""
        ag.depends_on(self, "clip")
        examples = sum(len(batch[0]) for batch in group)
        results = self._gradients(group, [len(batch[0]) / examples for batch in group])
        self._update()
        return results

    def _gradients(
        self, batches: list[tuple[Any, ...]], shares: list[float], watching: Watching | None = None
    ) -> list[tuple[Any, Any]]:
        """The gradients of these mini-batches' losses times their shares: the outputs and the loss of each."""
        for name in ("model", "loss", "optimizer"):
            ag.depends_on(self, name)
        self.optimizer.zero_grad()
        results = []
        for number, (batch, share) in enumerate(zip(batches, shares, strict=True)):
            outputs, loss = outputs_and_loss(self.model, self.loss, batch)
            loss = finite(loss)  # or the weights stay as they are
            is_last = number == len(batches) - 1
            with watching if is_last and watching is not None else contextlib.nullcontext():
                (loss if share == 1 else loss * share).backward()
            results.append((outputs, loss))
        return results

    def _update(self) -> None:
        if self.clip is not None:
            self.clip(self.model.parameters())
        self.optimizer.step()

    def _validate(self, validation: Any, own_batches: bool) -> Score:
        score = self.evaluate(validation, batch_size=None if own_batches else EVALUATION_BATCH)
        if not math.isfinite(score["loss"]):
            raise _diverged(
                f"the loss is {score['loss']}", f"on the validation examples after epoch {self.position.epoch + 1}"
            )
        return score

    def _close_epoch(self, validation: Score | None) -> None:
        position = self.position
        if position.batch == 0:
            raise ArgumentError(
                "fit: an epoch without a mini-batch; there are no examples, or a generator has given its mini-batches"
                " already: give a list, or a function (epoch, start) that makes a new one"
            )
        position.epoch += 1
        position.history.append(
            EpochRecord(
                epoch=position.epoch,
                train=position.totals.means(),
                validation=validation,
                learning_rate=self.optimizer.param_groups[0]["lr"],
                examples=position.examples,
                seconds=position.seconds,
            )
        )
        if self.schedule is not None and isinstance(self.schedule, MetricSchedule):  # which takes Python long to say
            self.schedule.step(position.history[-1].judged["loss"])
        position.batch, position.examples, position.seconds, position.totals = 0, 0, 0.0, Totals()
        for callback in self._own_callbacks:
            callback.epoch_ended(self)
        position.stopped = self._agreed(position.stopped)
        self._settled(Moment.EPOCH)

    def _settled(self, moment: Moment) -> None:
        for callback in self._own_callbacks:
            callback.settled(self, moment)


def _not_to_be_set(name: str, value: Any, known: Iterable[str]) -> str:
    """Why an attribute of a trainer cannot be set that it does not keep."""
    of_fit = [p.name for p in inspect.signature(Trainer.fit).parameters.values() if p.kind is p.KEYWORD_ONLY]
    meant = did_you_mean(name, [*of_fit, *known])
    for own in of_fit:
        if own == name or repr(own) in meant:
            return f"{own} is an argument of fit; write trainer.fit(..., {own}={value!r})"
    if hasattr(Trainer, name):
        return f"{name} can be read, not set"
    return f"it has no attribute {name!r}, so that setting it would change nothing{meant}"


def _take_over(name: str, take: Callable[[Any], Any], state: Any) -> Any:
    """take(state), whose errors, of whatever kind, are the state's fault and name the part."""
    try:
        return take(state)
    except (AutogradError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        said = str(error) if isinstance(error, AutogradError) else f"{type(error).__name__}: {error}"
        raise CheckpointError(f"the state does not fit the training: {name}: {said}") from error


def _diverged(what: object, where: str) -> DivergenceError:
    return DivergenceError(
        f"training diverged: {what} {where}; a smaller learning rate may help, unless the data has a nan"
    )
