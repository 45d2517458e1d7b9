"""Vectors for words and other things that are counted: one for each, or one for each bag of them."""

from typing import Any, Self

import numpy as np

from autograd_core import ShapeError, Tensor
from nn import functions, initial
from nn.arguments import at_least
from nn.functions.bags import check_bag_mode
from nn.functions.categories import check_padding
from nn.module import Module, Parameter

__all__ = ["Embedding", "EmbeddingBag"]


class _Vectors(Module):
    """A table of learned vectors, from N(0, 1); the row `padding_idx` is 0 and stays so."""

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None) -> None:
        name = type(self).__name__
        self.num_embeddings = at_least(name, "num_embeddings", num_embeddings, 1)
        self.embedding_dim = at_least(name, "embedding_dim", embedding_dim, 1)
        self.padding_idx = check_padding(name, padding_idx, num_embeddings)
        numbers = initial.normal((num_embeddings, embedding_dim)).numpy().copy()
        if self.padding_idx is not None:
            numbers[self.padding_idx] = 0
        self.weight = Parameter(numbers)

    @classmethod
    def _holding(cls, embeddings: Any, freeze: bool, **how: Any) -> Self:
        numbers = np.asarray(embeddings)
        if numbers.ndim != 2:
            raise ShapeError(
                f"{cls.__name__}: takes vectors (num_embeddings, embedding_dim), got shape {numbers.shape}"
            )
        layer = cls(*numbers.shape, **how)
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer


class Embedding(_Vectors):
    """A learned vector for each of so many things, from N(0, 1); see `nn.functions.embedding`.

    Shapes: whole numbers (...) -> (..., embedding_dim); weight (num_embeddings, embedding_dim). The row `padding_idx`
    is 0 and stays so.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """One with these vectors, (num_embeddings, embedding_dim), which learns only with `freeze=False`."""
        return cls._holding(embeddings, freeze, padding_idx=padding_idx)

    def forward(self, x: Any) -> Tensor:
        return functions.embedding(x, self.weight, self.padding_idx)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """None: rows are only read."""
        return 0


class EmbeddingBag(_Vectors):
    """One vector for each bag of things, of the learned vectors of what is in it; see `nn.functions.embedding_bag`.

    Shapes: whole numbers (B, L), or (n,) and offsets (B,) -> (B, embedding_dim); weight (num_embeddings,
    embedding_dim). What equals `padding_idx` does not count.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx)
        self.mode, self.include_last_offset = check_bag_mode("EmbeddingBag", mode), include_last_offset

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **how: Any) -> Self:
        """One with these vectors, (num_embeddings, embedding_dim), which learns only with `freeze=False`."""
        return cls._holding(embeddings, freeze, **how)

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:
        """A vector for each bag."""
        return functions.embedding_bag(
            input,
            self.weight,
            offsets,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """An addition, or a comparison, for each number of each row that is read."""
        return int(np.size(inputs[0])) * self.embedding_dim
