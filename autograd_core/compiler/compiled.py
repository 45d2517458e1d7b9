"""compile: a function as a program for each kind of arguments that it is called with."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable, Container
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

import numpy as np

from autograd_core.compiler.capture import Capture
from autograd_core.compiler.holders import holders, place_of
from autograd_core.compiler.kinds import MOST_PROGRAMS, PLAIN, Same, difference, plain_kind
from autograd_core.compiler.program import Program, Stale
from autograd_core.compiler.scalar import OfArraysError, ScalarFunction, Witness, is_float, value_and_gradients
from autograd_core.compiler.surroundings import Surroundings
from autograd_core.compiler.updates import OTHER_UPDATES
from autograd_core.errors import CompileError
from autograd_core.generator import default_generator
from autograd_core.graph import Node, topological_order
from autograd_core.ops.shaping import in_native_order
from autograd_core.recording import on_tape, thread
from autograd_core.tensor import Tensor
from autograd_core.transforms import map_tree
from autograd_core.value import Value

_STALE_OFTEN = 8

P = ParamSpec("P")
T = TypeVar("T")


@overload
def compile(function: Callable[P, T], *, check: bool = False) -> Compiled[P, T]: ...
@overload
def compile(*, check: bool = False) -> Callable[[Callable[P, T]], Compiled[P, T]]: ...
def compile(function: Callable[..., Any] | None = None, *, check: bool = False) -> Any:
    """A function that does what `function` does, without Python between its ops from the third or fourth call on.

    `function` is a whole training step, say: it clears gradients, computes a loss, calls `backward()` and updates, and
    returns tensors. Its first calls run it as it stands, while everything that it computes is written down; later ones
    run that again, on other inputs of the same shapes and dtypes. Leaves, their gradients and the state of optimisers
    are afterwards what they would be without compiling, up to rounding.

    Arguments may be (nested) tensors, arrays, which arrive as tensors, and anything else, which is a part of the
    function: other numbers make another program. So does what is new in the variables that it reads, or a helper of the
    same package: other numbers, another tensor, module, function or list; and in the attributes, by names that stand in
    their code, of objects, classes and Python's modules that these are or that are arguments. What changes within
    lists, dictionaries and arrays that are no arguments stays as it was captured.

    What Python does with the numbers of a step besides (print them, choose by them, count in a list) happens in the
    first calls alone. A tensor that it computes and puts elsewhere than in its result (a list, a buffer by `=`) is
    refused, for later runs would not. Where numbers are asked for (`item()`, `if loss < 1`, `print`), a CompileError
    names the line; what depends on them unnoticed shows in the fourth call at the latest, for one of them is run both
    ways and compared: CompileError. With `check` every call is, which takes longer than not to compile at all.

    A function of Values and floats is compiled, too: to flat arrays that kernels go through, with results, gradients
    and `.data` the same to the bit. (From Python 3.12 on `sum` of floats makes up for rounding: compiled, it adds them
    one by one, as a loop does.) Floats are then what is given anew at every call, and to the function they are floats,
    but for `type(x) is float`; ints, bools and all else are a part of it. It runs as it stands twice (three times if
    no argument is a Value), and what comes of it is compared. A Value that it returns is one node of a graph, whose
    parents are the arguments and leaves, and can be differentiated any number of times; if the function changes `.data`
    or `.grad`, it has no graph. For many inputs at once there are `compiled.batched(...)` and
    `compiled.value_and_grad(...)`.

    >>> import autograd_core as ag
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> @ag.compile
    ... def step(x):
    ...     w.grad = None
    ...     loss = ((w * x) ** 2).sum()
    ...     loss.backward()
    ...     w.assign(w - 0.1 * w.grad)
    ...     return loss
    >>> losses = [round(float(step(ag.tensor([1.0, 0.5]))), 4) for _ in range(5)]
    >>> losses
    [2.0, 1.5425, 1.2241, 0.9972, 0.8312]
    """
    if function is None:
        return functools.partial(compile, check=check)
    if not callable(function):
        raise CompileError(f"compile: takes a function, got {type(function).__name__}")
    return Compiled(function, check)


class Compiled(Generic[P, T]):
    """A function whose computation is captured, and then run again; `print` shows the programs."""

    def __init__(self, function: Callable[P, T], check: bool = False) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._check = check
        self._name = getattr(function, "__name__", type(function).__name__)
        self._entries: dict[Any, _Entry] = {}
        self._surroundings = Surroundings(function)
        self._updated: dict[int, Tensor] = {}  # the leaves that the function gave new numbers so far
        self._has_warned = False  # of too many kinds of arguments
        self._of_values: ScalarFunction | None = None  # what does it, once it is known to be a function of Values

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, instance: Any, owner: Any = None) -> Callable[..., T]: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: P.args, **named: P.kwargs) -> T:
        """The function's result, from its program if there is one for arguments like these."""
        recording = thread.recording
        if recording.capture is not None or recording.level is not None or recording.anomaly:
            # It is a part of what is compiled or mapped, or every number is to be looked at.
            args, named = map_tree(_as_argument, args), map_tree(_as_argument, named)
            return self._function(*args, **named)
        if self._of_values is not None:
            try:
                return self._of_values(*args, **named)  # type: ignore[no-any-return]
            except OfArraysError:
                pass
        inputs: list[Any] = []
        objects: list[Any] = []
        kinds = _kind(args, inputs, objects), _kind(named, inputs, objects) if named else ()
        around = self._surroundings.kinds(objects)
        key = (*kinds, recording.on, recording.winograd, *around)
        try:
            entry = self._entries.get(key)
        except TypeError as error:
            raise CompileError(f"compile: an argument is none that can be told from others: {error}") from None
        if entry is None:
            if len(self._entries) >= MOST_PROGRAMS:
                if not self._has_warned:  # its text has what changes, so Python would show it every time
                    self._has_warned = True
                    self._warn_of_many(key)
                self._entries.pop(next(iter(self._entries)))
            entry = self._entries[key] = _Entry(self._function, self._check, self._why(key), self._updated)
            if not inputs:
                return self._first_without_arrays(entry, args, named)  # type: ignore[no-any-return]
        return entry.call(args, named, inputs)  # type: ignore[no-any-return]

    def _warn_of_many(self, key: tuple[Any, ...]) -> None:
        warnings.warn(
            f"compile: {self._name} was called with more than {MOST_PROGRAMS} kinds of arguments, or things around it,"
            " and each is captured apart: pass what changes as tensors, and arrays in few shapes. "
            f"At last {self._why(key)}",
            RuntimeWarning,
            stacklevel=3,
        )

    def _why(self, key: tuple[Any, ...]) -> str:
        """What is new in the kinds of arguments `key`, for people."""
        if not self._entries:
            return "it was called first"
        modes = "no_grad", "allow_winograd"
        names = ["arguments", "named arguments", *modes, *self._surroundings.names]
        last = list(self._entries)[-1]
        found = [difference(name, a, b) for name, a, b in zip(names, last, key, strict=False) if a != b]
        return "; ".join(found)

    def _first_without_arrays(self, entry: _Entry, args: Any, named: Any) -> Any:
        """A first call, which shows whether it is a function of Tensors at all, or of Values or floats."""
        if _has_values((args, named)):
            return self._scalar(*args, **named)
        witness = Witness()
        with on_tape(witness):
            result = entry.call(args, named, [])
        if witness.saw_values or (entry.computes_nothing and _has_floats((args, named)) and _has_floats(result)):
            self._entries.clear()
            _ = self._scalar
        return result

    @property
    def _scalar(self) -> ScalarFunction:
        """What does it as a function of Values, from now on."""
        if self._check:
            raise CompileError(
                "compile: check is for functions of tensors; one of Values is compared to the bit in its first calls"
            )
        if self._of_values is None:
            self._of_values = ScalarFunction(self._function, self._surroundings.kinds)
        return self._of_values

    def batched(self, *args: Any) -> Any:
        """A function of Values or floats for many inputs at once: arrays of shape (n,) stand in place of some floats.

        Returns what the function does, with an array (n,) in the place of each number or Value. The function may run
        as it stands for the first input, and must not give leaves new numbers. Errors: ShapeError, CompileError.

        >>> import autograd_core as ag
        >>> ag.compile(lambda x, y: x * y + 1.0).batched(ag.arange(3.0).numpy(), 2.0)
        array([1., 3., 5.])
        """
        return self._scalar.in_lanes(*args)

    @functools.cached_property
    def _gradients(self) -> ScalarFunction:
        _ = self._scalar
        return ScalarFunction(value_and_gradients(self._function), self._surroundings.kinds)

    def value_and_grad(self, *args: Any) -> tuple[Any, tuple[Any, ...]]:
        """The number that a function of Values or floats gives, and its gradients: a tuple, nested as the arguments.

        Gradients are by floats and Values; a whole number is a constant, as in x**n, and has None in its place.
        The `.grad` of other Values that it uses, such as weights, grows as by `backward()`. With arrays (n,) in place
        of some floats all are arrays, a number for each input, and `.grad` grows by the sum over the inputs.

        >>> import autograd_core as ag
        >>> f = ag.compile(lambda x, y: x * y + ag.sin(x))
        >>> f.value_and_grad(0.0, 3.0)
        (0.0, (4.0, 0.0))
        """
        if any(map(_is_input, _leaves_of(args))):
            return self._gradients.in_lanes(*args)  # type: ignore[no-any-return]
        return self._gradients(*args)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<compiled {self._name}: {len(self._entries)} program(s)>"

    def __str__(self) -> str:
        if self._of_values is not None:
            return str(self._of_values)
        return "\n\n".join([repr(self), *[str(entry) for entry in self._entries.values()]])


class _Entry:
    """The programs of a function for arguments of one kind: one for each state of what guards ask for."""

    def __init__(self, function: Callable[..., Any], check: bool, why: str, updated: dict[int, Tensor]) -> None:
        self._function = function
        self._updated = updated  # the leaves that it gives new numbers, in this entry or another
        self._check = check
        self._why = why  # the next program is captured
        self._programs: list[_Ready] = []
        self._changes_leaves = False
        self._followed: dict[int, Tensor] = {}  # those that it reads, and that are given new numbers elsewhere
        self._stale = 0  # calls in a row for which a program was not fit any more

    def call(self, args: Any, named: Any, inputs: list[Any]) -> Any:
        unfit = None
        for ready in self._programs:
            if not ready.program.fits():
                unfit = ready.program
                continue
            is_checked = ready.checked and not self._check
            try:
                ready.program.check()
                outputs = ready.program.run(inputs) if is_checked else []
            except Stale as stale:
                self._drop(ready, str(stale))
                self._followed |= {id(leaf): leaf for leaf in stale.leaves}
                unfit = None
                break
            if not is_checked:
                return self._checked(ready, args, named, inputs)
            self._stale = 0
            return ready.result_of(outputs)
        if unfit is not None:
            self._why = unfit.why_unfit()
        return self._capture(args, named, inputs)

    @property
    def computes_nothing(self) -> bool:
        """Whether no op of Tensors was captured."""
        return not self._changes_leaves and not any(ready.program.instructions for ready in self._programs)

    def _drop(self, ready: _Ready, why: str) -> None:
        """Forget a program; the step is to be captured anew."""
        self._why = why
        self._programs.remove(ready)
        self._stale += 1
        if self._stale == _STALE_OFTEN:
            warnings.warn(
                f"compile: {_STALE_OFTEN} times in a row a step had to be captured anew, which is slow; at last "
                f"because {why}. Copy what is kept of leaves and gradients from one call to the next, for numpy(), "
                "detach() and p.grad are views of them; let leaves keep shapes, and optimisers rules and state",
                RuntimeWarning,
                stacklevel=4,
            )

    def _capture(self, args: Any, named: Any, inputs: list[Any]) -> Any:
        """Run the function eagerly, and make a program of that if what it changed lies in memory of its own.

        Leaves that are known to be changed are given such before; of others it may turn out afterwards.
        """
        self._programs = [ready for ready in self._programs if ready.program.is_current and not ready.of_first_run]
        for leaf in (*self._updated.values(), *self._followed.values()):
            if not holders.are_all_of(leaf):
                leaf.array = np.array(leaf.array, order="C")  # nobody else looks at this one, so runs may write to it
        capture, places, result = _captured(self._function, args, named, inputs, self._followed)
        known = self._updated.keys() >= capture.states.keys()
        leaves = [state.leaf for state in capture.states.values()]
        self._updated |= {id(leaf): leaf for leaf in leaves}
        self._changes_leaves = bool(leaves)
        outputs, tree = _outputs(capture, result)
        returned = _detached(result, capture)
        memory, blocks = capture.memory(), len(capture.pool)
        program = Program(capture, places, outputs)
        del result, capture, outputs, places, leaves
        held = program.count_in()
        if not (known or program.may_write()):  # the next capture will find the leaves in memory of their own
            tensors = program.tensors
            del program
            _refuse_kept(holders.kept_elsewhere(memory, tensors, 0))
            return returned
        program.settle()
        program.own()
        memory = [*[weakref.ref(array) for array in program.written], *memory]  # leaves, whole, as seen to above
        _refuse_kept(holders.kept_elsewhere(memory, program.tensors, blocks, held))
        _refuse_kept(program.kept_gradient(held))
        self._programs.append(_Ready(program, tree, self._why, of_first_run=not known))
        return returned

    def _checked(self, ready: _Ready, args: Any, named: Any, inputs: list[Any]) -> Any:
        """Run the function both ways, on the same numbers, and see that all agree to the bit."""
        program = ready.program
        streams = [generator.bit_generator for generator in [default_generator(), *program.generators]]
        before = [stream.state for stream in streams]
        gradients_before = program.gradients_before
        capture, _, result = _captured(self._function, args, named, inputs, self._followed)
        after = [stream.state for stream in streams]
        found, tree = _outputs(capture, result)
        outputs = [Tensor.of(y.array.copy()) for y in found]
        del found
        returned = _detached(result, capture)
        if program.updates_differ(capture):
            self._drop(ready, OTHER_UPDATES)
            return returned
        try:
            ready.check_constants(tree)
        except CompileError:
            if not ready.of_first_run:
                raise
            self._programs.remove(ready)
            return returned
        finals = {key: state.leaf.array.copy() for key, state in capture.states.items()}
        gradients = {
            key: None if leaf.grad is None else Tensor.of(leaf.grad.array.copy())
            for key, leaf in capture.gradients.items()
        }
        for leaf, array in program.states:
            leaf.array = array
        for leaf, gradient in gradients_before:
            leaf.current_gradient = gradient
        _set_states(streams, before)
        try:
            ours = program.rehearse(inputs, capture)
            program.compare(ours, outputs, finals, gradients)
        except BaseException as error:
            self._programs.remove(ready)
            for key, (leaf, _) in capture.states.items():
                leaf.array = finals[key]
            for key, leaf in capture.gradients.items():
                leaf.grad = gradients[key]
            if not (ready.of_first_run and isinstance(error, CompileError)):
                raise
            return returned
        finally:
            _set_states(streams, after)
        ready.checked, ready.of_first_run = True, False
        return returned

    def __str__(self) -> str:
        return "\n\n".join([f"captured because {ready.why}\n{ready.program}" for ready in self._programs])


class _Ready:
    """A program, and the structure of what it returns."""

    def __init__(self, program: Program, tree: Any, why: str, of_first_run: bool) -> None:
        self.program = program
        # A first run may do what no later one does, such as to make what it keeps: then the program is but dropped.
        self.of_first_run = of_first_run
        self.why = why  # it was captured
        self.checked = False
        self._tree = tree

    def check_constants(self, tree: Any) -> None:
        """Raise CompileError if what no op computed is another than when it was captured: here, in another result."""
        known, found = _leaves_of(self._tree), _leaves_of(tree)
        counts = tuple([f"{len(leaves)} results" for leaves in (known, found)])
        for ours, other in [counts, *zip(known, found, strict=False)]:
            if not _is_constant(ours, other):
                raise CompileError(
                    f"compile: the function returns {ours!r} and then {other!r}, which none of its ops computed: "
                    "numbers that numpy, Python or another generator makes stay as they were captured; make them an "
                    "argument, or draw them with ops (ag.rand, ag.randn, ...)"
                )

    def result_of(self, outputs: list[Tensor]) -> Any:
        """What the function returns: `outputs` in their places."""
        if self._tree is _OUTPUT:
            return outputs[0]
        rest = iter(outputs)
        return map_tree(lambda x: next(rest) if x is _OUTPUT else x, self._tree)


def _is_constant(a: Any, b: Any) -> bool:
    """Whether these are the same, as far as they are numbers or texts: other objects may be made anew."""
    a, b = (x.array if isinstance(x, Tensor) else x for x in (a, b))
    if isinstance(a, (np.ndarray, np.generic)) and isinstance(b, (np.ndarray, np.generic)):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return not (type(a) in PLAIN or type(b) in PLAIN) or bool(plain_kind(a) == plain_kind(b))


_OUTPUT = object()


def _captured(
    function: Callable[..., Any], args: Any, named: Any, inputs: list[Any], moving: Container[int]
) -> tuple[Capture, list[Any], Any]:
    """A run of the function on copies of its inputs: the capture, the copies, and what it returned."""
    places = [in_native_order(np.array(x, order="C")) for x in inputs]
    rest = iter(places)
    capture = Capture(places, moving)
    arguments: list[Tensor] = []  # held, so that no other tensor has an id of theirs

    def given(x: Any) -> Any:
        if not _is_input(x):
            return x
        arguments.append(Tensor.of(next(rest)))
        return arguments[-1]

    args, named = map_tree(given, args), map_tree(given, named)
    capture.arguments = {id(x) for x in arguments}
    before = _by_identity((args, named))
    with capture.running():
        result = function(*args, **named)
    if _by_identity((args, named)) != before:
        raise CompileError(
            "compile: the function changed a list or dictionary that it was given, which later runs, without Python, "
            "would not; return what it is to hold"
        )
    return capture, places, result


def _by_identity(tree: Any) -> Any:
    """What is in nested lists, tuples and dictionaries, by identity."""
    if isinstance(tree, dict):
        return {key: _by_identity(part) for key, part in tree.items()}
    return [*map(_by_identity, tree)] if isinstance(tree, (list, tuple)) else id(tree)


def _refuse_kept(x: Tensor | None) -> None:
    """Stop where a step put what it computed somewhere: later runs would overwrite it, and put nothing there."""
    if x is not None:
        raise CompileError(
            f"compile: a tensor of shape {x.shape} that the step computed is kept {place_of(x)}; later runs, which are "
            "without Python, put nothing there, and overwrite what it shows. Return it, or write it into a tensor that "
            "is there before, by .assign(...)"
        )


def _set_states(streams: list[Any], states: list[Any]) -> None:
    for stream, state in zip(streams, states, strict=True):
        stream.state = state


def _outputs(capture: Capture, result: Any) -> tuple[list[Tensor], Any]:
    """The Tensors that a function returned and that runs compute, and its result with marks in their place."""
    found: list[Tensor] = []

    def mark(x: Any) -> Any:
        if not _is_computed(x, capture):
            return x
        if x.node is not None and _can_be_differentiated(x.node):
            raise CompileError(
                f"compile: a tensor of shape {x.shape} is returned with its graph, which a compiled step does not "
                "keep; return x.detach(), call backward() within the compiled function, compile what differentiates "
                "it (ag.grad of it, say), or run it within no_grad()"
            )
        found.append(x)
        return _OUTPUT

    return found, map_tree(mark, result)


def _can_be_differentiated(node: Node) -> bool:
    """Whether a backward pass would come to the leaves: none within the function has released any of this graph."""
    return not any(type(part) is Node and part.saved is None for part in topological_order(node))


def _is_computed(x: Any, capture: Capture) -> bool:
    """Whether x is a Tensor that every run computes, and no leaf or constant."""
    if not isinstance(x, Tensor) or any(x is leaf for leaf, _ in capture.followed):
        return False
    return x.node is not None or capture.is_rewritten(x.array)


def _detached(result: Any, capture: Capture) -> Any:
    def detach(x: Any) -> Any:
        return Tensor.of(x.array.copy()) if _is_computed(x, capture) else x

    return map_tree(detach, result)


def _as_argument(x: Any) -> Any:
    return Tensor(x) if isinstance(x, np.ndarray) and _is_input(x) else x


def _is_input(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "fiub"
    return isinstance(x, Tensor) and not x.requires_grad and type(x) is Tensor


def _has_values(tree: Any) -> bool:
    return any(isinstance(x, Value) for x in _leaves_of(tree))


def _has_floats(tree: Any) -> bool:
    return any(is_float(x) for x in _leaves_of(tree))


def _leaves_of(tree: Any) -> list[Any]:
    """What is in nested lists, tuples and dictionaries."""
    found: list[Any] = []
    map_tree(found.append, tree)
    return found


def _kind(tree: Any, inputs: list[Any], objects: list[Any]) -> Any:
    """What a program depends on in these arguments; arrays are added to `inputs`, and what is no data to `objects`."""
    # The first two as below, where it takes longer to find out.
    array = tree.array if type(tree) is Tensor and not tree._tracked else tree
    if type(array) is np.ndarray and array.dtype.kind in "fiub":
        inputs.append(array)
        return "array", array.shape, array.dtype
    if isinstance(tree, (list, tuple)):
        return type(tree), tuple([_kind(part, inputs, objects) for part in tree])
    if isinstance(tree, dict):
        return dict, tuple([(key, _kind(part, inputs, objects)) for key, part in tree.items()])
    if _is_input(tree):
        array = tree.array if isinstance(tree, Tensor) else tree
        inputs.append(array)
        return "array", array.shape, array.dtype
    if type(tree) in PLAIN or isinstance(tree, np.generic):
        return plain_kind(tree)
    objects.append(tree)
    return Same(tree)
