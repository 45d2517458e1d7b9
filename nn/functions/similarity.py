"""How alike two vectors are, and a loss of it, under PyTorch's names."""

from typing import Any

import autograd_core as ag
from autograd_core import ShapeError
from nn.functions.binary_losses import check_signs
from nn.functions.reduction import as_floats, reduced, same_shape, signs

__all__ = ["cosine_embedding_loss", "cosine_similarity"]


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1·x2/(‖x1‖ ‖x2‖) along `dim`: from -1, opposite, to 1, the same direction. Norms are at least `eps`.

    Shapes: x1 and x2 broadcast against each other; the result lacks `dim`. Gradient to x1: (u2 - y·u1)/‖x1‖ with u
    the vectors of length 1.
    """
    x1, x2 = as_floats(x1), as_floats(x2)
    if x1.shape != x2.shape:
        x1, x2 = ag.broadcast_arrays(x1, x2)
    lengths = [ag.maximum(ag.norm(x, axis=dim), eps) for x in (x1, x2)]
    return ag.sum(x1 * x2, axis=dim) / (lengths[0] * lengths[1])


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """1 - cos where the label is 1 (alike), max(0, cos - margin) where it is -1.

    Shapes: inputs (N, D) and labels (N,), or (D,) and () -> (), or with reduction="none" the labels' shape.
    """
    input1, input2 = same_shape("cosine_embedding_loss", input1, input2)
    target = signs("cosine_embedding_loss", target, input1.dtype)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ShapeError(
            f"cosine_embedding_loss: takes inputs (N, D) and labels (N,), or (D,) and a single label; "
            f"got shapes {input1.shape} and {target.shape}"
        )
    check_signs("cosine_embedding_loss", target)
    similarity = cosine_similarity(input1, input2, dim=-1)
    return reduced(
        "cosine_embedding_loss", ag.where(target > 0, 1 - similarity, ag.relu(similarity - margin)), reduction
    )
