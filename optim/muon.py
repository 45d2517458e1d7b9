"""Muon (Jordan et al. 2024): momentum whose singular values are made alike, for the matrices of hidden layers."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

from autograd_core import (
    ArgumentError,
    apply_updates,
    depends_on,
    matmul,
    matrix_transpose,
    maximum,
    no_grad,
    norm,
    update_rule,
)
from optim.kinds import BelowOne, Count, Kind, NonNegative
from optim.optimizer import Numbers, Optimizer, Settings

_ADJUSTMENTS = ("original", "match_rms_adamw")
Adjustment = Annotated[
    str | None, Kind(f"None or one of {', '.join(_ADJUSTMENTS)}", lambda name: name in (None, *_ADJUSTMENTS))
]
Coefficients = Annotated[
    tuple[float, float, float],
    Kind(
        "three numbers",
        lambda found: (
            isinstance(found, Sequence) and len(found) == 3 and all(isinstance(x, (int, float)) for x in found)
        ),
        lambda found: tuple(map(float, found)),
    ),
]


@update_rule
def _momentum(g, /, p, m, *, momentum, shrink):
    return shrink * p, momentum * m + (1.0 - momentum) * g


@update_rule
def _descend(direction, /, p, *, rate):
    return p - rate * direction


class Muon(Optimizer):
    """Muon: p ← (1 - lr·λ)p - lr·s·O(u), with u = β·m + (1-β)∇ of the momentum m ← β·m + (1-β)∇ (Nesterov), or u = m.

    O(u) is nearly the orthogonal matrix next to u: of its singular values, which it makes alike, each comes to between
    0.7 and 1.2 by `ns_steps` of Newton and Schulz's iteration, X ← aX + (bXXᵀ + c(XXᵀ)²)X with `ns_coefficients` a, b
    and c, from u/‖u‖. So all directions are learned from, not the few that the gradients are large in. λ is
    `weight_decay`, and β is `momentum`.

    `adjust_lr_fn` says how the rate goes with the shape (rows, columns): s = √max(1, rows/columns), "original" or None,
    or with "match_rms_adamw" 0.2·√max(rows, columns), by which an lr and λ for AdamW serve (Liu et al. 2025).

    For matrices alone. Embeddings, the output layer, biases and gains are left to another optimiser, as AdamW is.
    Torch computes O in bfloat16; here it has the parameter's precision. Errors: ArgumentError for what is no matrix.

    >>> from autograd_core import tensor
    >>> w = tensor([[3.0, 0.0], [0.0, 0.1]], requires_grad=True)
    >>> optimizer = Muon([w], lr=0.1, weight_decay=0.0)
    >>> (w * w).sum().backward()  # large in one direction, small in the other
    >>> optimizer.step()
    >>> all(0.06 < was - now < 0.12 for was, now in zip([3.0, 0.1], [w[0, 0], w[1, 1]]))  # each moves by about lr
    True
    """

    rule = _momentum
    state_names = {"m": "momentum_buffer"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-3,
        weight_decay: NonNegative = 0.1,
        momentum: BelowOne = 0.95,
        nesterov: bool = True,
        ns_coefficients: Coefficients = (3.4445, -4.775, 2.0315),
        eps: NonNegative = 1e-7,
        ns_steps: Count = 5,
        adjust_lr_fn: Adjustment = None,
    ) -> None:
        super().__init__(locals())

    def check(self, settings: Settings) -> None:
        """Refuse what is no matrix."""
        for parameter in settings.get("params", ()):
            if getattr(parameter, "ndim", 2) != 2:
                raise ArgumentError(
                    f"Muon: takes matrices alone, got a parameter of shape {parameter.shape}; "
                    "give the others to a second optimiser, such as AdamW"
                )

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The share of a parameter that its decay leaves."""
        return {"shrink": 1.0 - settings["lr"] * settings["weight_decay"]}

    @property
    def settings_of_ops(self) -> list[Any]:
        """The settings that ops compute with, as they are now: a compiled step is one for these alone."""
        names = "momentum", "nesterov", "ns_coefficients", "eps", "ns_steps"
        return [[group[name] for name in names] for group in self.param_groups]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every matrix that has a gradient; `closure` as in other optimisers."""
        depends_on(self, "settings_of_ops")
        loss = super().step(closure)  # the momenta, and the decay
        found = []
        with no_grad():
            index = 0
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        beta, momentum = group["momentum"], self.state[index]["momentum_buffer"]
                        u = beta * momentum + (1.0 - beta) * parameter.grad if group["nesterov"] else momentum
                        found.append((group, parameter, _orthogonal(u, group)))
                    index += 1
        apply_updates(
            lambda: [
                (_descend.with_numbers({"rate": group["lr"] * _scale(parameter.shape, group)}), [direction, parameter])
                for group, parameter, direction in found
            ]
        )
        return loss


def _orthogonal(u: Any, settings: Settings) -> Any:
    """Nearly the orthogonal matrix next to u. Shapes: (rows, columns) -> the same."""
    a, b, c = settings["ns_coefficients"]
    rows, columns = u.shape
    x = matrix_transpose(u) if rows > columns else u  # so that the products are small
    x = x / maximum(norm(x), settings["eps"])
    for _ in range(settings["ns_steps"]):
        gram = matmul(x, matrix_transpose(x))
        x = a * x + matmul(b * gram + c * matmul(gram, gram), x)
    return matrix_transpose(x) if rows > columns else x


def _scale(shape: tuple[int, ...], settings: Settings) -> float:
    rows, columns = shape
    if settings["adjust_lr_fn"] == "match_rms_adamw":
        return float(0.2 * max(rows, columns) ** 0.5)
    return float(max(1.0, rows / max(1, columns)) ** 0.5)
