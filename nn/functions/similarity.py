"""How alike two vectors are, and losses of it, under PyTorch's names."""

from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.functions.binary_losses import check_signs
from nn.functions.reduction import as_floats, reduced, same_shape, signs

__all__ = ["cosine_embedding_loss", "cosine_similarity", "normalize", "pairwise_distance", "triplet_margin_loss"]


@ag.axis_or_dim
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1·x2/(‖x1‖ ‖x2‖) along `dim`: from -1, opposite, to 1, the same direction. Norms are at least `eps`.

    Shapes: x1 and x2 broadcast against each other; the result lacks `dim`. Gradient to x1: (u2 - y·u1)/‖x1‖ with u
    the vectors of length 1.
    """
    x1, x2 = as_floats(x1), as_floats(x2)
    if x1.shape != x2.shape:
        x1, x2 = ag.broadcast_arrays(x1, x2)
    lengths = [ag.maximum(ag.norm(x, axis=dim), eps) for x in (x1, x2)]
    return ag.sum(x1 * x2, axis=dim) / (lengths[0] * lengths[1])


@ag.axis_or_dim
def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x divided by its p-norm along `dim`, which is at least `eps`: vectors of length 1 in the same direction.

    `autograd_core.normalize` is another: with mean 0 and variance 1. Gradient: (g - u·Σ g·u)/‖x‖ with u the result, for
    p = 2.
    """
    x = as_floats(x)
    return x / ag.maximum(ag.norm(x, axis=dim, keepdims=True, ord=p), eps)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """1 - cos where the label is 1 (alike), max(0, cos - margin) where it is -1.

    The cosine is `cosine_similarity`'s, so lengths are at least 1e-8; PyTorch's has 1e-12 added to their squares.

    Shapes: inputs (N, D) and labels (N,), or (D,) and () -> (), or with reduction="none" the labels' shape.
    """
    input1, input2 = same_shape("cosine_embedding_loss", input1, input2)
    target = signs("cosine_embedding_loss", target, input1.dtype)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ShapeError(
            f"cosine_embedding_loss: takes inputs (N, D) and labels (N,), or (D,) and a single label; "
            f"got shapes {input1.shape} and {target.shape}"
        )
    check_signs(target, name="cosine_embedding_loss")
    similarity = cosine_similarity(input1, input2, dim=-1)
    return reduced(
        "cosine_embedding_loss", ag.where(target > 0, 1 - similarity, ag.relu(similarity - margin)), reduction
    )


@ag.axis_or_dim
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last axis: how far apart the vectors of each pair are.

    Shapes: x1 and x2 (N, D) or (D,), which broadcast -> (N,) or (), or with `keepdim` (N, 1). `p` is at least 1, inf
    for the largest difference. Gradient for p = 2: d/‖d‖ with d = x1 - x2 + eps, which keeps equal vectors from 0.
    """
    if not p >= 1:
        raise ArgumentError(f"pairwise_distance: p must be at least 1, got {p!r}")
    d = as_floats(x1) - as_floats(x2) + eps
    return ag.norm(d, axis=-1, keepdims=keepdim, ord=p)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d the `pairwise_distance`.

    Shapes: all (N, D), or (D,), alike -> (), or with reduction="none" (N,). With `swap` the negative counts as near as
    it is to the nearer of anchor and positive (Balntas et al. 2016).
    """
    anchor, positive = same_shape("triplet_margin_loss", anchor, positive)
    anchor, negative = same_shape("triplet_margin_loss", anchor, negative)
    if anchor.ndim not in (1, 2):
        raise ShapeError(f"triplet_margin_loss: takes vectors (N, D) or (D,), got shape {anchor.shape}")
    if not margin > 0:
        raise ArgumentError(f"triplet_margin_loss: margin must be above 0, got {margin!r}")
    to_negative = pairwise_distance(anchor, negative, p, eps)
    if swap:
        to_negative = ag.minimum(to_negative, pairwise_distance(positive, negative, p, eps))
    losses = ag.relu(pairwise_distance(anchor, positive, p, eps) - to_negative + margin)
    return reduced("triplet_margin_loss", losses, reduction)
