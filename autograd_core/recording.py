"""Whether ops are recorded, in this thread; and what looks for nan and infinity meanwhile."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

import numpy as np

from autograd_core.errors import AnomalyError, ArgumentError
from autograd_core.own_packages import PACKAGES

if TYPE_CHECKING:
    from autograd_core.ops.op import Op

F = TypeVar("F", bound=Callable[..., Any])


class Recorded:
    """Base of what ops record when they are called with it: `Value` and `Tensor`."""

    __slots__ = ()

    parents: tuple[Any, ...]

    @staticmethod
    def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Compute `op` and, if recording is on, remember it."""
        raise NotImplementedError

    @classmethod
    def record_elements(cls, op: Op[Any], args: tuple[Any, ...]) -> Any:
        """`record` of an elementwise op given lists with such in them; a class may do better."""
        return cls.record(op, args, {})

    @classmethod
    def record_one(cls, op: Op[Any], x: Any) -> Any:
        """`record` of an op with one input; a class may do better."""
        return cls.record(op, (x,), {})

    @classmethod
    def record_two(cls, op: Op[Any], a: Any, b: Any) -> Any:
        """`record` of an op with two inputs; a class may do better."""
        return cls.record(op, (a, b), {})


class Recording:
    """What is recorded and looked for, as one thread has set it."""

    __slots__ = ("anomaly", "capture", "level", "number_dtype", "on", "quiet", "tape", "watched", "winograd")

    def __init__(self) -> None:
        self.on = True
        self.anomaly = False
        self.winograd = False  # whether convolutions may be computed so
        # The compiler.capture.Capture, or the tracing.Trace, of all that is computed, if there is one.
        self.capture: Any = None
        self.watched = False  # whether there is either
        self.tape: Any = None  # the compiler.scalar.Tape of all that is done to Values, if there is one
        self.level: Any = None  # the innermost mapped.Level, within vmap
        self.number_dtype: Any = None  # of Python's floats where nothing else says one; None is the default dtype
        # Inf and nan are numbers too; detect_anomaly() is what looks for them, not numpy's warnings. Running in this
        # context, where those are off, costs nothing; `with np.errstate` takes longer than a small op.
        self.quiet = contextvars.copy_context()
        self.quiet.run(np.seterr, all="ignore")


class _Thread(threading.local):
    """`thread.recording` is this thread's. To ask it of `thread` takes ten times as long as to ask it for something."""

    def __init__(self) -> None:
        self.recording = Recording()


thread = _Thread()


taping: list[Any] = []
"""The tapes of all threads. While there is none, no Value need look for that of its own thread, which takes longer."""


@contextlib.contextmanager
def on_tape(tape: Any) -> Iterator[None]:
    """Within it, this thread's Values tell `tape` what is done to them."""
    taping.append(tape)
    thread.recording.tape = tape
    try:
        yield
    finally:
        thread.recording.tape = None
        taping.remove(tape)


class _SetRecording(contextlib.ContextDecorator):
    _on: bool

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc]
    def __new__(cls, function: Any = None) -> Any:
        """As a decorator it may do without parentheses."""
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack, for one object may be entered many times over

    def __call__(self, function: F) -> F:
        """The function, run within this; a generator function, too, whose body runs after it was called."""
        if not inspect.isgeneratorfunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        def stepwise(*args: Any, **named: Any) -> Any:
            generator = function(*args, **named)
            step: Callable[[], Any] = functools.partial(next, generator)
            while True:
                with type(self)():
                    try:
                        made = step()
                    except StopIteration as end:
                        return end.value
                try:
                    sent = yield made
                    step = functools.partial(generator.send, sent)
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as error:
                    step = functools.partial(generator.throw, error)

        return stepwise  # type: ignore[return-value]

    def __enter__(self) -> None:
        self._before.append(thread.recording.on)
        thread.recording.on = self._on

    def __exit__(self, *_: object) -> None:
        thread.recording.on = self._before.pop()


class no_grad(_SetRecording):
    """Within it, or in a function decorated with it, this thread records nothing.

    >>> from autograd_core import Value, no_grad
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.parents
    ()
    """

    _on = False


class enable_grad(_SetRecording):
    """Switch recording on again inside `no_grad`."""

    _on = True


class detect_anomaly(contextlib.ContextDecorator):
    """Within it, the first op whose result or gradient is nan or infinite raises an AnomalyError that names it.

    Put both the forward and the backward pass into it: the error then says in which line of your
    program the op was recorded. It is slow; take it out again. What is compiled runs as it stands meanwhile.
    """

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        refuse_to_compile("detect_anomaly()", "put it around the call of the compiled function")
        self._before.append(thread.recording.anomaly)
        thread.recording.anomaly = thread.recording.watched = True

    def __exit__(self, *_: object) -> None:
        thread.recording.anomaly = self._before.pop()
        thread.recording.watched = thread.recording.anomaly or thread.recording.capture is not None


class allow_winograd(contextlib.ContextDecorator):
    """Let this thread's 3 × 3 convolutions of stride 1 take 36 multiplications where the definition has 144.

    `with ag.allow_winograd():` holds to the end of the block, `ag.allow_winograd()` until `ag.allow_winograd(False)`;
    and it decorates functions. At first it is not allowed. What counts is when something is computed:
    gradients are computed so if `backward()` is called within it, too. Where it would take longer, all is computed as
    ever: for few channels, and, but for gradients to filters, for fewer images than a vector has lanes.

    Rounding differs. Largest errors of float32 against float64, with the standard deviation of the results:

        channels -> filters                 of results    as defined    so
        32 -> 64, 26 × 26 pixels            1             2.2e-6        7.5e-6
        its gradient to pixels              1.3           8.3e-6        1.1e-5
        its gradient to filters             190           2.6e-4        1.0e-3
        the same, pixels around 10          10            2.4e-5        1.3e-5
        256 -> 256, 8 × 8 pixels            0.9           1.3e-6        1.5e-5

    And where a pixel is nan or infinite, all 4 × 4 results that are computed with it are nan, though some do not see
    it; pixels within a factor of thirty of the largest float count as infinite.
    Errors: ArgumentError for anything but True and False.

    Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016, F(4 × 4, 3 × 3).

    >>> import autograd_core as ag
    >>> x, w = ag.ones((32, 64, 8, 8)), ag.ones((64, 64, 3, 3))
    >>> with ag.allow_winograd():
    ...     y = ag.conv2d(x, w)
    >>> round(float(y[0, 0, 0, 0]), 2)
    576.0
    """

    def __init__(self, on: bool = True) -> None:
        if not isinstance(on, bool):
            raise ArgumentError(f"allow_winograd: expected True or False, got {on!r}")
        self._on = on
        # What each block goes back to; the first began here, for it may be a call.
        self._before = [thread.recording.winograd]
        self._begun = True
        thread.recording.winograd = on

    def __call__(self, function: F) -> F:
        """The function, run within this; until then nothing is switched."""
        if self._begun:
            self.__exit__()
            self._begun = False
        return super().__call__(function)

    def __enter__(self) -> None:
        if not self._begun:
            self._before.append(thread.recording.winograd)
            thread.recording.winograd = self._on
        self._begun = False

    def __exit__(self, *_: object) -> None:
        thread.recording.winograd = self._before.pop()


def depends_on(owner: Any, name: str) -> bool:
    """Say, within a function that may be compiled, that what it computes depends on this attribute.

    A compiled function is captured anew once the attribute is another: a module in training and in evaluation are two.
    Returns whether a function is being captured now.
    """
    capture = thread.recording.capture
    if capture is not None:
        capture.depends_on(owner, name)
    return capture is not None


def refuse_to_compile(what: str, instead: str) -> None:
    """Stop a capture: `what` is done in Python, and would not be done when the compiled step is run. Else do nothing.

    Errors: CompileError, with what to do instead.
    """
    if thread.recording.capture is not None:
        thread.recording.capture.refuse_work(what, instead)


class _Structure:
    version = 0  # counts changes of what programs take for granted
    leaves_have_hooks = False  # some, at any time so far


structure = _Structure()


def forget_programs() -> None:
    """Have every compiled step captured anew, for something that is no tensor of it was replaced, such as a layer."""
    if thread.recording.capture is None:
        structure.version += 1


def check_share(name: str, line: str | None, share: Any) -> None:
    """Within detect_anomaly(): a share of a gradient that this op passes back must be finite."""
    if isinstance(share, tuple) or thread.recording.level is not None:
        return  # of several results, or within vmap: the ops that made it were checked on its way here
    share = getattr(share, "array", share)
    if not np.isfinite(share).all():
        raise AnomalyError(
            f"the gradient that {name} passes back {_what_is_wrong(share)}; it was recorded "
            f"{line or 'outside detect_anomaly(): put the forward pass into it too, to see where'}"
        )


def check_output(name: str, output: Any) -> str:
    """Within detect_anomaly(): the line of the user's program that runs this op, whose output must be finite."""
    line = users_line()
    if output.dtype.kind == "f" and not np.isfinite(output).all():
        raise AnomalyError(f"the result of {name} {_what_is_wrong(output)}; it was computed {line}")
    return line


def _what_is_wrong(array: Any) -> str:
    return "has a nan" if np.isnan(array).any() else "has an infinity"


def users_line() -> str:
    """The innermost line that is not of these packages."""
    beside = os.path.dirname(os.path.dirname(__file__))
    own = tuple([os.path.join(beside, package, "") for package in PACKAGES])
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(own):
        frame = frame.f_back
    return f"at {frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"
