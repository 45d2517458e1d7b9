"""Features made uncorrelated, each with variance 1.

Both turn the centred data into the directions of the covariance's eigenvectors V and divide by the roots of its
eigenvalues λ: y = (x - mean) V / √(λ + eps). Directions in which the training data do not vary at all are left out.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in, whole_number
from nn.data.preparation.base import Learned, Shape, State
from nn.data.preparation.scaling import mean_and_deviation


class _Whiten(Learned):
    names = ("mean", "matrix", "inverse")  # shapes (1, ...) as an example, (F, K), (K, F)

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = number_in(f"{type(self).__name__}: eps", eps, 0)

    @abstractmethod
    def _matrices(self, deviation: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """What whitens, and its inverse, from √(λ + eps) and the eigenvectors, both by falling λ."""

    def _learn(self, x: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        rows = x.reshape(len(x), -1).astype(np.float64)
        mean, _ = mean_and_deviation(rows)
        rows -= mean
        eigenvalues, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
        eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
        # What rounding makes of an eigenvalue of 0 is within this of it.
        varies = eigenvalues > eigenvalues[0] * len(mean) * np.finfo(np.float64).eps
        # An eigenvector's sign is arbitrary; with its largest entry positive, it is the same whatever computes it.
        largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(len(mean))]
        matrices = self._matrices(
            np.sqrt(eigenvalues[varies] + self.eps), (vectors * np.where(largest < 0, -1, 1))[:, varies]
        )
        return mean.reshape(1, *x.shape[1:]), *matrices

    def _apply(self, x: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        mean, matrix, _ = state
        whitened: NDArray[Any] = (x - mean).reshape(len(x), mean.size) @ matrix
        return whitened

    def _undo(self, y: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        mean, _, inverse = state
        centred: NDArray[Any] = (y.reshape(len(y), len(inverse)) @ inverse).reshape(len(y), *mean.shape[1:])
        centred += mean
        return centred

    def _belongs(self, state: State) -> bool:
        features, kept = state["mean"].size, state["matrix"].size // max(1, state["mean"].size)
        return (len(state["mean"]), state["matrix"].shape, state["inverse"].shape) == (
            1,
            (features, kept),
            (kept, features),
        )

    def _shape(self, state: State) -> Shape:
        return (None, *state["mean"].shape[1:])


class PCAWhiten(_Whiten):
    """The principal components, the one of the largest variance first, each divided by its deviation.

    Shapes: (N, ...) -> (N, K); K is `n_components`, or all, but never more than there are directions in which the
    training data vary. `inverse_transform` gives what the components left over say of the data.
    """

    def __init__(self, n_components: int | None = None, eps: float = 0.0) -> None:
        super().__init__(eps)
        if n_components is not None:
            whole_number("PCAWhiten: n_components", n_components, at_least=1)
        self.n_components = n_components

    def _matrices(self, deviation: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        kept = slice(self.n_components)
        return vectors[:, kept] / deviation[kept], (vectors * deviation)[:, kept].T

    def _prepared_shape(self, state: State) -> Shape:
        return None, state["matrix"].shape[1]


class ZCAWhiten(_Whiten):
    """The whitened data that are closest to the data themselves: turned back by Vᵀ, so that images still look like it.

    Shapes: (N, ...), kept. For images an `eps` of about 0.01 to 0.1 of a pixel's variance keeps noise down.
    """

    def __init__(self, eps: float = 0.0) -> None:
        super().__init__(eps)

    def _matrices(self, deviation: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        return vectors / deviation @ vectors.T, vectors * deviation @ vectors.T

    def _apply(self, x: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        return super()._apply(x, *state).reshape(x.shape)
