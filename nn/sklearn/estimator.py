"""What the classifier and the regressor share: settings, training, going on with it, and computing outputs."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

import autograd_core as ag
from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.module import Module
from nn.sklearn.losses import Loss, mean_loss, with_weights
from nn.sklearn.parts import network_of, optimizer_of
from nn.training import Callback, EarlyStopping, EpochRecord, Trainer
from nn.training.evaluation import EVALUATION_BATCH

Array = NDArray[Any]


class NeuralEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the estimators: a network, trained by `nn.training.Trainer`.

    Settings that scikit-learn's `MLPClassifier` has mean the same here, but for what is said of them:

    - `hidden_layer_sizes`, `activation`: an MLP of these layers. `activation` is "relu", "tanh", "logistic",
      "identity", or what makes a layer, such as `nn.GELU`.
    - `module` takes the place of the MLP: a network, of which a copy is trained from the weights that it has; or a
      function (features, outputs) that makes one. It gets inputs (n, ...) of as many axes as X has.
    - `loss(outputs, targets, reduction=)`: a function of `nn.functions`.
    - `optimizer`: "adam", "sgd" (with Nesterov's momentum of 0.9), or what makes one of parameters and lr:
      `optim.AdamW`, `functools.partial(optim.RMSprop, alpha=0.9)`.
    - `alpha`: strength of the weight decay, L2/2 shared by the examples of a mini-batch: `weight_decay=alpha /
      batch_size` of the optimiser. Biases do not decay.
    - `learning_rate_init`: the rate; `schedule(step)` of `optim.schedules`, if there is one, says it instead.
    - `batch_size`: "auto" is 200, or all examples if they are fewer.
    - `max_iter`: epochs at most. The training ends before when the loss has not become better by more than `tol` for
      `n_iter_no_change` epochs (None: it does not): on the examples trained with, or with `early_stopping` on a
      share `validation_fraction` of the examples that is held back; the weights are those of the best epoch then.
    - `callbacks`: as `Trainer` takes them. Every call of `fit` has copies of its own, which are `callbacks_` later.
    - `random_state`: first weights, order, dropout and what is held back follow from it.
    - `warm_start`: `fit` goes on from the weights there are.

    It computes in float64 or float32, whichever X has, as scikit-learn does; float32 is about twice as fast.

    `partial_fit` takes one pass over its examples, and goes on with the optimiser as it is.

    Fitted: `module_`, the network, in evaluation mode; `history_`, an `EpochRecord` for each epoch of the last `fit`
    and of `partial_fit` since then, with `loss_curve_`, `loss_` and `n_iter_` read from it; `n_features_in_`,
    `n_outputs_`.
    """

    module_: Module
    n_outputs_: int
    history_: list[EpochRecord]
    callbacks_: list[Callback]
    _modes: list[bool]  # of the network's parts, as they are in training
    _before: _Before
    _dtype: np.dtype[Any]

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int],
        activation: str | Callable[[], Module],
        *,
        module: Module | Callable[[int, int], Module] | None,
        loss: Loss,
        optimizer: str | Callable[..., Any],
        alpha: float,
        batch_size: int | str,
        learning_rate_init: float,
        schedule: Callable[[int], float] | None,
        max_iter: int,
        tol: float,
        n_iter_no_change: int | None,
        early_stopping: bool,
        validation_fraction: float,
        callbacks: Callback | Sequence[Callback],
        warm_start: bool,
        random_state: Any,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.module = module
        self.loss = loss
        self.optimizer = optimizer
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.schedule = schedule
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state

    def _goes_on(self, partial: bool) -> bool:
        """Whether this call goes on from the weights there are."""
        return (partial or self.warm_start) and hasattr(self, "module_")

    def _inputs(self, x: Any, y: Any = "no_validation", *, goes_on: bool = True, **settings: Any) -> Any:
        """X, or X and y, as arrays that can be computed with, checked as scikit-learn does."""
        dtype = [self._dtype] if goes_on else [np.float64, np.float32]
        return validate_data(
            self, x, y, reset=not goes_on, dtype=dtype, order="C", allow_nd=self.module is not None, **settings
        )

    def _train(
        self,
        x: Array,
        targets: Array,
        outputs: int,
        weights: Array | None,
        *,
        partial: bool,
        strata: Array | None = None,
    ) -> None:
        """Train on inputs (n, ...) and targets (n,) or (n, outputs), in one epoch if it is `partial`."""
        goes_on = self._goes_on(partial)
        before = self._before if goes_on and partial else None
        random = check_random_state(self.random_state) if before is None else before.random
        seed = int(random.randint(np.iinfo(np.int32).max))
        callbacks = self._callbacks(partial)
        data = (x, targets if weights is None else with_weights(targets, weights))
        held_back = None
        if self.early_stopping and not partial:
            x, held_x, y, held_y = train_test_split(
                *data, test_size=self.validation_fraction, random_state=seed, stratify=strata
            )
            data, held_back = (x, y), (held_x, held_y)
        batch_size = self._batch_size(len(x))
        one_batch = len(x) <= batch_size
        with ag.seeded(seed):
            network = self.module_ if goes_on else self._new_network(x, outputs)
            modes = self._modes if goes_on else [part.training for part in network.modules()]
            if before is None:
                share = batch_size if weights is None else batch_size * float(weights.mean())
                before = _Before(random, self._new_optimizer(network, share), copy.deepcopy(self.schedule))
            trainer = Trainer(
                network,
                mean_loss(self.loss, outputs),
                before.optimizer,
                schedule=before.schedule,
                callbacks=callbacks,
            )
            trainer.position.step = before.steps
            with _modes_of_training(network, modes):
                trainer.fit(
                    [(ag.tensor(x), data[1])] if one_batch else data,  # in which case there is no order to draw
                    held_back,
                    epochs=1 if partial else self.max_iter,
                    batch_size=None if one_batch else batch_size,
                    seed=seed,
                )
        before.steps = trainer.position.step
        before.history += trainer.history
        self.module_, self.n_outputs_, self.history_, self.callbacks_ = network, outputs, before.history, callbacks
        self._before, self._modes, self._dtype = before, modes, x.dtype

    def _new_network(self, x: Array, outputs: int) -> Module:
        network = network_of(self.module, self.hidden_layer_sizes, self.activation, x.shape[1], outputs)
        return network.astype(x.dtype)

    def _batch_size(self, examples: int) -> int:
        if self.batch_size == "auto":
            return min(200, examples)
        return min(at_least(type(self).__name__, "batch_size", self.batch_size, 1), examples)  # type: ignore[arg-type]

    def _callbacks(self, partial: bool) -> list[Callback]:
        given = [self.callbacks] if isinstance(self.callbacks, Callback) else list(self.callbacks)
        callbacks: list[Callback] = copy.deepcopy(given)
        if self.n_iter_no_change is not None and not partial:
            callbacks.append(
                EarlyStopping(patience=self.n_iter_no_change, min_delta=self.tol, restore_best=self.early_stopping)
            )
        return callbacks

    def _new_optimizer(self, network: Module, share: float) -> Any:
        """One whose weight decay is divided by what the examples of a mini-batch weigh, as their losses are."""
        if not self.alpha >= 0:
            raise ArgumentError(f"{type(self).__name__}: alpha must be at least 0, got {self.alpha!r}")
        return optimizer_of(self.optimizer, network, self.learning_rate_init, self.alpha / share)

    def _weights(self, x: Array, weights: Any) -> Array | None:
        """Weights (n,) of the examples, of which none is negative and some are not 0."""
        if weights is None:
            return None
        checked: Array = _check_sample_weight(weights, x, dtype=x.dtype)
        if (checked < 0).any() or not checked.any():
            raise ArgumentError(
                f"{type(self).__name__}: sample_weight must not be negative, nor 0 for all examples, got"
                f" {checked.min()} to {checked.max()}"
            )
        return checked

    def _outputs(self, x: Any) -> Array:
        """What the network gives for X. Shapes: (n, ...) -> (n, outputs)."""
        check_is_fitted(self, "module_")
        x = self._inputs(x)
        with ag.no_grad():
            parts = [
                self.module_(ag.tensor(x[start : start + EVALUATION_BATCH])).numpy()
                for start in range(0, len(x), EVALUATION_BATCH)
            ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @property
    def loss_curve_(self) -> list[float]:
        """The mean loss on the examples trained with, for each epoch."""
        return [record.train["loss"] for record in self.history_]

    @property
    def loss_(self) -> float:
        """That of the last epoch."""
        return self.loss_curve_[-1]

    @property
    def n_iter_(self) -> int:
        """How many epochs there were."""
        return len(self.history_)


@dataclass
class _Before:
    """What `partial_fit` goes on with, beside the network."""

    random: np.random.RandomState
    optimizer: Any
    schedule: Callable[[int], float] | None
    steps: int = 0
    history: list[EpochRecord] = field(default_factory=list)


@contextlib.contextmanager
def _modes_of_training(network: Module, modes: Sequence[bool]) -> Iterator[None]:
    """Each part in its mode; afterwards all in evaluation, so that to predict, in several threads, changes nothing."""
    for part, mode in zip(network.modules(), modes, strict=True):
        part.training = mode
    try:
        yield
    finally:
        network.eval()
