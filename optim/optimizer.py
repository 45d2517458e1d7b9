"""What all optimisers share: parameter groups, state per parameter, saving and loading it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor


class Optimizer:
    """Base of the optimisers: a subclass names its state and updates one parameter at a time.

    `params` are the tensors to update, or dictionaries `{"params": tensors, "lr": ..., ...}`, each a
    group with settings of its own. State is made at the first step and kept in the parameters' order.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        given = list(params)
        if not given:
            raise ArgumentError(f"{type(self).__name__}: no parameters to optimise; pass model.parameters()")
        groups = given if isinstance(given[0], Mapping) else [{"params": given}]
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[int, dict[str, Any]] = {}
        for group in groups:
            unknown = group.keys() - defaults.keys() - {"params"}
            if unknown:
                raise ArgumentError(
                    f"{type(self).__name__}: no setting named {sorted(unknown)}; has {sorted(defaults)}"
                )
            settings = {**defaults, **group, "params": list(group["params"])}
            self._check(settings)
            self.param_groups.append(settings)
        parameters = self._parameters()
        for parameter in parameters:
            if not (isinstance(parameter, Tensor) and parameter.is_leaf and parameter.requires_grad):
                raise ArgumentError(
                    f"{type(self).__name__}: parameters are leaf tensors that require a gradient, got {parameter!r}"
                )
        if len(set(parameters)) != len(parameters):
            raise ArgumentError(f"{type(self).__name__}: a parameter is listed twice and would be updated twice a step")

    def _check(self, settings: dict[str, Any]) -> None:
        """Refuse settings out of range; subclasses add theirs."""
        self._require(settings, "lr", settings["lr"] >= 0, "at least 0")
        self._require(settings, "weight_decay", settings["weight_decay"] >= 0, "at least 0")

    def _require(self, settings: dict[str, Any], name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ArgumentError(f"{type(self).__name__}: {name} must be {expected}, got {settings[name]}")

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        index = 0
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    if index not in self.state:
                        self.state[index] = self._initial_state(parameter, group)
                    self._update(parameter, parameter.grad, self.state[index], group)
                index += 1

    def _initial_state(self, parameter: Tensor, settings: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def _update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], settings: dict[str, Any]) -> None:
        raise NotImplementedError

    def set_lr(self, lr: float) -> None:
        """Use this learning rate, in all groups, from the next step on."""
        for group in self.param_groups:
            group["lr"] = lr

    def zero_grad(self) -> None:
        """Forget the gradients, before those of the next step are added up."""
        for parameter in self._parameters():
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
        name = type(self).__name__
        groups = state_dict["param_groups"]
        counts = [len(group["params"]) for group in self.param_groups]
        if [group["params"] for group in groups] != counts:
            raise ArgumentError(
                f"{name}: a state for groups of {[group['params'] for group in groups]} parameters; here are {counts}"
            )
        parameters = self._parameters()
        state: dict[int, dict[str, Any]] = {}
        for index, entries in state_dict["state"].items():
            index = int(index)
            if not 0 <= index < len(parameters):
                raise ArgumentError(f"{name}: a state for parameter {index}; there are {len(parameters)}")
            settings = next(g for g in self.param_groups if any(p is parameters[index] for p in g["params"]))
            wanted = self._initial_state(parameters[index], settings)
            if entries.keys() != wanted.keys():
                raise ArgumentError(
                    f"{name}: parameter {index} needs the state {sorted(wanted)}, got {sorted(entries)}; "
                    "was it saved by another optimiser?"
                )
            for key, value in wanted.items():
                if isinstance(value, Tensor):
                    if np.shape(entries[key]) != value.shape:
                        raise ArgumentError(
                            f"{name}: {key} of parameter {index} has shape {value.shape}, got {np.shape(entries[key])}"
                        )
                    wanted[key] = ag.tensor(entries[key], dtype=value.dtype)
                else:
                    wanted[key] = type(value)(entries[key])
            state[index] = wanted
        for group, saved in zip(self.param_groups, groups, strict=True):
            settings = {key: value for key, value in saved.items() if key != "params"}
            if settings.keys() != group.keys() - {"params"}:
                raise ArgumentError(f"{name}: settings {sorted(group.keys() - {'params'})}, got {sorted(settings)}")
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({key: value for key, value in saved.items() if key != "params"})
        self.state = state
