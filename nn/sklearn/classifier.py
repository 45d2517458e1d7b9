"""A classifier for scikit-learn."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

import autograd_core as ag
from autograd_core import ArgumentError
from nn.functions import cross_entropy
from nn.module import Module
from nn.sklearn.estimator import NeuralEstimator
from nn.sklearn.losses import Loss
from nn.training import Callback

Array = NDArray[Any]


class NeuralClassifier(ClassifierMixin, NeuralEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network that gives a number for each class, trained by the cross-entropy of their softmax.

    `class_weight` is a weight for each class by a dictionary, or "balanced": as many times an example counts as its
    class is rarer than the mean one. It multiplies `sample_weight`. Fitted, `classes_` are the labels in order.

    >>> import numpy as np
    >>> from nn.sklearn import NeuralClassifier
    >>> x = np.random.default_rng(0).standard_normal((200, 2)).astype(np.float32)
    >>> inside = (x**2).sum(axis=1) < 1
    >>> model = NeuralClassifier((16, 16), "tanh", learning_rate_init=0.02, random_state=0).fit(x, inside)
    >>> model.score(x, inside) > 0.95
    True
    """

    __doc__ += "\n" + (NeuralEstimator.__doc__ or "").partition("\n")[2]  # the settings, which scikit-learn shows

    classes_: Array

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Callable[[], Module] = "relu",
        *,
        module: Module | Callable[[int, int], Module] | None = None,
        loss: Loss = cross_entropy,
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
        class_weight: Mapping[Any, float] | str | None = None,
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
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn the labels y (n,) of the examples X (n, features); those of larger `sample_weight` (n,) count more."""
        return self._learn(X, y, None, sample_weight, partial=False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from one more pass over these examples; the first call says all `classes` that there will be."""
        if isinstance(self.class_weight, str):
            raise ArgumentError(
                "NeuralClassifier: which class_weight is balanced only all examples show, and partial_fit sees some;"
                " give weights by class: class_weight=dict(zip(classes, compute_class_weight(...)))"
            )
        return self._learn(X, y, classes, sample_weight, partial=True)

    def _learn(self, x: Any, y: Any, classes: Any, weights: Any, *, partial: bool) -> Self:
        goes_on = self._goes_on(partial)
        if partial and not goes_on and classes is None:
            raise ArgumentError("NeuralClassifier: the first call of partial_fit takes classes, all that there will be")
        x, y = self._inputs(x, y, goes_on=goes_on, multi_output=True)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        found = np.unique(y)
        listed = found if classes is None else np.unique(classes)
        known = self.classes_ if goes_on else listed
        if not (np.isin(found, known).all() and (classes is None or np.array_equal(listed, known))):
            raise ArgumentError(
                f"NeuralClassifier: the classes are {known.tolist()}, got {np.union1d(found, listed).tolist()}"
            )
        weights = self._weights(x, weights)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, y).astype(x.dtype)
            weights = by_class if weights is None else weights * by_class
        labels = np.searchsorted(known, y)
        self._train(x, labels, len(known), weights, partial=partial, strata=labels)
        self.classes_ = known
        return self

    def predict(self, X: Any) -> Array:
        """The most probable label of each example. Shapes: X (n, features) -> (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: Array = self.classes_[best]
        return labels

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, in the order of `classes_`. Shapes: X (n, features) -> (n, classes)."""
        return np.asarray(ag.softmax(self._outputs(X), axis=1))

    def predict_log_proba(self, X: Any) -> Array:
        """Its logarithm, exact where the probability is too small for floating point."""
        return np.asarray(ag.log_softmax(self._outputs(X), axis=1))
