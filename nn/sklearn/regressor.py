"""A regressor for scikit-learn."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from autograd_core import ArgumentError
from nn.module import Module
from nn.sklearn.estimator import NeuralEstimator
from nn.sklearn.losses import Loss, squared_error
from nn.training import Callback

Array = NDArray[Any]


class NeuralRegressor(RegressorMixin, NeuralEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network that gives the targets, one number for each example or several; trained by half the squared error.

    Targets far from 0, or from 1 in spread, are learned slowly: sklearn.compose.TransformedTargetRegressor scales them.

    >>> import numpy as np
    >>> from nn.sklearn import NeuralRegressor
    >>> x = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    >>> model = NeuralRegressor(50, learning_rate_init=0.02, random_state=0)
    >>> model.fit(x, np.sin(3 * x[:, 0])).score(x, np.sin(3 * x[:, 0])) > 0.99
    True
    """

    __doc__ += "\n" + (NeuralEstimator.__doc__ or "").partition("\n")[2]  # the settings, which scikit-learn shows

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Callable[[], Module] = "relu",
        *,
        module: Module | Callable[[int, int], Module] | None = None,
        loss: Loss = squared_error,
        optimizer: str | Callable[..., Any] = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        schedule: Callable[[int], float] | None = None,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        callbacks: Callback | Sequence[Callback] = (),
        warm_start: bool = False,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            module=module,
            loss=loss,
            optimizer=optimizer,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            schedule=schedule,
            max_iter=max_iter,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn y (n,) or (n, outputs) of X (n, features); examples of larger `sample_weight` (n,) count more."""
        return self._learn(X, y, sample_weight, partial=False)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from one more pass over these examples."""
        return self._learn(X, y, sample_weight, partial=True)

    def _learn(self, x: Any, y: Any, weights: Any, *, partial: bool) -> Self:
        x, y = self._inputs(x, y, goes_on=self._goes_on(partial), multi_output=True, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        targets = y.astype(x.dtype).reshape(len(y), -1)
        if self._goes_on(partial) and targets.shape[1] != self.n_outputs_:
            raise ArgumentError(f"NeuralRegressor: there are {self.n_outputs_} targets, got y of shape {y.shape}")
        self._train(x, targets, targets.shape[1], self._weights(x, weights), partial=partial)
        return self

    def predict(self, X: Any) -> Array:
        """The targets of each example. Shapes: X (n, features) -> (n,), or (n, outputs) if there are several."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self.n_outputs_ == 1 else np.asarray(outputs)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of the estimator."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
