"""L-BFGS (Liu and Nocedal 1989): Newton's direction, from the changes of the gradient over the last steps."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, overload

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from optim.kinds import Count, Kind, NonNegative
from optim.line_search import Point, strong_wolfe
from optim.optimizer import Loss, Optimizer, Settings, State

LineSearch = Annotated[str | None, Kind('None or "strong_wolfe"', lambda name: name in (None, "strong_wolfe"))]


class LBFGS(Optimizer):
    """L-BFGS: p ← p - t·H∇, H being the inverse Hessian as the last `history_size` steps s and changes y of ∇ show it.

    For losses of all examples at once, without noise. `step` takes a closure that clears the gradients, computes
    the loss, calls backward and returns the loss; it does up to `max_iter` iterations, of `max_eval` losses (by default
    1.25 times as many), and ends before once no gradient is above `tolerance_grad`, or neither parameters nor loss
    change by `tolerance_change`. The step t is lr, or found by `line_search_fn="strong_wolfe"`, which is the safer way.
    There is one group of parameters.

    >>> from autograd_core import tensor
    >>> xy = tensor([-1.0, 2.0], requires_grad=True)
    >>> optimizer = LBFGS([xy], max_iter=40, line_search_fn="strong_wolfe")
    >>> def rosenbrock():
    ...     optimizer.zero_grad()
    ...     loss = (1 - xy[0]) ** 2 + 100 * (xy[1] - xy[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(rosenbrock)
    >>> [round(x, 2) for x in xy.tolist()]
    [1.0, 1.0]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1.0,
        max_iter: Count = 20,
        max_eval: Count | None = None,
        tolerance_grad: NonNegative = 1e-7,
        tolerance_change: NonNegative = 1e-9,
        history_size: Count = 100,
        line_search_fn: LineSearch = None,
    ) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(locals())

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take the one group of parameters; refuse a second, since there is one direction for all of them."""
        if self.param_groups:
            raise ArgumentError("LBFGS: one group of parameters, with the same settings for all; got another")
        super().add_param_group(param_group)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], Loss]) -> Loss: ...
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do up to `max_iter` iterations; return what `closure` returned first. Raises `ArgumentError` without one."""
        if closure is None:
            raise ArgumentError("LBFGS: step needs a closure that clears gradients, calls backward, returns the loss")
        settings = self.param_groups[0]
        if not self.state:
            self.state[0] = self.new_state(settings["params"][0], settings)
        first: Any = None

        def evaluate() -> tuple[float, Any]:
            nonlocal first
            loss = closure()
            first = loss if first is None else first
            state["func_evals"] += 1
            return float(loss), self._flat_gradient()

        state = self.state[0]
        most_evaluations = state["func_evals"] + settings["max_eval"]
        loss, gradient = evaluate()
        if _largest_entry(gradient) <= settings["tolerance_grad"]:
            return first
        for iteration in range(1, settings["max_iter"] + 1):
            state["step"] += 1
            t = settings["lr"]
            if state["step"] == 1:
                direction = -gradient
                t *= min(1.0, 1.0 / float(np.abs(gradient).sum()))
            else:
                direction = self._direction(gradient, state, settings["history_size"])
            slope = float(gradient @ direction)
            state["prev_flat_grad"], previous_loss = ag.tensor(gradient), loss
            state["d"], state["t"] = ag.tensor(direction), t
            if slope > -settings["tolerance_change"]:
                break
            start = self._flat_parameters()
            if settings["line_search_fn"]:

                def at(t: float, start: Any = start, direction: Any = direction) -> Point:
                    self._assign(start + t * direction)
                    loss, gradient = evaluate()
                    return Point(t, loss, gradient, float(gradient @ direction))

                shortest = settings["tolerance_change"] / _largest_entry(direction)
                trials = most_evaluations - state["func_evals"]
                found = strong_wolfe(at, Point(0.0, loss, gradient, slope), t, shortest=shortest, trials=trials)
                t, loss, gradient = found.t, found.loss, found.gradient
                state["t"] = t
                self._assign(start + t * direction)
            else:
                self._assign(start + t * direction)
                if iteration < settings["max_iter"]:
                    loss, gradient = evaluate()
            if (
                state["func_evals"] >= most_evaluations
                or _largest_entry(gradient) <= settings["tolerance_grad"]
                or _largest_entry(t * direction) <= settings["tolerance_change"]
                or abs(loss - previous_loss) < settings["tolerance_change"]
            ):
                break
        return first

    def _direction(self, gradient: Any, state: State, history_size: int) -> Any:
        """-H∇ by the two loops over the history (Nocedal and Wright, algorithm 7.4), after the last step joins it."""
        y = gradient - state["prev_flat_grad"].numpy()
        s = state["t"] * state["d"].numpy()
        curvature = float(y @ s)
        if curvature > 1e-10:  # else H would not be positive definite
            kept = slice(1, None) if len(state["old_dirs"]) >= history_size else slice(None)
            state["old_dirs"] = (*state["old_dirs"][kept], y)
            state["old_stps"] = (*state["old_stps"][kept], s)
            state["H_diag"] = curvature / float(y @ y)
        pairs = [(y, s, 1.0 / float(y @ s)) for y, s in zip(state["old_dirs"], state["old_stps"], strict=True)]
        direction = -gradient
        shares = []
        for y, s, rho in reversed(pairs):
            shares.append(rho * float(s @ direction))
            direction = direction - shares[-1] * y
        direction = state["H_diag"] * direction
        for (y, s, rho), share in zip(pairs, reversed(shares), strict=True):
            direction = direction + (share - rho * float(y @ direction)) * s
        return direction

    def _flat_gradient(self) -> Any:
        return np.concatenate(
            [
                np.zeros(p.size, p.dtype) if p.grad is None else p.grad.numpy().reshape(-1)
                for p in self.param_groups[0]["params"]
            ]
        )

    def _flat_parameters(self) -> Any:
        return np.concatenate([p.numpy().reshape(-1) for p in self.param_groups[0]["params"]])

    def _assign(self, numbers: Any) -> None:
        start = 0
        for parameter in self.param_groups[0]["params"]:
            parameter.assign(numbers[start : start + parameter.size].reshape(parameter.shape))
            start += parameter.size

    def new_state(self, parameter: Tensor, settings: Settings) -> State:
        """One for all parameters: torch's names, except that `n_iter` is the `step` of the others."""
        size = sum(p.size for p in settings["params"])
        dtype = np.result_type(*[p.dtype for p in settings["params"]])
        return {
            "step": 0,
            "func_evals": 0,
            "d": ag.zeros(size, dtype=dtype),
            "t": 0.0,
            "prev_flat_grad": ag.zeros(size, dtype=dtype),
            "old_dirs": (),
            "old_stps": (),
            "H_diag": 1.0,
        }

    def _loaded_state(self, index: int, entries: Mapping[str, Any], new: State) -> State:
        state = super()._loaded_state(index, entries, new)
        for name in ("old_dirs", "old_stps"):
            state[name] = tuple(np.array(vector, dtype=state["d"].dtype) for vector in state[name])
            if len(state[name]) != len(state["old_dirs"]) or any(v.shape != state["d"].shape for v in state[name]):
                raise ArgumentError(
                    f"LBFGS: {name} must be {len(state['old_dirs'])} vectors of shape {state['d'].shape},"
                    f" got shapes {[v.shape for v in state[name]]}"
                )
        return state


def _largest_entry(vector: Any) -> float:
    return float(np.abs(vector).max(initial=0.0))
