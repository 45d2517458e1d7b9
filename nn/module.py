"""Module: a function with parameters, made of other such functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from autograd_core import (
    ArgumentError,
    AutogradError,
    DTypeError,
    Tensor,
    depends_on,
    forget_programs,
    refuse_to_compile,
    wanted_dtype,
    zeros_like,
)
from nn.arguments import kind_of
from nn.errors import StateError
from nn.hooks import Handle, Hooks
from nn.listed_parts import ListedParts
from nn.settings_text import names_of_settings, setting_meant, settings_text


class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires a gradient."""

    __slots__ = ()

    def __init__(self, data: Any, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = True) -> None:
        super().__init__(data, dtype=dtype, requires_grad=requires_grad)


Part = TypeVar("Part", Tensor, "Module")


P = ParamSpec("P")
Output = TypeVar("Output", covariant=True)


class Forward(Protocol[P, Output]):
    """For type checkers, a module: its call takes what its `forward` takes, and gives what that gives."""

    def forward(self, *inputs: P.args, **named: P.kwargs) -> Output:
        """What it computes."""
        ...


class LoadedKeys(NamedTuple):
    """What `load_state_dict(..., strict=False)` did without: names the state lacked, and names the module lacks."""

    missing_keys: list[str]
    unexpected_keys: list[str]


_PLAIN = (bool, int, float, str)  # what settings are
_HOLDERS = (list, tuple, dict)  # whose entries are parts, too


class Module:
    """Base of all layers and networks: set Parameters and Modules as attributes, write `forward`.

    What is set as an attribute is found by its type: a Parameter is learned, a Module is a part
    (its parameters count as this one's, as `name.weight`). Lists, tuples and dictionaries of them
    count as well, as `layers.0.weight`. Any other Tensor is left alone, say one that `forward`
    keeps to be looked at; what is to be saved with the parameters, but not learned, is made a
    buffer by `register_buffer`.

        class Net(Module):
            def __init__(self):
                self.hidden = Linear(2, 3)
                self.output = Linear(3, 1)

            def forward(self, x):
                return self.output(self.hidden(x).relu())

    names its parameters hidden.weight, hidden.bias, output.weight, output.bias.
    """

    training: bool = True
    _is_compiled = False  # whether compiled steps may depend on its attributes
    _hooks: Hooks | None = None
    _buffers: Mapping[str, bool] = {}  # the names of this module's own buffers, and whether each is saved

    _called_with: frozenset[str] = frozenset()  # the names of parameters that others stand for, in `functional_call`
    parametrizations: Any  # where there are some: a ModuleDict
    _computed: frozenset[str] = frozenset()  # the names of parameters that nn.parametrizations compute

    if not TYPE_CHECKING:  # for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            if name in self._computed:
                return self.parametrizations[name]()
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._computed:
            raise StateError(
                f"{type(self).__name__}: {name} is computed from parametrizations.{name}; change what is there, or "
                f"take remove_parametrizations(module, {name!r})"
            )
        if isinstance(vars(self).get(name), Parameter) and not isinstance(value, Parameter | Module | None):
            raise StateError(
                f"{type(self).__name__}: {name} is a Parameter, and {kind_of(value)} in its place would not be "
                f"learned; set Parameter(...), or {name}.assign(...) for new numbers"
            )
        if isinstance(value, Parameter):
            self._forget_buffer(name)
        elif type(value) in _PLAIN and name not in vars(self):
            self._check_setting(name, value)
        if name in self._buffers:
            self._check_buffer(name, value)
        if self._is_compiled and name != "training" and vars(self).get(name, self) is not value:
            forget_programs()  # they have the old one; of each mode there are programs of their own
            if isinstance(value, Module):
                value.__compiled__()
        super().__setattr__(name, value)

    def _check_setting(self, name: str, value: Any) -> None:
        """Refuse an attribute that looks like a setting of this layer, or of all, and would change nothing."""
        kind: Any = type(self)
        hides = name in ("train", "eval")
        if name in names_of_settings(kind) or (hasattr(kind, name) and not hides):
            return
        if name == "requires_grad":
            raise ArgumentError(
                f"{kind.__name__}: a module has no requires_grad, its parameters have; write "
                f"{'unfreeze' if value else 'freeze'}(), or requires_grad_({value!r})"
            )
        if hides:
            raise ArgumentError(f"{kind.__name__}: {name} is a method, which {value!r} would hide; call it: {name}()")
        if kind.__module__.startswith("nn.layers.") and (meant := setting_meant(self, name)):
            raise ArgumentError(
                f"{kind.__name__}: {name} is no setting of it, and setting it would change nothing{meant}"
            )

    def __delattr__(self, name: str) -> None:
        if self._is_compiled:
            forget_programs()
        super().__delattr__(name)
        self._forget_buffer(name)

    def _forget_buffer(self, name: str) -> None:
        if name in self._buffers:
            self._buffers = {other: saved for other, saved in self._buffers.items() if other != name}

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: of a recorded tensor that `forward` kept the numbers, for no history can be copied."""
        return {
            name: value.detach() if isinstance(value, Tensor) and value.node is not None else value
            for name, value in vars(self).items()
        }

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What this module computes; subclasses write it, callers call the module itself."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define forward(self, x)")

    def __call__(self: Forward[P, Output], *inputs: P.args, **named: P.kwargs) -> Output:
        """Compute `forward`, with the hooks around it. Notes on an error say in which layer it rose."""
        module: Any = self
        if depends_on(self, "training"):
            module.__compiled__()
        hooks = module._hooks
        if hooks:
            refuse_to_compile("a module's hook", "remove it, or do without compiling")
        try:
            return hooks.around(module, inputs, named) if hooks else self.forward(*inputs, **named)
        except AutogradError as error:
            _note_where(error, module)
            raise

    def __compiled__(self) -> None:
        """A compiled step may read this module: have it captured anew if an attribute or part becomes another."""
        for part in self.modules():
            vars(part)["_is_compiled"] = True

    def register_forward_pre_hook(self, hook: Callable[[Any, Any], Any]) -> Handle:
        """Call hook(module, inputs) before every forward; what it returns, unless None, replaces the inputs.

        The inputs come as a tuple of those given by position; `handle.remove()`, or the end of a with-block over the
        handle, removes the hook.
        """
        return self._own_hooks().add_before(hook)

    def register_forward_hook(self, hook: Callable[[Any, Any, Any], Any]) -> Handle:
        """Call hook(module, inputs, output) after every forward; what it returns, unless None, replaces the output."""
        return self._own_hooks().add_after(hook)

    def register_full_backward_hook(self, hook: Callable[[Any, Any, Any], Any]) -> Handle:
        """Call hook(module, grad_input, grad_output) when a backward pass has gone through the module.

        Both are tuples of gradients: of the inputs given by position, in which None stands for what has none, and of
        the outputs, in the order of nested tuples. The hook is called once they are there; where no input requires a
        gradient, once those of the outputs are. What it returns, unless None, takes the place of `grad_input`: a
        gradient for each input. In a pass with `create_graph` the gradients are recorded.
        """
        return self._own_hooks().add_backward(hook)

    def _own_hooks(self) -> Hooks:
        forget_programs()
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    def _named_parts(self) -> Iterator[tuple[str, Any]]:
        """What is set as an attribute of this module, by name; entries of lists and dictionaries as `name.key`."""
        for name, value in vars(self).items():
            if isinstance(value, _HOLDERS):
                yield from _entries(name, value)
            else:  # as nearly all are; a generator for each is most of what a walk through a small network would cost
                yield name, value

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules set as attributes of this one, or held in its lists and dictionaries, by name."""
        for name, value in self._named_parts():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> ListedParts[Module]:
        """The modules of `named_children`."""
        return ListedParts(child for _, child in self.named_children())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module (named "") and all beneath it, by dotted name; one that is shared comes once."""
        yield from _each_once(self._walk(""))

    def modules(self) -> ListedParts[Module]:
        """The modules of `named_modules`."""
        return ListedParts(module for _, module in self.named_modules())

    def _walk(self, prefix: str) -> Iterator[tuple[str, Module]]:
        """As `named_modules`, but a shared module comes under each of its names."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child._walk(f"{prefix}.{name}" if prefix else name)

    def _named_tensors(self, saved: bool = False) -> Iterator[tuple[str, Tensor]]:
        """Every parameter and buffer, or only what is `saved`; a shared one comes under each of its names."""
        wanted = (True,) if saved else (True, False)
        for prefix, module in self._walk(""):
            for name, value in module._named_parts():
                if isinstance(value, Parameter) or (isinstance(value, Tensor) and module._buffers.get(name) in wanted):
                    yield f"{prefix}.{name}" if prefix else name, value

    def own_parameters(self) -> list[Parameter]:
        """The parameters of this module itself, not those of its parts."""
        return [part for name, part in self._named_parts() if self._is_learned(name, part)]

    def _is_learned(self, name: str, part: Any) -> bool:
        """Whether this part is a parameter, or in the place of one."""
        return isinstance(part, Parameter) or name in self._called_with

    def add_module(self, name: str, module: Module) -> None:
        """Set a part by a name that is computed; `self.name = module` does the same for one that is known."""
        if not isinstance(module, Module):
            raise TypeError(f"{type(self).__name__}: takes modules, got {kind_of(module)} as {name!r}")
        self._check_name("module", name, isinstance(getattr(self, name, None), Module | None))
        setattr(self, name, module)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Set a tensor that is converted with the parameters and saved with them, but not learned.

        Tensors that are set by its name from then on, as in `self.name = tensor`, take its place. `None` keeps the
        place for one; without `persistent` it is not saved, as what can be computed again. A Parameter that is set
        by its name is learned, and the name is no buffer's from then on.
        Errors: ArgumentError for a name with another meaning, StateError for what is no tensor, or was recorded.
        """
        self._check_name("buffer", name, name in self._buffers or getattr(self, name, None) is None)
        self._check_buffer(name, tensor)
        if isinstance(tensor, Parameter):
            raise StateError(
                f"{type(self).__name__}: a buffer is not learned, and {name} was given a Parameter; set it as an "
                "attribute to have it learned, or take .detach() of it"
            )
        self._buffers = {**self._buffers, name: persistent}  # a new one: the empty one is that of all modules
        setattr(self, name, tensor)

    def _check_name(self, kind: str, name: str, free: bool) -> None:
        """Refuse what cannot name a part of this module, or is not `free` to."""
        called = f"{type(self).__name__}: {name!r} cannot name a {kind}"
        if not name or "." in name:
            raise ArgumentError(f"{called}: no empty names, and no dots")
        if not free or hasattr(Module, name):
            raise ArgumentError(f"{called}, for it has another meaning here; rename it")

    def _check_buffer(self, name: str, value: Any) -> None:
        """Refuse what cannot be saved."""
        if not isinstance(value, Tensor | None):
            raise StateError(
                f"{type(self).__name__}: {name} is a buffer, and takes a tensor or None, got {kind_of(value)}"
            )
        if value is not None and value.node is not None:
            raise StateError(
                f"{type(self).__name__}: {name} is a buffer, and this tensor was computed from others, with a history "
                "that cannot be saved; take .detach() of it"
            )

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every learned tensor, by dotted name; one that is shared comes once, under its first name."""
        for name, value in _each_once(self._named_tensors()):
            if isinstance(value, Parameter):
                yield name, value

    def parameters(self) -> ListedParts[Parameter]:
        """Every learned tensor; `next(net.parameters())` is the first, as of PyTorch's iterator."""
        return ListedParts(parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """What `register_buffer` has set here and beneath, by dotted name; one that is shared comes once."""
        for name, value in _each_once(self._named_tensors()):
            if not isinstance(value, Parameter):
                yield name, value

    def buffers(self) -> ListedParts[Tensor]:
        """The tensors of `named_buffers`."""
        return ListedParts(buffer for _, buffer in self.named_buffers())

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Call `function` with every module beneath this one and with itself: to initialise, say.

        Parts come before what they are part of, and in order, so that random numbers are drawn as in PyTorch.
        """
        for module in dict.fromkeys(self._parts_first()):
            function(module)
        return self

    def _parts_first(self) -> Iterator[Module]:
        for child in self.children():
            yield from child._parts_first()
        yield self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have all parameters learned, or none; see `freeze`."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def freeze(self) -> Self:
        """Keep all parameters as they are: no gradient is computed for them, and an optimiser's step leaves them alone.

        Running means are not parameters: `eval()` keeps those.
        """
        self.zero_grad()
        return self.requires_grad_(False)

    def unfreeze(self) -> Self:
        """Have all parameters learned again."""
        return self.requires_grad_(True)

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Bring all floating-point parameters and buffers to a dtype. They stay the same objects, as optimisers need.

        Errors: DTypeError for what is no floating-point dtype.
        """
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            raise DTypeError(f"{type(self).__name__}: astype takes float32 or float64, got {dtype!r}") from None
        if wanted.kind != "f":
            raise DTypeError(f"{type(self).__name__}: parameters are floating-point numbers, not {wanted}")
        for _, value in _each_once(self._named_tensors()):
            if value.dtype.kind == "f":
                value.assign(value, dtype=wanted)
                value.grad = None if value.grad is None else value.grad.astype(wanted)
        return self

    def double(self) -> Self:
        """Bring all floating-point parameters and buffers to float64."""
        return self.astype(np.float64)

    def float(self) -> Self:
        """Bring all floating-point parameters and buffers to float32."""
        return self.astype(np.float32)

    def to(self, target: Any = None, dtype: npt.DTypeLike | None = None, *, device: Any = None) -> Self:
        """Bring all floating-point parameters and buffers to a dtype: `net.to(np.float64)`. `to("cpu")` does nothing.

        Errors: ArgumentError for a device that is not the CPU, DTypeError for what is no floating-point dtype.
        """
        wanted = wanted_dtype(type(self).__name__, target, dtype, device)
        return self if wanted is None else self.astype(wanted)

    def cpu(self) -> Self:
        """The module itself: it is on the CPU."""
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and its parts to training, or with `mode=False` to evaluation."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and its parts to evaluation."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill those that there are with zeros."""
        for parameter in self.parameters():
            parameter.grad = None if set_to_none or parameter.grad is None else zeros_like(parameter)

    def state_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Parameters and persistent buffers by dotted name, as read-only arrays; later training leaves them alone.

        They are copies: a compiled step could not write to memory that somebody looks at.
        """
        return {name: Tensor(value).numpy() for name, value in self._named_tensors(saved=True)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Take over parameters and persistent buffers by name.

        A tensor that the module has under several names (tied weights) may be there under one of them or more.
        Numbers of another precision are brought to the module's own.
        Without `strict`, names that only one side has are left alone, and returned.
        Errors: StateError lists every name that is missing, unexpected, of another shape or kind of number, or of
        other values than another name of the same tensor; nothing is changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise StateError(f"{type(self).__name__}: a state is a dictionary of arrays, got {kind_of(state_dict)}")
        names: dict[Tensor, list[str]] = {}
        for name, tensor in self._named_tensors(saved=True):
            names.setdefault(tensor, []).append(name)
        own = {name for tied in names.values() for name in tied}
        unexpected = [name for name in state_dict if name not in own]
        missing = [name for tied in names.values() if not any(name in state_dict for name in tied) for name in tied]
        problems: list[str] = []
        if strict:
            shapes = {name: tensor.shape for tensor, tied in names.items() for name in tied}
            problems += [f"missing {name} {shapes[name]}" for name in missing]
            problems += [f"unexpected {name} {_shape(state_dict[name])}{self._unsaved(name)}" for name in unexpected]
        new: dict[Tensor, npt.NDArray[Any]] = {}
        for tensor, tied in names.items():
            for name in tied:
                if name in state_dict:
                    try:
                        array = _fitting(state_dict[name], tensor)
                    except ValueError as problem:
                        problems.append(f"{name} {problem}")
                        continue
                    if not np.array_equal(new.setdefault(tensor, array), array, equal_nan=True):
                        problems.append(f"{' and '.join(tied)} are one tensor here, and the state has two")
        if problems:
            raise StateError(f"{type(self).__name__} cannot take over this state: {'; '.join(problems)}")
        for tensor, array in new.items():
            tensor.assign(array)
        return LoadedKeys(missing, unexpected)

    def _unsaved(self, dotted: str) -> str:
        """For a name in a state that this module would not save: what there is by that name, if a tensor."""
        path, _, name = dotted.rpartition(".")
        module = dict(self._walk("")).get(path)
        if not isinstance(vars(module).get(name) if module else None, Tensor):
            return ""
        return f" (a tensor that is saved only once register_buffer({name!r}, ...) has made it a persistent buffer)"

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int | None:
        """How many additions and multiplications a call took, its parts' left out; None where nobody has counted."""
        return None

    def summary(self, *inputs: Any) -> str:
        """A table of the layers that a call with these inputs goes through: output shapes, parameters, operations.

        See `nn.summary.summarise`, which gives the same as numbers.
        """
        from nn.summary import summarise

        return str(summarise(self, *inputs))

    def describe(self) -> str:
        """What `repr` shows between the parentheses: the settings that `__init__` was given; see `nn.settings_text`."""
        return settings_text(self)

    def __repr__(self) -> str:
        children = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        inside = "\n" + "\n".join(children) + "\n" if children else self.describe()
        return f"{type(self).__name__}({inside})"


def _entries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value by its name, or what a list or dictionary holds, each by its own."""
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _entries(f"{name}.{key}", part)
    else:
        yield name, value


def _fitting(value: Any, tensor: Tensor) -> npt.NDArray[Any]:
    """`value` as an array of the tensor's dtype. Raises ValueError, which says why, if it is none of its shape."""
    if _shape(value) != tensor.shape:
        raise ValueError(f"has shape {_shape(value)} instead of {tensor.shape}")
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"is of dtype {array.dtype} instead of {tensor.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):  # inf is the float32 that is nearest to 1e300
        fitting = array.astype(tensor.dtype, copy=False)
    if not np.can_cast(array.dtype, tensor.dtype, "same_kind") and not np.array_equal(fitting, array):
        raise ValueError(f"has numbers that are no {tensor.dtype}")
    return fitting


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape of what is, or can become, an array; None for lists of unequal lengths."""
    try:
        return tuple(np.shape(value))
    except ValueError:
        return None


def _each_once(named: Iterator[tuple[str, Part]]) -> Iterator[tuple[str, Part]]:
    """A tensor or module that is shared under its first name alone."""
    seen: set[int] = set()
    for name, value in named:
        if id(value) not in seen:
            seen.add(id(value))
            yield name, value


def _note_where(error: AutogradError, module: Module) -> None:
    """Say in which layer an error rose, and on its way up, what its parents call that layer."""
    inner = vars(error).get("risen_in")
    if inner is None:
        error.add_note(f"in {type(module).__name__}({'...' if module.children() else module.describe()})")
    else:
        names = [name for name, child in module.named_children() if child is inner]
        called = f"which is {names[0]} of" if names else "which was called by"
        error.add_note(f"{called} {type(module).__name__}")
    vars(error)["risen_in"] = module
