"""What all optimisers share: parameter groups, rates, state per parameter, saving and loading it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd_core import ArgumentError, Tensor
from optim.arguments import check_leaves, check_parts, listed, loaded_array, loaded_dictionary, loaded_number

Settings = dict[str, Any]
State = dict[str, Any]


class Optimizer:
    """Base of the optimisers: a subclass names its settings and state, and updates one parameter at a time.

    `params` are the tensors to update, or dictionaries `{"params": tensors, "lr": ..., ...}`, each a
    group with settings of its own. State is made at the first step and kept in the parameters' order. Frozen ones are
    left as they are, until they require a gradient again and get one.

    `weight_decay` λ either adds λ·p to the gradient (coupled: L2) or, with `decoupled_weight_decay`, shrinks the
    parameter by lr·λ of itself beside the step (Loshchilov and Hutter 2019); the adaptive rates do not see it then.

    Gradients add up until `zero_grad`, so several mini-batches make one step if each is called back before it:

    >>> import autograd_core as ag
    >>> from optim import SGD
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.5)
    >>> for part in ([1.0, 0.0], [0.0, 1.0]):
    ...     (w * ag.tensor(part)).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.5, 1.5], requires_grad=True)
    """

    _not_numbers: frozenset[str] = frozenset({"params", "betas"})  # names of settings of another kind

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        given = listed(self._name, params)
        if not given:
            raise ArgumentError(f"{self._name}: no parameters to optimise; pass model.parameters()")
        self.defaults = defaults
        self.param_groups: list[Settings] = []
        self.state: dict[int, State] = {}
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)
        if not any(parameter.requires_grad for parameter in self._parameters()):
            raise ArgumentError(f"{self._name}: no parameter requires a gradient; unfreeze what is to be learned")

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Update these parameters too: `{"params": tensors, "lr": ..., ...}`; what is left out is as for the others.

        A group with an lr of its own keeps its share `lr_scale` of the optimiser's lr whenever `set_lr` changes it.
        """
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            kind = f"keys {sorted(param_group)}" if isinstance(param_group, Mapping) else type(param_group).__name__
            raise ArgumentError(f'{self._name}: a group is a dictionary with "params", got {kind}')
        unknown = param_group.keys() - self.defaults.keys() - {"params"}
        if unknown:
            raise ArgumentError(f"{self._name}: no setting named {sorted(unknown)}; has {sorted(self.defaults)}")
        parameters = param_group["params"]
        parameters = [parameters] if isinstance(parameters, Tensor) else listed(self._name, parameters)
        settings = {**self.defaults, **param_group, "params": parameters}
        self._check(settings)
        settings["lr_scale"] = self._lr_scale(settings["lr"])
        check_leaves(self._name, parameters)
        known = [*self._parameters(), *parameters]
        if len({id(parameter) for parameter in known}) != len(known):
            raise ArgumentError(f"{self._name}: a parameter is listed twice and would be updated twice a step")
        self.param_groups.append(settings)

    def _lr_scale(self, lr: float) -> float:
        base = self.defaults["lr"]
        if lr == base:
            return 1.0
        if base == 0:
            raise ArgumentError(f"{self._name}: a group with the lr {lr} needs the optimiser's own above 0, got {base}")
        return float(lr / base)

    def _check(self, settings: Settings) -> None:
        """Refuse settings out of range, and make Python's numbers of others; subclasses add theirs."""
        for name in settings.keys() - self._not_numbers:
            self._require(settings, name, isinstance(settings[name], Real), "a number")
            if type(settings[name]) not in (bool, int, float):
                settings[name] = float(settings[name])  # a float64 of numpy would make float64 of all that it meets
        self._require(settings, "lr", settings["lr"] >= 0, "at least 0")
        for name in ("weight_decay", "eps", "lr_scale"):
            self._require(settings, name, settings.get(name, 0.0) >= 0, "at least 0")
        if "betas" in settings:
            betas = settings["betas"]
            fit = isinstance(betas, Sequence) and len(betas) == 2
            fit = fit and all(isinstance(beta, (int, float, np.floating)) and 0 <= beta < 1 for beta in betas)
            self._require(settings, "betas", fit, "two numbers of at least 0 and below 1")
            settings["betas"] = tuple(float(beta) for beta in betas)

    def _require(self, settings: Settings, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ArgumentError(f"{self._name}: {name} must be {expected}, got {settings[name]}")

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        `closure`, if there is one, is called first: it computes the loss and its gradients, and what it returns is
        returned.
        """
        loss = None if closure is None else closure()
        index = 0
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is not None:
                    state = self.state.get(index)
                    if state is None:
                        state = self.state[index] = self._new_state(parameter, group)
                    state["step"] += 1
                    self._update(parameter, gradient, state, group)
                index += 1
        return loss

    def _new_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"step": 0, **self._initial_state(parameter, settings)}

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        """Tensors and numbers by torch's names, as they are before the first step; `step` counts them."""
        raise NotImplementedError

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        """Step number `state["step"]`, from 1 on, of one parameter."""
        raise NotImplementedError

    @staticmethod
    def _decay(settings: Settings) -> dict[str, float]:
        """How a rule lets weights decay: g ← g + decay·p (coupled, L2) or p ← shrink·p (decoupled), never both."""
        decay, lr = settings["weight_decay"], settings["lr"]
        if settings["decoupled_weight_decay"]:
            return {"decay": 0.0, "shrink": 1.0 - lr * decay}
        return {"decay": decay, "shrink": 1.0}

    def set_lr(self, lr: float) -> None:
        """Use this learning rate from the next step on; in a group with an lr of its own, its `lr_scale` of it.

        Other rates per group are set where they stand: `optimizer.param_groups[1]["lr"] = ...`.
        """
        if not (isinstance(lr, Real) and lr >= 0):
            raise ArgumentError(f"{self._name}: lr must be a number of at least 0, got {lr!r}")
        for group in self.param_groups:
            group["lr"] = float(lr) * group["lr_scale"]

    def zero_grad(self) -> None:
        """Forget the gradients, before those of the next step are added up."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Settings and state: arrays, numbers and nothing else; enough to go on to the bit as if never stopped."""
        return {
            "state": {
                index: {name: value.numpy() if isinstance(value, Tensor) else value for name, value in entries.items()}
                for index, entries in self.state.items()
            },
            "param_groups": [
                {name: len(value) if name == "params" else value for name, value in group.items()}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave for the same parameters; refused as a whole if it does not fit."""
        check_parts(self._name, state_dict, ("state", "param_groups"))
        groups = self._loaded_groups(state_dict["param_groups"])
        owners = [(parameter, group) for group in groups for parameter in group["params"]]
        state: dict[int, State] = {}
        places = {str(index): index for index in range(len(owners))}  # JSON makes text of them
        for key, entries in loaded_dictionary(self._name, "state", state_dict["state"]).items():
            index = places.get(str(key))
            if index is None:
                raise ArgumentError(f"{self._name}: a state for parameter {key}; there are {len(owners)}")
            state[index] = self._loaded_state(index, entries, self._new_state(*owners[index]))
        for group, loaded in zip(self.param_groups, groups, strict=True):
            group.update(loaded)
        self.state = state

    def _loaded_groups(self, saved: list[Mapping[str, Any]]) -> list[Settings]:
        counts = [len(group["params"]) for group in self.param_groups]
        if not isinstance(saved, Sequence) or not all(isinstance(group, Mapping) for group in saved):
            raise ArgumentError(f"{self._name}: param_groups of a state must be a list of dictionaries, got {saved!r}")
        found = [group.get("params") for group in saved]
        if found != counts:
            raise ArgumentError(
                f"{self._name}: a state for groups of {found} parameters; here are {counts} (params of param_groups)"
            )
        groups = []
        for group, settings in zip(self.param_groups, saved, strict=True):
            if settings.keys() != group.keys():
                raise ArgumentError(
                    f"{self._name}: a state with the settings {sorted(settings)}; here are {sorted(group)};"
                    " was it saved by another optimiser?"
                )
            for name in group.keys() - {"params"}:
                switch = isinstance(group[name], bool)
                kind = "true or false" if switch else "a number"
                self._require(dict(settings), name, isinstance(settings[name], bool) == switch, kind)
            groups.append({**settings, "params": group["params"]})
            self._check(groups[-1])
        return groups

    def _loaded_state(self, index: int, entries: Mapping[str, Any], new: State) -> State:
        entries = loaded_dictionary(self._name, f"state.{index}", entries)
        if entries.keys() != new.keys():
            raise ArgumentError(
                f"{self._name}: parameter {index} needs the state {sorted(new)}, got {sorted(entries)};"
                " was it saved by another optimiser?"
            )
        for key, value in new.items():
            place = f"{key} of parameter {index}"
            if isinstance(value, Tensor):
                new[key] = loaded_array(self._name, place, entries[key], value)
            elif isinstance(value, (int, float)):
                new[key] = loaded_number(self._name, place, entries[key], value)
            else:
                new[key] = type(value)(entries[key])
        return new
