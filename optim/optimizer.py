"""What all optimisers share: parameter groups, rates, state per parameter, saving and loading it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from autograd_core import (
    ArgumentError,
    Tensor,
    Update,
    UpdateRule,
    apply_updates,
    did_you_mean,
    forget_programs,
    refuse_to_compile,
    zeros_like,
)
from optim.arguments import check_leaves, check_parts, listed, loaded_array, loaded_dictionary, loaded_number
from optim.kinds import RATE, require
from optim.parameter_group import ParameterGroup, checked_setting
from optim.repetition import Repetition
from optim.torch_state import from_torch, is_torchs

Settings = dict[str, Any]
State = dict[str, Any]
Numbers = dict[str, float]
Loss = TypeVar("Loss")
_LATER = {"maximize"}  # settings that states saved before there were such lack
_Call = tuple[Update, list[str], Numbers]  # a rule with its numbers, names of its state, what is carried


@dataclass
class _Known:
    """What a group's settings say of its rule's numbers; those that are computed at each step may take their place."""

    settings: Settings  # as they were
    rule: UpdateRule
    numbers: Numbers
    names: list[str]  # of the state
    computed: Numbers | None = None  # at the step before, and what that called
    call: _Call | None = None

    def is_of(self, settings: Settings, rule: UpdateRule) -> bool:
        """Whether nothing has changed since."""
        same_list = self.settings["params"] is settings["params"]  # of two lists the tensors would be compared
        return self.rule is rule and same_list and self.settings == settings


class Optimizer:
    """Base of the optimisers: a subclass is its rule, the names of its state and its numbers.

    - `rule` is an `update_rule` that reads the gradient and updates the parameter and then the state. Where settings
      or the step choose among several, `rule_for` does.
    - `state_names` says under which names the state is saved that the rule's formula has letters for. Each array has
      the parameter's shape and begins at zero.
    - The rule's numbers are settings by their names; `beta1` and `beta2` of the setting `betas`; `decay` and `shrink`
      of the weight decay; and what `numbers` computes, once for all parameters of a group that are at the same step.
    - `carried` are numbers that the state keeps beside `step`, as they are at first: `numbers` gets them as of the step
      before, by name, and returns them as they are then.
    - `__init__` lists the settings, `lr` among them, with their defaults and, as annotations, the values they may have
      (`optim.kinds`). It hands all of them on: `super().__init__(locals())`.

    docs/adding-an-optimiser.md has an example.

    `params` are the tensors to update, or dictionaries `{"params": tensors, "lr": ..., ...}`, each a
    group with settings of its own. State is made at the first step and kept in the parameters' order. Frozen ones are
    left as they are, until they require a gradient again and get one.

    `weight_decay` λ either adds λ·p to the gradient (coupled: L2) or, with `decoupled_weight_decay`, shrinks the
    parameter by lr·λ of itself beside the step (Loshchilov and Hutter 2019); the adaptive rates do not see it then.
    With `maximize` the steps go up the gradients rather than down; weights decay as ever.

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

    rule: UpdateRule
    state_names: Mapping[str, str] = {}
    carried: Mapping[str, float] = {}

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        given = listed(self._name, arguments["params"])
        if not given:
            raise ArgumentError(f"{self._name}: no parameters to optimise; pass model.parameters()")
        no_settings = {"self", "params", "__class__"}  # what locals() has beside them
        self.defaults = self._checked({k: x for k, x in arguments.items() if k not in no_settings})
        if "lr" not in self.defaults:
            raise ArgumentError(f"{self._name}: an optimiser has a setting lr; got {sorted(self.defaults)}")
        self.param_groups: list[Settings] = []  # each a ParameterGroup
        self.state: dict[int, State] = {}
        self._known: dict[int, _Known] = {}  # by the group's index
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)
        if not any(parameter.requires_grad for parameter in self._parameters()):
            raise ArgumentError(f"{self._name}: no parameter requires a gradient; unfreeze what is to be learned")

    def rule_for(self, settings: Settings, step: int) -> UpdateRule:
        """The rule of this step, from 1 on. Those of one parameter must have the same state."""
        return self.rule

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """Those of the rule's numbers that are no settings, at this step, from 1 on; others are ignored."""
        return {}

    def check(self, settings: Settings) -> None:
        """Raise `ArgumentError` for settings that do not go together; each alone is as its annotation says."""

    def new_state(self, parameter: Tensor, settings: Settings) -> State:
        """The parameter's state before the first step: arrays and numbers by name; `step` counts."""
        names = self._saved_names(self.rule_for(settings, 1))
        return {"step": 0, **self.carried, **{name: zeros_like(parameter) for name in names}}

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_known": {}}  # rules are made by decorators, and cannot be pickled

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
            raise ArgumentError(
                f"{self._name}: no setting named {sorted(unknown)}; has {sorted(self.defaults)}"
                f"{did_you_mean(min(map(str, unknown)), self.defaults)}"
            )
        parameters = param_group["params"]
        parameters = [parameters] if isinstance(parameters, Tensor) else listed(self._name, parameters)
        settings = self._checked({**self.defaults, **param_group, "params": parameters})
        settings["lr_scale"] = self._lr_scale(settings["lr"])
        check_leaves(self._name, parameters)
        known = [*self._parameters(), *parameters]
        if len({id(parameter) for parameter in known}) != len(known):
            raise ArgumentError(f"{self._name}: a parameter is listed twice and would be updated twice a step")
        self.param_groups.append(ParameterGroup(type(self), settings))
        forget_programs()

    def _lr_scale(self, lr: float) -> float:
        base = self.defaults["lr"]
        if lr == base:
            return 1.0
        if base == 0:
            raise ArgumentError(f"{self._name}: a group with the lr {lr} needs the optimiser's own above 0, got {base}")
        return float(lr / base)

    def _checked(self, settings: Settings) -> Settings:
        """Settings as they are kept, each of its kind and all fit for each other."""
        settings = {name: checked_setting(type(self), name, value) for name, value in settings.items()}
        self.check(settings)
        return settings

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], Loss]) -> Loss: ...
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        `closure`, if there is one, is called first: it computes the loss and its gradients, and what it returns is
        returned.
        """
        loss = None if closure is None else closure()
        apply_updates(self._count_step, self._repetition)
        return loss

    def _count_step(self) -> list[tuple[Update, list[Tensor]]]:
        """The next step's updates, each with its tensors; what the state has besides tensors is then that of it."""
        updates: list[tuple[Update, list[Tensor]]] = []
        index = 0
        for place_of_group, group in enumerate(self.param_groups):
            calls: dict[Any, _Call] = {}  # by all that numbers depend on
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is not None:
                    state = self.state.get(index)
                    if state is None:
                        state = self.state[index] = self.new_state(parameter, group)
                    step = state["step"] = state["step"] + 1
                    place = (step, *[state[name] for name in self.carried]) if self.carried else step
                    call = calls.get(place)
                    if call is None:
                        call = calls[place] = self._call(place_of_group, state)
                    update, names, carried = call
                    tensors = [gradient, parameter]
                    if names:
                        try:
                            tensors += [state[name] for name in names]
                        except KeyError:  # a setting has changed that asks for more, such as a momentum above 0
                            state.update(self.new_state(parameter, group) | state)
                            tensors += [state[name] for name in names]
                    updates.append((update, tensors))
                    if carried:
                        state.update(carried)
                index += 1
        return updates

    def _repetition(self, listed: Sequence[tuple[Update, Sequence[Tensor]]]) -> Repetition:
        """What counts the next steps, without a list while they update what is listed here, else by `_count_step`."""
        return Repetition(self, listed, self._call, self._count_step)

    def _call(self, index: int, state: State) -> _Call:
        settings = self.param_groups[index]
        rule = self.rule_for(settings, state["step"])
        carried = {name: state[name] for name in self.carried} if self.carried else {}
        computed = self.numbers(settings, state["step"], **carried)
        known = self._known.get(index)
        if known is None or not known.is_of(settings, rule):
            known = self._known[index] = self._know(settings, rule)
        if known.call is not None and known.computed == computed:
            return known.call
        changes = {name: computed[name] for name in rule.numbers if name in computed}
        carried = {name: computed[name] for name in carried}
        if known.call is not None and known.computed is not None and known.computed.keys() == computed.keys():
            known.computed = computed
            known.call = known.call[0].with_changes(changes), known.names, carried
            return known.call
        numbers = known.numbers | changes
        if len(numbers) < len(rule.numbers):
            raise ArgumentError(
                f"{self._name}: {rule.name} takes the numbers {rule.numbers}, of which only {sorted(numbers)} are"
                f" settings or computed by numbers(), which gives {sorted(computed)}"
            )
        known.computed = computed
        update = rule.with_numbers(numbers, bool(settings.get("maximize")))
        known.call = update, known.names, carried
        return known.call

    def _know(self, settings: Settings, rule: UpdateRule) -> _Known:
        numbers = {**settings, **_common_numbers(settings)}
        numbers = {name: numbers[name] for name in rule.numbers if name in numbers}
        return _Known(dict(settings), rule, numbers, self._saved_names(rule))

    def _saved_names(self, rule: UpdateRule) -> list[str]:
        if len(rule.read) != 1 or not rule.updated:
            raise ArgumentError(
                f"{self._name}: an optimiser's rule reads the gradient and updates the parameter and its state,"
                f" {rule.name}(gradient, /, parameter, ...); got one that reads {rule.read} and updates {rule.updated}"
            )
        return [self.state_names.get(letter, letter) for letter in rule.updated[1:]]

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse attributes that look like settings and would change nothing."""
        if name in vars(self).get("defaults", ()) and name != "lr":
            raise ArgumentError(
                f"{self._name}: {name} is a setting of parameter groups; write "
                f'optimizer.param_groups[0]["{name}"] = {value!r}, or for all of them in a loop'
            )
        if name not in vars(self) and type(value) in (int, float) and "param_groups" in vars(self):
            meant = did_you_mean(name, self.defaults)
            if meant and not hasattr(type(self), name):
                raise ArgumentError(f"{self._name}: {name} is no setting, and setting it would change nothing{meant}")
        super().__setattr__(name, value)

    @property
    def lr(self) -> float:
        """The learning rate of groups without one of their own; `optimizer.lr = 0.1` is `set_lr(0.1)`."""
        group = next((group for group in self.param_groups if group["lr_scale"] == 1), self.param_groups[0])
        return float(group["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        self.set_lr(lr)

    def set_lr(self, lr: float) -> None:
        """Use this learning rate from the next step on; in a group with an lr of its own, its `lr_scale` of it.

        Other rates per group are set where they stand: `optimizer.param_groups[1]["lr"] = ...`.
        """
        require(self._name, RATE, lr=lr)
        refuse_to_compile("setting a rate", "set it before the compiled function is called")
        for group in self.param_groups:
            dict.__setitem__(group, "lr", float(lr) * group["lr_scale"])  # which is a rate, as lr was found to be

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, before those of the next step are added up, or fill those that there are with zeros.

        A step leaves a parameter alone that has no gradient; one whose gradient is zero still moves by its momentum.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None if set_to_none or parameter.grad is None else zeros_like(parameter)

    def state_dict(self) -> dict[str, Any]:
        """Settings and state: arrays, numbers and nothing else; enough to go on to the bit as if never stopped."""
        return {
            "state": {
                index: {
                    name: Tensor(value).numpy() if isinstance(value, Tensor) else value  # a copy, as Module's are
                    for name, value in entries.items()
                }
                for index, entries in self.state.items()
            },
            "param_groups": [
                {name: len(value) if name == "params" else value for name, value in group.items()}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave for the same parameters; refused as a whole if it does not fit.

        What PyTorch's optimiser of this name gave is taken as well, as tensors or arrays; `nn.load_optimizer_state`
        reads it from a file.
        """
        if is_torchs(state_dict):
            state_dict = from_torch(self._name, state_dict, self.param_groups)
        check_parts(self._name, state_dict, ("state", "param_groups"))
        groups = self._loaded_groups(state_dict["param_groups"])
        owners = [(parameter, group) for group in groups for parameter in group["params"]]
        state: dict[int, State] = {}
        places = {str(index): index for index in range(len(owners))}  # JSON makes text of them
        for key, entries in loaded_dictionary(self._name, "state", state_dict["state"]).items():
            index = places.get(str(key))
            if index is None:
                raise ArgumentError(f"{self._name}: a state for parameter {key}; there are {len(owners)}")
            entries = loaded_dictionary(self._name, f"state.{index}", entries)
            parameter, group = owners[index]
            new = self.new_state(parameter, group)
            unused = entries.keys() & set(self.state_names.values()) - new.keys()  # since, say, the momentum became 0
            new |= {name: zeros_like(parameter) for name in unused}
            state[index] = self._loaded_state(index, entries, new)
        for group, loaded in zip(self.param_groups, groups, strict=True):
            group.update(loaded)
        self.state = state
        forget_programs()

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
            later = {name: self.defaults[name] for name in _LATER & group.keys() - settings.keys()}
            settings = {**settings, **later}
            if settings.keys() != group.keys():
                raise ArgumentError(
                    f"{self._name}: a state with the settings {sorted(settings)}; here are {sorted(group)};"
                    " was it saved by another optimiser?"
                )
            groups.append(self._checked({**settings, "params": group["params"]}))
        return groups

    def _loaded_state(self, index: int, entries: Mapping[str, Any], new: State) -> State:
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


def _common_numbers(settings: Settings) -> Numbers:
    """What follows from settings that many have.

    Weights decay by g ← g + decay·p (coupled, L2) or by p ← shrink·p (decoupled), never both.
    """
    numbers = {}
    if "betas" in settings:
        numbers["beta1"], numbers["beta2"] = settings["betas"]
    decay, decoupled = settings.get("weight_decay", 0.0), settings.get("decoupled_weight_decay", False)
    numbers["decay"] = 0.0 if decoupled else decay
    numbers["shrink"] = 1.0 - settings["lr"] * decay if decoupled else 1.0
    return numbers
