"""The layer of vectors for words and other things that are counted."""

from typing import Any, Self

import numpy as np

from autograd_core import ShapeError, Tensor
from nn import functions, initial
from nn.arguments import at_least
from nn.functions.categories import check_padding
from nn.module import Module, Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """A learned vector for each of so many things, from N(0, 1); see `nn.functions.embedding`.

    Shapes: whole numbers (...) -> (..., embedding_dim); weight (num_embeddings, embedding_dim). The row `padding_idx`
    is 0 and stays so.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None) -> None:
        self.num_embeddings = at_least("Embedding", "num_embeddings", num_embeddings, 1)
        self.embedding_dim = at_least("Embedding", "embedding_dim", embedding_dim, 1)
        self.padding_idx = check_padding("Embedding", padding_idx, num_embeddings)
        numbers = initial.normal((num_embeddings, embedding_dim)).numpy().copy()
        if self.padding_idx is not None:
            numbers[self.padding_idx] = 0
        self.weight = Parameter(numbers)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """One with these vectors, (num_embeddings, embedding_dim), which learns only with `freeze=False`."""
        numbers = np.asarray(embeddings)
        if numbers.ndim != 2:
            raise ShapeError(f"Embedding: takes vectors (num_embeddings, embedding_dim), got shape {numbers.shape}")
        layer = cls(numbers.shape[0], numbers.shape[1], padding_idx)
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def forward(self, x: Any) -> Tensor:
        return functions.embedding(x, self.weight, self.padding_idx)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """None: rows are only read."""
        return 0
