"""Tensor: an array in the graph. Its methods only delegate to ops.

Tensors are values. Nothing changes the numbers of an array that anything else still holds
(another tensor, a view, the graph, a caller of `.numpy()`), so a gradient can never be made
wrong by a change in between, and there is no version to check: `assign`, with which optimisers
update a leaf, replaces its array, and so does `t += u` where the result is not recorded.
"""

from __future__ import annotations

import builtins
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from autograd_core import ops
from autograd_core.backward import backpropagate
from autograd_core.devices import check_device
from autograd_core.errors import ArgumentError, DTypeError, GraphError, MappedError, NoLengthError, ShapeError
from autograd_core.graph import Node
from autograd_core.kernels.memory import LARGE_RESULT
from autograd_core.methods.arithmetic import Arithmetic
from autograd_core.methods.conversions import Conversions
from autograd_core.methods.places import Places
from autograd_core.methods.reductions import Reductions
from autograd_core.methods.shapes import Shapes
from autograd_core.op_calls import are_whole, as_input, as_output, explained, in_dtype
from autograd_core.operators import Operators
from autograd_core.ops.op import Op, given, refuse_misuse
from autograd_core.ops.shaping import in_native_order
from autograd_core.promotion import cast_to_common_dtype
from autograd_core.recording import check_output, forget_programs, no_grad, refuse_to_compile, structure, thread

if TYPE_CHECKING:
    from autograd_core.argument_types import TensorLike

_default_dtype: np.dtype[Any] = np.dtype(np.float32)
_BOOL = np.dtype(bool)
_Array = np.ndarray
_NUMBERS = frozenset({float, int})


def set_default_dtype(dtype: npt.DTypeLike) -> None:
    """Choose the dtype of Tensors that are made of Python's floats: float32 (the default) or float64.

    It is also that of a function of integers, such as exp or mean, that gives no integers.
    Errors: DTypeError for anything else.
    """
    global _default_dtype
    try:
        chosen = np.dtype(dtype)
    except TypeError:
        chosen = None
    if dtype is None or chosen is None:  # numpy's own default for None is float64
        raise DTypeError(f"set_default_dtype: takes float32 or float64, got {dtype!r}")
    dtype = chosen
    if dtype not in (np.float32, np.float64):
        halves = ": there is no arithmetic of halves" * (dtype == np.float16)
        raise DTypeError(f"set_default_dtype: takes float32 or float64, not {dtype}{halves}")
    _default_dtype = dtype
    forget_programs()


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of Tensors that are made of Python's floats."""
    return _default_dtype


def check_dtype(dtype: np.dtype[Any], requires_grad: bool, data: Any = None) -> None:
    """Refuse what a tensor cannot hold, or not with a gradient; `data` is what it was to be made of."""
    if dtype.kind not in "fiub":
        made_of = "" if data is None else f" (from {_shorten(data)})"
        raise DTypeError(f"tensor: takes floats, integers and bools, not {dtype}{made_of}")
    if requires_grad and dtype.kind != "f":
        raise DTypeError(f"tensor: only floating-point tensors can require a gradient, not {dtype}")


class Tensor(Arithmetic, Reductions, Shapes, Places, Conversions, Operators["Tensor", "Tensor", "TensorLike"]):
    """An array that remembers how it was computed. Make one with `tensor`, `zeros`, `ones` and so on.

    >>> from autograd_core import tensor
    >>> w = tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    Tensor([2., 4.])
    """

    __slots__ = ("__weakref__", "_hooks", "_tracked", "array", "current_gradient", "label", "node")

    array: npt.NDArray[Any]  # what it holds, for the engine; others take .numpy(), which is read-only
    node: Node | None  # how it was recorded; None for a leaf
    current_gradient: Tensor | None  # `.grad`, for the engine: who looks or sets here is not noticed by a compiled step

    parents: tuple[Any, ...] = ()  # of a leaf, as the graph sees it; a recorded tensor's are its node's

    def __init__(
        self, data: Any, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False, label: str = ""
    ) -> None:
        if isinstance(data, Tensor):
            if thread.recording.capture is not None:
                thread.recording.capture.refuse(data, "a copy by tensor(), for which there is x.clone(),")
            data = data.array
        try:
            array = in_native_order(np.array(data, dtype=dtype))  # a copy: the caller may go on to change theirs
        except (ValueError, TypeError, OverflowError) as error:
            raise DTypeError(f"tensor: takes numbers, nested lists of them, or an array; {error}") from None
        # Python's integers are labels and indices, unless there is to be a gradient.
        to_default = "iuf" if requires_grad else "f"
        if dtype is None and array.dtype.kind in to_default and not isinstance(data, (np.ndarray, np.generic)):
            array = array.astype(_default_dtype)
        check_dtype(array.dtype, requires_grad, data)
        self.array = array
        self.node = None
        self._tracked = requires_grad
        self.current_gradient = None
        self._hooks: list[Any] | None = None
        self.label = label

    @staticmethod
    def of(array: Any, node: Node | None = None) -> Tensor:
        """Wrap an array that nobody else will change, without a copy; `node` says how it was recorded."""
        if type(array) is not _Array:
            if isinstance(array, Tensor):
                return array.with_node(node)
            array = np.asarray(array)
        out = _new(Tensor)
        out.array = array
        out.node = node
        out._tracked = node is not None
        out.current_gradient = None
        out._hooks = None
        out.label = ""
        return out

    @staticmethod
    def leaf(array: Any) -> Tensor:
        """Wrap an array that nobody else will change as a leaf that requires a gradient."""
        out = Tensor.of(array)
        out._tracked = True
        return out

    def with_node(self, node: Node | None) -> Tensor:
        """The same numbers, recorded by `node`. Within vmap the graph saves tensors, not their arrays."""
        return Tensor.of(self.array, node)

    @staticmethod
    def stand_in(x: Any, recorded: bool, beside: Sequence[Any] | None = None) -> Any:
        """A tensor of x's numbers to differentiate by: a leaf or, if x is `recorded`, a node that leads back to x.

        Within vmap it is one of the vmap's, or of the innermost of those that `beside` and x are of.
        """
        if thread.recording.level is not None:
            found = thread.recording.level.stand_in(x, recorded, beside)
            if found is not None:
                return found
        if recorded and x._tracked:
            return ops.reshape(x, x.shape)
        return Tensor.leaf(getattr(x, "array", x))

    @staticmethod
    def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Compute `op` and, if recording is on and an input requires a gradient, remember how."""
        if attributes or len(args) != op.arity:
            args, attributes = op.split(args, attributes)
        arrays = []
        parents: list[Any] = []
        tracked = whole = False
        dtype: Any = None  # in which all floats are, while they are `alike`
        alike = True
        try:
            for argument in args:
                if isinstance(argument, Tensor):
                    array = argument.array
                    if argument._tracked:
                        tracked = True
                        parents.append(argument.node or argument)
                    else:
                        parents.append(None)
                else:
                    array = as_input(op, argument)
                    parents.append(None)
                    if type(array) is not _Array:
                        arrays.append(array)
                        continue
                arrays.append(array)
                its = array.dtype
                if its is not dtype and its is not _BOOL:
                    if its.kind != "f":
                        whole = True
                    elif dtype is None:
                        dtype = its
                    else:
                        alike = False
        except MappedError:
            return _mapped_among(args).record(op, args, attributes)
        if (dtype is None or whole or not alike) and op.promotes:
            promoted = _promoted(op, args, arrays, alike)
            if promoted is not None:
                return Tensor.record(op, promoted, attributes)
        recording = thread.recording
        watched = recording.watched
        capture = recording.capture if watched else None
        try:
            data = op.execute(arrays, attributes) if capture is None else capture.execute(op, args, arrays, attributes)
        except (ValueError, OverflowError) as error:
            raise explained(op, arrays, error) from None
        except TypeError as error:
            if isinstance(error, DTypeError):
                raise
            if not are_whole(arrays):
                refuse_misuse(op.name, error)
                raise
            return _record_as_floats(op, args, arrays, attributes)  # bools cannot be subtracted, say
        if type(data) is not _Array or op.several:
            if op.several and type(data) is tuple and len(data) == len(op.outputs):
                if dtype is None and are_whole(arrays) and any(y.dtype.kind == "f" for y in data):
                    return _record_as_floats(op, args, arrays, attributes)
                return _record_several(op, parents, arrays, data, attributes, tracked)
            data = as_output(op, data)
        if data.dtype is not dtype:
            if data.dtype.kind == "f" and are_whole(arrays) and "dtype" not in op.defaults:
                return _record_as_floats(op, args, arrays, attributes)
            made = data
            data = in_dtype(op, made, dtype if alike else None, tracked and recording.on)
            if capture is not None and data is not made:
                data = ops.astype(Tensor.of(made), data.dtype).array
            tracked = tracked and data.dtype.kind == "f"  # whole numbers and bools have no gradient
        tracked = tracked and recording.on and op.differentiable
        out = Tensor.of(data, op.node(parents, arrays, data, attributes) if tracked else None)
        if watched and recording.anomaly:
            line = check_output(op.name, data)
            if out.node is not None:
                out.node.line = line
        return out

    @staticmethod
    def record_two(op: Op[Any], a: Any, b: Any) -> Any:
        """`record` of an op with two inputs, as most are: the same with nothing that these do not need.

        Whatever asks for more, promotion, anomaly detection or an explanation of an error, is left to `record`.
        """
        try:
            left, parent = (a.array, (a.node or a) if a._tracked else None) if isinstance(a, Tensor) else (a, None)
            right, other = (b.array, (b.node or b) if b._tracked else None) if isinstance(b, Tensor) else (b, None)
        except MappedError:
            return _mapped_among((a, b)).record(op, (a, b), {})
        number = left if left is a else right if right is b else None  # beside a Tensor, for one of them is one
        array = right if number is left else left
        recording = thread.recording
        if recording.watched or (number is not None and not (type(number) in _NUMBERS and op.takes_numbers)):
            return Tensor.record(op, (a, b), {})
        if array.nbytes >= LARGE_RESULT:
            return Tensor.record(op, (a, b), {})
        try:
            data = recording.quiet.run(op.on_arrays, left, right)  # Op.execute, whose call takes a third of all
        except (ValueError, TypeError, RuntimeError, OverflowError):
            return Tensor.record(op, (a, b), {})
        dtype = array.dtype
        if (number is None and dtype is not right.dtype) or (dtype is not data.dtype and dtype.kind != "f"):
            return Tensor.record(op, (a, b), {})  # which brings them to one
        if (parent is None and other is None) or not (recording.on and op.differentiable):
            return Tensor.of(data)
        return Tensor.of(data, op.node((parent, other), (left, right), data, {}))

    # --- differentiation ----------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it: a leaf that was asked to have one, or recorded from such leaves."""
        return self._tracked

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.node is not None and not wanted:
            raise GraphError("requires_grad: this tensor was recorded; take .detach() of it")
        if wanted and self.array.dtype.kind != "f":
            raise DTypeError(f"requires_grad: only floating-point tensors can require a gradient, not {self.dtype}")
        if thread.recording.capture is not None:
            thread.recording.capture.changes_argument(self, "made to require a gradient")
        forget_programs()
        self._tracked = bool(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `requires_grad`, and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward()` has added up here; None before, and for what keeps none.

        Only leaves that require a gradient keep one, and inner tensors after `retain_grad()`.
        """
        capture = thread.recording.capture
        return self.current_gradient if capture is None else capture.gradient_of(self)

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value, dtype=self.dtype)
            if value.shape != self.shape:
                raise ShapeError(f"grad: of shape {value.shape} for a tensor of shape {self.shape}")
        if thread.recording.capture is not None:
            thread.recording.capture.sets_gradient(self)
        self.current_gradient = value

    def backward(self, gradient: Any = None, *, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Add ∂self/∂leaf to `.grad` of every leaf that requires a gradient.

        `gradient` is the upstream gradient, of this tensor's shape; it may be left out for a
        single number, where it is 1. The graph is freed unless `retain_graph`. With
        `create_graph` the gradients are recorded, and can be differentiated again.
        """
        if not self.requires_grad:
            raise GraphError(
                "backward: this tensor was not recorded; no input has requires_grad=True, or it was made under no_grad"
            )
        with np.errstate(all="ignore"):  # inf and nan are numbers too: detect_anomaly() is what looks for them
            for leaf, total in self.pull_back("backward", gradient, retain_graph, create_graph).items():
                leaf.accumulate(total)

    def pull_back(
        self, caller: str, gradient: Any, retain_graph: bool, create_graph: bool, wanted: Any = None
    ) -> dict[Any, Any]:
        """The gradients of a backward pass from here, for leaves or what is `wanted`: arrays or, recorded, Tensors.

        They are Tensors, too, while a step is captured, for then every op of the pass has to be seen.
        """
        root = self.node or self
        recording = thread.recording
        if recording.level is not None:  # within vmap the upstream gradient may be each example's own
            upstream = self._upstream(caller, gradient, True)
            return backpropagate(root, upstream, retain_graph, create_graph, True, wanted)
        if recording.capture is None or create_graph:
            upstream = self._upstream(caller, gradient, create_graph)
            return backpropagate(root, upstream, retain_graph, create_graph, create_graph, wanted)
        with no_grad():
            return backpropagate(root, self._upstream(caller, gradient, True), retain_graph, False, True, wanted)

    def _upstream(self, caller: str, gradient: Any, on_tensors: bool) -> Any:
        """The upstream gradient that a backward pass starts from here: as given, else 1 for a single number."""
        if gradient is None:
            if self.array.size != 1:
                raise GraphError(
                    f"{caller}: starts from a single number, such as a loss; this tensor has shape {self.shape}: "
                    "take .sum() or .mean(), or pass the upstream gradient"
                )
            gradient = np.array(1, self.array.dtype, ndmin=self.array.ndim)  # np.ones takes a microsecond
        elif not isinstance(gradient, Tensor):
            gradient = np.asarray(gradient, self.dtype)
        if gradient.shape != self.shape:
            raise ShapeError(
                f"{caller}: upstream gradient of shape {gradient.shape} for a tensor of shape {self.shape}"
            )
        if isinstance(gradient, Tensor):
            return gradient if on_tensors else gradient.array
        return Tensor.of(gradient) if on_tensors else gradient

    def accumulate(self, gradient: Any) -> None:
        """Add to `.grad`."""
        capture = thread.recording.capture
        before = self.current_gradient if capture is None else capture.accumulates(self)
        if before is not None:
            gradient = (before if isinstance(gradient, Tensor) else before.array) + gradient
        self.current_gradient = gradient if isinstance(gradient, Tensor) else Tensor.of(gradient)

    @property
    def hooks(self) -> list[Any] | None:
        """What is called with this leaf's gradient; a recorded tensor's hooks are its node's."""
        return self._hooks

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Callable[[], None]:
        """Call hook(gradient) as soon as this tensor's gradient is complete; what it returns, unless None, replaces it.

        The gradient is a Tensor, and so is the replacement. Returns a function that removes the hook.
        """
        if not self.requires_grad:
            raise GraphError("register_hook: this tensor requires no gradient")

        def called(gradient: Any) -> Any:
            return hook(gradient if isinstance(gradient, Tensor) else Tensor.of(gradient))

        owner: Any = self.node or self
        forget_programs()
        if owner.hooks is None:
            if self.node is None:
                self._hooks, structure.leaves_have_hooks = [], True
            else:
                self.node.hooks = []
        owner.hooks.append(called)
        return lambda: owner.hooks.remove(called)

    def retain_grad(self) -> Tensor:
        """Keep `.grad` here too, although this tensor is no leaf."""
        if self.node is not None:
            refuse_to_compile("retain_grad()", "compute ag.gradients(loss, [t]) and return it")
            self.node.retained = weakref.ref(self)  # the graph must not own its results
        return self

    def detach(self) -> Tensor:
        """The same numbers, without their history."""
        if thread.recording.capture is not None:
            thread.recording.capture.reads(self)
        return Tensor.of(self.array)

    def update_in_place(self, sign: str, result: Callable[[Any, Any], Any], other: Any) -> Any:
        """A leaf is assigned the new value, but where that is recorded it is a tensor of its own, as of t = t + u.

        Errors: GraphError for a leaf that requires a gradient while recording is on; DTypeError and ShapeError where
        the leaf cannot hold the result.
        """
        if self.node is None and self._tracked and thread.recording.on:
            raise GraphError(
                f"p {sign}= u: this leaf requires a gradient, and the name would be given a tensor that was computed "
                f"from it; write it within `with no_grad():` to update the leaf, or p = p {sign} u for a new tensor"
            )
        new = result(self, other)
        if self.node is not None or new._tracked:
            return new
        if not np.can_cast(new.dtype, self.dtype, "same_kind"):
            raise DTypeError(f"t {sign}= u: the result is {new.dtype}, which a tensor of {self.dtype} cannot hold")
        self.assign(new)
        return self

    def assign(self, value: Any, *, dtype: npt.DTypeLike | None = None) -> None:
        """Give a leaf new numbers, of the same shape, unrecorded; whatever was computed from the old ones keeps them.

        The dtype stays, unless one is given. Errors: ShapeError for another shape, GraphError for a tensor that was
        computed from others, DTypeError where a gradient is required of what is not floating-point.
        """
        if self.node is not None:
            raise GraphError("assign: only leaves can be given new values; this tensor was computed from others")
        if thread.recording.capture is not None:
            array = thread.recording.capture.assigned(self, value, np.dtype(dtype or self.dtype))
        else:
            array = np.array(value.array if isinstance(value, Tensor) else value, dtype=dtype or self.dtype)
        array = in_native_order(array)
        if array.shape != self.shape:
            raise ShapeError(f"assign: a value of shape {array.shape} to a tensor of shape {self.shape}")
        if self._tracked and array.dtype.kind != "f":
            raise DTypeError(f"assign: only floating-point tensors can require a gradient, not {array.dtype}")
        self.array = array

    # --- what it holds ------------------------------------------------------------------------

    @property
    def data(self) -> Tensor:
        """The same numbers without their history, as `detach()`; `p.data = …` and `p.data += …` give p new ones.

        It is a value, not a view: a name for it (`d = p.data; d += …`) leaves p alone.
        """
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        self.assign(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Its length along each axis."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return self.array.ndim

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by hand, not recorded."""
        return self.node is None

    def numpy(self) -> npt.NDArray[Any]:
        """Its array, without a copy and read-only; take `.numpy().copy()` to change it."""
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "numpy()")
        view = self.array.view()
        view.flags.writeable = False
        return view

    def item(self) -> float:
        """The Python number in a tensor of one element."""
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "item()")
        if self.array.size != 1:
            raise ShapeError(f"item: takes a tensor of one element, this one has shape {self.shape}")
        return self.array.item()

    def tolist(self) -> Any:
        """Its numbers as nested lists."""
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "tolist()")
        return self.array.tolist()

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        # numpy comes here by itself, for a list of tensors say, and what it makes of them is a constant to the graph.
        if self._tracked and thread.recording.on:
            raise GraphError(
                "a tensor that requires a gradient does not become a numpy array by itself, for the graph would lose "
                "it: join a list of tensors with stack, or leave the graph with x.numpy() or x.detach()"
            )
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "a copy for another library")
        # A copy, for the other side may write to it, unless it wants none, and knows that arrays can be read-only.
        if copy is False and (max_version is None or max_version[0] < 1):
            raise BufferError(
                "__dlpack__: without a copy the memory is read-only, which DLPack can say from version 1.0 on, "
                f"not at max_version={max_version}; leave out copy=False"
            )
        array = self.numpy() if copy is False else self.array.copy()
        return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        package = sys.modules[__package__]
        known = package.__array_api_version__
        # Each version adds to those before it.
        if api_version is not None and not (isinstance(api_version, str) and "2021.12" <= api_version <= known):
            raise ArgumentError(f"__array_namespace__: knows the standard from 2021.12 to {known}, not {api_version!r}")
        return package

    def __reduce__(self) -> Any:
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "a copy")
        if self.node is not None:
            raise GraphError("only leaves can be pickled or copied; take .detach() of this recorded tensor")
        return _restored, (type(self), self.array, self.requires_grad, self.current_gradient, self.label)

    def __float__(self) -> float:
        return builtins.float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise DTypeError(f"only an integer tensor can be an index, not {self.dtype}")
        return int(self.item())

    def __bool__(self) -> bool:
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "its truth, as if and while ask for,")
        if self.array.size != 1:
            raise ShapeError(f"the truth of a tensor of shape {self.shape} is ambiguous; reduce it, or use where")
        return bool(self.array.item())

    def __len__(self) -> int:
        if not self.array.ndim:
            raise NoLengthError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self) -> str:
        if thread.recording.capture is not None:
            thread.recording.capture.refuse(self, "its text")
        text = np.array2string(self.array, separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype in (_default_dtype, np.int64, np.bool_) else f", dtype={self.dtype}"
        recorded = f", from {self.node.op.name}" if self.node else ", requires_grad=True" if self.requires_grad else ""
        label = f", label={self.label!r}" if self.label else ""
        return f"Tensor({text}{dtype}{recorded}{label})"

    # --- ops ----------------------------------------------------------------------------------

    if not TYPE_CHECKING:  # for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # what numpy and others ask for, to see whether it is there
                raise AttributeError(f"a {type(self).__name__} has no attribute {name!r}", name=name)
            from autograd_core.names_elsewhere import missing_method  # with a long table, and for those who need it

            raise missing_method(type(self), name)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return ops.matmul(other, self)

    def __getitem__(self, index: Any) -> Tensor:
        return ops.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError(
            "tensors are values and cannot be changed in place; make a new one: y = x.at[index].set(v) or .add(v), "
            "or where(condition, x, v); a leaf takes it by x.assign(y)"
        )

    def __imatmul__(self, other: TensorLike) -> Self:
        return self.update_in_place("@", ops.matmul, other)


_new = Tensor.__new__
given.tensor, given.leaf, given.stand_in = Tensor.of, Tensor.leaf, Tensor.stand_in


def _mapped_among(args: Sequence[Any]) -> Any:
    """The first of these that has no array, but those of many examples: a tensor within vmap."""
    return next(x for x in args if isinstance(x, Tensor) and type(x).record is not Tensor.record)


def tensor(
    data: Any,
    *,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
    label: str = "",
) -> Tensor:
    """A Tensor with a copy of `data`: numbers, nested lists of them, an array, or a Tensor.

    Python's floats become float32 (see `set_default_dtype`), its integers int64, or float32 if they are to require a
    gradient; arrays keep their dtype.
    Errors: DTypeError for what is not numeric, and for integers that are to require a gradient; ArgumentError for a
    `device` that is not the CPU.
    """
    check_device("tensor", device)
    return Tensor(data, dtype=dtype, requires_grad=requires_grad, label=label)


def _restored(kind: type[Tensor], data: Any, requires_grad: bool, grad: Tensor | None, label: str) -> Tensor:
    """A leaf from what pickle kept of it."""
    out = kind(data, requires_grad=requires_grad)
    out.current_gradient = grad
    out.label = label
    return out


def from_dlpack(array: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A Tensor with a copy of an array of another library, through the DLPack protocol; of a Tensor, without its graph.

    Errors: BufferError with copy=False, unless it is a Tensor: its owner might change the array.
    """
    check_device("from_dlpack", device)
    if isinstance(array, Tensor) and not copy:
        return array.detach()
    if copy is False:
        raise BufferError("from_dlpack: a tensor never looks at memory that others can change; leave out copy=False")
    return Tensor(np.from_dlpack(array))


def asarray(obj: Any, /, *, dtype: npt.DTypeLike | None = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """A Tensor of `obj`: a Tensor as it is, or recorded in another dtype; else as `tensor` makes one, by a copy.

    Gradient: of a Tensor, upstream, converted back. With copy=True a Tensor is copied, too.
    Errors: those of `tensor`; ArgumentError with copy=False for what cannot do without one: all but a Tensor that has
    the dtype.
    """
    check_device("asarray", device)
    if not isinstance(obj, Tensor):
        if copy is False:
            raise ArgumentError("asarray: a tensor never looks at memory that others can change; leave out copy=False")
        return Tensor(obj, dtype=dtype)
    wanted = obj.dtype if dtype is None else np.dtype(dtype)
    if wanted == obj.dtype and not copy:
        return obj
    if copy is False:
        raise ArgumentError(f"asarray: from {obj.dtype} to {wanted} takes a copy; leave out copy=False")
    return ops.astype(obj, wanted)


def _promoted(op: Op[Any], args: Sequence[Any], arrays: Sequence[Any], alike: bool) -> tuple[Any, ...] | None:
    """An op's inputs in the dtype in which they meet, or None if they are; conditions and the like stay apart."""
    places = [i for i in range(len(arrays)) if i not in op.constants]
    weak = [not isinstance(args[i], (Tensor, np.ndarray)) for i in places]
    if alike and not all(weak) and all(isinstance(arrays[i], _Array) and arrays[i].dtype.kind == "f" for i in places):
        return None  # as where only conditions and the like are whole
    cast = cast_to_common_dtype([arrays[i] for i in places], weak, thread.recording.number_dtype or _default_dtype)
    if cast is None:
        return None
    promoted = list(args)
    for i, new in zip(places, cast, strict=True):
        if new is not arrays[i]:
            by_op = isinstance(args[i], Tensor) and (args[i]._tracked or thread.recording.capture is not None)
            promoted[i] = ops.astype(args[i], new.dtype) if by_op else Tensor.of(new)
    return tuple(promoted)


def _record_several(
    op: Op[Any],
    parents: Sequence[Any],
    arrays: Sequence[Any],
    data: tuple[Any, ...],
    attributes: dict[str, Any],
    tracked: bool,
) -> Any:
    """The results of an op that has several, as Tensors."""
    node = op.node(parents, arrays, data, attributes) if tracked and thread.recording.on and op.differentiable else None
    if thread.recording.anomaly:
        lines = [check_output(op.name, y) for y in data]
        if node is not None:
            node.line = lines[0]
    return tuple([op.as_output(y, place, node) for place, y in enumerate(data)])


def _record_as_floats(op: Op[Any], args: Sequence[Any], arrays: Sequence[Any], attributes: dict[str, Any]) -> Any:
    """A function of integers or bools that gives floats: numpy's could be float16, and wrong where bytes overflow."""
    dtype = thread.recording.number_dtype or _default_dtype
    if thread.recording.capture is None:
        floats = [Tensor.of(np.asarray(x, dtype)) for x in arrays]
    else:
        floats = [ops.astype(x if isinstance(x, Tensor) else Tensor.of(x), dtype) for x in args]
    return Tensor.record(op, tuple(floats), attributes)


def _shorten(data: Any) -> str:
    text = repr(data)
    return text if len(text) < 60 else text[:57] + "..."
