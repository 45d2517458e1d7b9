"""Losses as modules: called with what a network says and what it should have said; `nn.functions` has the formulas."""

from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from nn import functions
from nn.functions.reduction import REDUCTIONS, check_reduction
from nn.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PairwiseDistance",
    "PoissonNLLLoss",
    "QuadraticLoss",
    "SmoothL1Loss",
    "TripletMarginLoss",
]


class _Loss(Module):
    """What all of them share: the mean, the sum, or with "none" the losses of all elements."""

    reductions: tuple[str, ...] = REDUCTIONS

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = check_reduction(type(self).__name__, reduction, self.reductions)

    def _keep(self, name: str, weight: Any) -> None:
        """Have a weight as a buffer, or none."""
        self.register_buffer(name, weight if isinstance(weight, Tensor | None) else ag.tensor(weight))


class MSELoss(_Loss):
    """The mean squared error; see `nn.functions.mse_loss`."""

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.mse_loss(input, target, self.reduction)


class QuadraticLoss(Module):
    """The lectures' 1/(2n) Σ ‖y - a‖²; see `nn.functions.quadratic_loss`."""

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.quadratic_loss(input, target)


class L1Loss(_Loss):
    """The mean absolute error; see `nn.functions.l1_loss`."""

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.l1_loss(input, target, self.reduction)


class HuberLoss(_Loss):
    """Squares near 0, and absolute values beyond ±delta; see `nn.functions.huber_loss`."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(_Loss):
    """The absolute error, smooth within ±beta; see `nn.functions.smooth_l1_loss`."""

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.smooth_l1_loss(input, target, self.reduction, self.beta)


class PoissonNLLLoss(_Loss):
    """Of counts; see `nn.functions.poisson_nll_loss`."""

    def __init__(self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.poisson_nll_loss(input, target, self.log_input, self.full, self.eps, self.reduction)


class GaussianNLLLoss(_Loss):
    """Of numbers whose variance is predicted too; see `nn.functions.gaussian_nll_loss`."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Tensor:
        return functions.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities; see `nn.functions.binary_cross_entropy`. `weight` is a buffer."""

    weight: Tensor | None

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._keep("weight", weight)

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Sigmoid and binary cross-entropy in one; see `nn.functions.binary_cross_entropy_with_logits`.

    `weight` and `pos_weight` are buffers.
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self._keep("weight", weight)
        self._keep("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class NLLLoss(_Loss):
    """The negative log-likelihood of labels by log-probabilities; see `nn.functions.nll_loss`. `weight` is a buffer."""

    weight: Tensor | None

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._keep("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(_Loss):
    """Softmax and negative log-likelihood in one; see `nn.functions.cross_entropy`. `weight` is a buffer."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self._keep("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class CTCLoss(_Loss):
    """Of labels whose places among the frames are unknown; see `nn.functions.ctc_loss`."""

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Tensor:
        """One number, or with reduction "none" one for each example."""
        return functions.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence; see `nn.functions.kl_div`, also for why to choose "batchmean"."""

    reductions = (*REDUCTIONS, "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.kl_div(input, target, self.reduction, self.log_target)


class HingeLoss(_Loss):
    """max(0, margin - t·x) for labels of -1 and 1; see `nn.functions.hinge_loss`."""

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.hinge_loss(input, target, self.margin, self.reduction)


class MultiMarginLoss(_Loss):
    """The hinge loss of several classes; see `nn.functions.multi_margin_loss`. `weight` is a buffer."""

    weight: Tensor | None

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._keep("weight", weight)
        self.p, self.margin = p, margin

    def forward(self, input: Any, target: Any) -> Tensor:
        return functions.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


class CosineSimilarity(Module):
    """How alike two vectors are, from -1 to 1; see `nn.functions.cosine_similarity`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return functions.cosine_similarity(x1, x2, self.dim, self.eps)


class CosineEmbeddingLoss(_Loss):
    """Brings vectors that are alike together, and others apart; see `nn.functions.cosine_embedding_loss`."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return functions.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class HingeEmbeddingLoss(_Loss):
    """Brings distances of what is alike to 0, and others beyond a margin; see `nn.functions.hinge_embedding_loss`."""

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        """One number, or with reduction "none" all that it is made of."""
        return functions.hinge_embedding_loss(input, target, self.margin, self.reduction)


class MarginRankingLoss(_Loss):
    """Ranks the first number above the second, or below; see `nn.functions.margin_ranking_loss`."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        """One number, or with reduction "none" all that it is made of."""
        return functions.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class PairwiseDistance(Module):
    """How far apart two vectors are; see `nn.functions.pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.p, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Tensor:
        """The distance of each pair."""
        return functions.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)


class TripletMarginLoss(_Loss):
    """Brings an anchor nearer to a positive than to a negative example; see `nn.functions.triplet_margin_loss`."""

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        """One number, or with reduction "none" all that it is made of."""
        return functions.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )
