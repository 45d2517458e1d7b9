"""What PyTorch's optimisers save, as ours load it: `optimizer.load_state_dict` takes either."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_core import ArgumentError

# Settings of PyTorch's that say how it computes, and what its schedules keep beside the rate.
_NO_SETTINGS = {"foreach", "fused", "capturable", "differentiable", "initial_lr"}
# What PyTorch keeps of each parameter that follows from the rest here.
_FOLLOWS = {"ASGD": {"eta", "mu"}}


def is_torchs(state_dict: Any) -> bool:
    """Whether a state is of PyTorch's form, in which groups list the numbers of their parameters; ours counts them."""
    groups = state_dict.get("param_groups") if isinstance(state_dict, Mapping) else None
    return isinstance(groups, (list, tuple)) and any(
        isinstance(group, Mapping) and isinstance(group.get("params"), (list, tuple)) for group in groups
    )


def from_torch(name: str, state_dict: Mapping[str, Any], groups: list[dict[str, Any]]) -> dict[str, Any]:
    """The state in our form, for the optimiser `name` with these groups. Errors: ArgumentError.

    Parameters are told by their place in the groups, as PyTorch does it. Settings that PyTorch has not are those of
    the groups here.
    """
    if name == "LBFGS":
        raise ArgumentError("LBFGS: a state of PyTorch's is not taken, whose history is kept otherwise; start anew")
    saved = state_dict["param_groups"]
    if len(saved) != len(groups):
        raise ArgumentError(
            f"{name}: a state of PyTorch's for {len(saved)} groups of parameters; here are {len(groups)}"
        )
    keys = [key for group in saved for key in group["params"]]
    state = state_dict.get("state", {})
    unknown = {str(key) for key in state} - {str(key) for key in keys}
    if unknown:
        raise ArgumentError(f"{name}: a state of PyTorch's for parameters {sorted(unknown)}, which no group lists")
    by_name = {str(key): entries for key, entries in state.items()}
    found = {i: _entries(name, by_name[str(key)]) for i, key in enumerate(keys) if str(key) in by_name}
    return {
        "state": {i: entries for i, entries in found.items() if entries},
        "param_groups": [_settings(name, *pair) for pair in zip(saved, groups, strict=True)],
    }


def _settings(name: str, saved: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in saved.items() if key not in _NO_SETTINGS}
    unknown = settings.keys() - group.keys()
    if unknown:
        raise ArgumentError(
            f"{name}: a state of PyTorch's with the settings {sorted(unknown)}, which there are not here; "
            "was it saved by another optimiser?"
        )
    settings = {key: _plain(f"{name}: {key}", value) for key, value in settings.items()}
    return {**group, **settings, "params": len(saved["params"])}


def _entries(name: str, saved: Mapping[str, Any]) -> dict[str, Any]:
    """The state of one parameter: arrays, and numbers where PyTorch has arrays of one; `step`, where it has none, is 1.

    What is None has not been begun.
    """
    follows = _FOLLOWS.get(name, set())
    entries = {
        key: _plain(f"{name}: {key}", value) for key, value in saved.items() if value is not None and key not in follows
    }
    if entries and "step" not in entries:
        entries["step"] = 1  # SGD, Muon: whose first step alone differs from others
    if "step" in entries:
        entries["step"] = int(entries["step"])
    return entries


def _plain(what: str, value: Any) -> Any:
    """Numbers, words and arrays, of which one number without axes is that number."""
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(what, part) for part in value]
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ArgumentError(f"{what} is a {type(value).__name__} that makes no array ({error}); convert it") from None
    return array.item() if array.ndim == 0 else array
