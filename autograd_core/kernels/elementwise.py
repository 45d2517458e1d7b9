"""Kernels made of functions of numbers: the rows' own source, pasted into a loop over arrays.

A row such as sigmoid calls other rows (exp, where); each is pasted as a function of its own, and LLVM inlines them all.
The text is the key of the kernel cache, so a changed row can never meet an old kernel; `source(...)` shows it. Literals
become numbers of the arrays' dtype, for 1.0 would make float64 of all that it meets.

What a function reads from outside, globals and variables of the function around it, may change between two calls. A
number becomes an argument of the kernel and is read anew at every call; when a function is replaced, the kernel is made
anew.
"""

import ast
import functools
import hashlib
import inspect
import linecache
import math
import textwrap
from types import ModuleType

import numpy as np
from numba.core.errors import NumbaError

from autograd_core.kernels import exponential, function_source, memory
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import Kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.thresholds import ELEMENTWISE_TASK

_kernels: dict[tuple[object, ...], "_Kernel"] = {}


class NoKernelError(Exception):
    """A function that no kernel can be made of: its source is not to be found, or uses what kernels lack."""


@planned
def run(function, arguments, *, gradient=False):
    """function(arguments), element by element, in one pass over memory.

    Each of `arguments` is a contiguous array, all of one float dtype and shape, or a number. With `gradient` the first
    argument is the upstream gradient, and the function of the others a local gradient that multiplies it.
    Raises NoKernelError.
    """
    is_array = tuple([isinstance(x, np.ndarray) for x in arguments])
    first = arguments[is_array.index(True)]
    out = memory.empty(first.shape, first.dtype)
    arrays = [x.reshape(-1) for x, array in zip(arguments, is_array, strict=True) if array]
    numbers = [float(x) for x, array in zip(arguments, is_array, strict=True) if not array]
    _kernel(function, first.dtype, is_array, (), gradient)(first.size, *arrays, out.reshape(-1), *numbers)
    return out


def updater(function, dtype, reads, updates, numbers):
    """A kernel that writes what `function` of so many arrays and numbers returns, in order, into the last arrays.

    Call it with the number of elements, flat, contiguous arrays and the numbers. It raises NoKernelError.
    """
    is_array = (True,) * (reads + updates) + (False,) * numbers
    return _kernel(function, dtype, is_array, tuple(range(reads, reads + updates)), False)


def source(function, dtype, is_array, updated=(), gradient=False):
    """The text of the kernel: a module to be read, and what is compiled."""
    return _text(_Paste(function, is_array[gradient:]), dtype, is_array, updated, gradient)


def _kernel(function, *kinds):
    kernel = _kernels.get((function, *kinds))
    if kernel is None:
        kernel = _kernels[function, *kinds] = _Kernel(function, *kinds)
    return kernel


class _Kernel:
    """The kernel of a function for arguments of these kinds, called as `kernel(size, *arrays, *numbers)`."""

    def __init__(self, function, dtype, is_array, updated, gradient):
        self._function = function
        self._kinds = dtype, is_array, updated, gradient
        self._make()

    def _make(self):
        dtype, is_array, updated, gradient = self._kinds
        paste = _Paste(self._function, is_array[gradient:])
        text = _text(paste, dtype, is_array, updated, gradient)
        self._numbers = paste.numbers  # functions that read what the kernel takes besides,
        self._functions = paste.functions  # and those that read what is pasted, with what they read then
        self._compiled = _compiled(text)
        self._refused = None

    def __call__(self, size, *arguments):
        for read, pasted in self._functions:
            if read() is not pasted:
                self._make()
                return self(size, *arguments)
        if self._numbers:
            numbers = [read() for read in self._numbers]
            if not {*map(type, numbers)} <= {float, int}:
                self._make()
                return self(size, *arguments)
            arguments += tuple(map(float, numbers))
        if self._refused is not None:
            raise NoKernelError(self._refused)
        try:
            self._compiled(size, -(-size // ELEMENTWISE_TASK), *arguments)
        except NumbaError as error:
            self._refused = f"{self._function.__name__}: {error}"
            raise NoKernelError(self._refused) from error


def _text(paste, dtype, is_array, updated, gradient):
    names = [f"a{i}" for i in range(len(is_array))]
    elements = [f"{name}[i]" if array else name for name, array in zip(names, is_array, strict=True)]
    outside = [f"{name}={name}" for name in paste.needs[paste.name]]
    value = f"{paste.name}({', '.join(elements[gradient:] + outside)})"
    if gradient:
        value = f"{elements[0]} * F({value})"
    results = [names[i] for i in updated] or ["y"]
    read = [name for name, array in zip(names, is_array, strict=True) if array and name not in results]
    arrays = ", ".join(read + results)
    cut = ", ".join(f"{name}[start:stop]" for name in read + results)
    targets = ", ".join(f"{name}[i]" for name in results)
    numbers = [name for name, array in zip(names, is_array, strict=True) if not array] + paste.needs[paste.name]
    typed = [f"{name}: In1" for name in read] + [f"{name}: Out1" for name in results]
    parameters = ", ".join(typed + [f"{name}: float" for name in numbers])
    # A loop over slices from 0, for an index that might be negative keeps LLVM from making vectors.
    loop = f"""
        def task(worker, number, {parameters}):
            start, stop = number * TASK, (number + 1) * TASK
            {arrays} = {cut}
            for i in range({results[0]}.size):
                {targets} = {value}
    """
    head = f"""
        import math

        import numpy as np

        from autograd_core.kernels import exponential
        from autograd_core.kernels.launch import In1, Out1

        F = np.{dtype}
        TASK = {ELEMENTWISE_TASK}
    """
    return "\n\n".join([textwrap.dedent(head).strip(), *paste.texts, textwrap.dedent(loop).strip()]) + "\n"


@functools.cache
def _compiled(text):
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = f"<autograd_core kernel {digest}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)  # for tracebacks

    def compiled(function):
        # Symbols are made of this name and a number that every process counts anew: were all texts' tasks called
        # `task`, one that is loaded from the cache would run the machine code of another that came before.
        function.__qualname__ += f"_{digest}"
        # A row that calls many others is too long for LLVM to inline unasked, and a loop with a call gets no vectors.
        return jit(function, forceinline=True, text=text)

    namespace = {"jit": compiled, "__name__": __name__}
    try:
        code = compile(text, name, "exec")
    except SyntaxError as error:  # where a name stands for a number from outside and is assigned to as well
        raise NoKernelError(f"no kernel can be made of this function: {error}") from error
    exec(code, namespace)  # our own text, made of functions that the program already runs
    task = namespace["task"]
    task.__qualname__ += f"_{digest}"
    return Kernel(task, text).call


class _Paste:
    """A function of numbers and those that it calls, as functions of a module, each after what it calls.

    `needs` says which numbers from outside each of them takes as further arguments; `numbers` reads all of them, in
    the order in which the kernel takes them. `functions` has, for each function that was found outside, how to read it
    again, and what it was.
    """

    def __init__(self, function, is_array):
        self.texts = []
        self.needs = {}
        self.functions = []
        self._names = {}
        self._outside = {}
        parameters = list(inspect.signature(function).parameters)
        self.name = self.add(function, {p for p, array in zip(parameters, is_array, strict=True) if not array})
        readers = dict(self._outside.values())
        self.numbers = [readers[name] for name in self.needs[self.name]]

    def add(self, function, numbers=frozenset()):
        """Paste `function`, whose parameters `numbers` are float64 and the same for all elements; return its name."""
        if function in self._names:
            return self._names[function]
        name = self._names[function] = f"{function.__name__.strip('_') or 'rule'}_{len(self._names)}"
        self.needs[name] = []
        tree = _definition(function)
        parameters = [ast.arg(a.arg) for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)]
        typed = _Typed(self, function, numbers)
        if ast.get_docstring(tree) is not None:
            tree.body = tree.body[1:]
        tree.body = [typed.visit(statement) for statement in tree.body]
        self.needs[name] = list(typed.needs)
        parameters += map(ast.arg, typed.needs)
        tree.args = ast.arguments(posonlyargs=[], args=parameters, kwonlyargs=[], kw_defaults=[], defaults=[])
        tree.name, tree.decorator_list, tree.returns = name, [], None
        self.texts.append("@jit\n" + ast.unparse(ast.fix_missing_locations(tree)))
        return name

    def number(self, key, read):
        """The name of the argument for the number from outside that `read` reads; the same for the same `key`."""
        return self._outside.setdefault(key, (f"outside_{len(self._outside)}", read))[0]


def _definition(function):
    try:
        return function_source.definition(function)
    except function_source.NoSourceError as error:
        raise NoKernelError(str(error)) from error


class _Typed(ast.NodeTransformer):
    """Names of rows become the pasted functions, numbers become numbers of the kernel's dtype F.

    What is computed from numbers alone, such as 1 - beta, is computed in float64 before it is rounded to F. `needs` has
    the names of the arguments for numbers from outside, once each.
    """

    def __init__(self, paste, function, numbers):
        self.needs = {}
        self._paste = paste
        self._function = function
        self._numbers = numbers
        closure = inspect.getclosurevars(function)
        self._outer = {**closure.globals, **closure.nonlocals}
        self._cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for name in closure.builtins:  # a global of that name would take its place
            paste.functions.append((functools.partial(function.__globals__.get, name), None))

    def visit(self, node):
        """Cast the largest expressions of numbers alone; look into all others."""
        if isinstance(node, ast.expr) and self._is_number(node):
            return _cast(self._with_arguments(node))
        return super().visit(node)

    def _is_number(self, node):
        if isinstance(node, ast.Constant):
            return type(node.value) in (float, int)
        if isinstance(node, ast.Name):
            return node.id in self._numbers or type(self._outer.get(node.id)) in (float, int)
        if isinstance(node, ast.UnaryOp):
            return self._is_number(node.operand)
        return isinstance(node, ast.BinOp) and self._is_number(node.left) and self._is_number(node.right)

    def _with_arguments(self, node):
        """An expression of numbers alone, in which those from outside are arguments."""
        if isinstance(node, ast.Name):
            return node if node.id in self._numbers else self._argument(node.id)
        if isinstance(node, ast.UnaryOp):
            return ast.UnaryOp(node.op, self._with_arguments(node.operand))
        if isinstance(node, ast.BinOp):
            return ast.BinOp(self._with_arguments(node.left), node.op, self._with_arguments(node.right))
        return node

    def _argument(self, name):
        if name in self._cells:
            cell = self._cells[name]
            return self._needed(id(cell), functools.partial(getattr, cell, "cell_contents"))
        names = self._function.__globals__
        return self._needed((id(names), name), functools.partial(names.get, name))

    def _needed(self, key, read):
        name = self._paste.number(key, read)
        self.needs[name] = None
        return ast.Name(name, ast.Load())

    def visit_Global(self, node):
        """A kernel runs for each element, and writes to nothing outside; numpy calls the function once."""
        raise NoKernelError(f"{self._function.__name__}: kernels do not assign to {', '.join(node.names)} from outside")

    visit_Nonlocal = visit_Global

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store) or node.id not in self._outer:
            return node
        if node.id in self._cells:
            read = functools.partial(getattr, self._cells[node.id], "cell_contents")
        else:
            read = functools.partial(self._function.__globals__.get, node.id)
        return self._resolved(read, node)

    def visit_Attribute(self, node):
        module = self._outer.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if not isinstance(module, ModuleType):
            return self.generic_visit(node)
        value = getattr(module, node.attr)
        if module is math and callable(value):
            source = "exponential" if node.attr in exponential.FUNCTIONS else "math"
            return ast.Attribute(ast.Name(source, ast.Load()), node.attr, ast.Load())
        if type(value) in (float, int):
            if module in (math, np):
                return _cast(_number(value))
            return _cast(self._needed((id(module), node.attr), functools.partial(getattr, module, node.attr)))
        return self._resolved(functools.partial(getattr, module, node.attr), node)

    def _resolved(self, read, node):
        """The name of what `read` reads: a row or another function, which is pasted."""
        value = read()
        row = getattr(value, "row", value)  # of an op; a plain function is its own
        if inspect.isfunction(row):
            self._paste.functions.append((read, value))
            return ast.Name(self._paste.add(row), ast.Load())
        if value is math:
            return ast.Name("math", ast.Load())
        raise NoKernelError(f"{self._function.__name__}: kernels have no {ast.unparse(node)}")

    def visit_Call(self, node):
        """Hand on the numbers from outside that the called function needs."""
        node = self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            for name in self._paste.needs.get(node.func.id, ()):
                self.needs[name] = None
                node.keywords.append(ast.keyword(name, ast.Name(name, ast.Load())))
        return node

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
            return ast.BinOp(self.visit(node.left), node.op, node.right)  # x ** 2 is a product, x ** 2.0 a call of pow
        # A comparison in arithmetic is 0 or 1.
        sides = [_cast(self.visit(s)) if isinstance(s, ast.Compare) else self.visit(s) for s in (node.left, node.right)]
        return ast.BinOp(sides[0], node.op, sides[1])


def _cast(node):
    return ast.Call(ast.Name("F", ast.Load()), [node], [])


def _number(value):
    if math.isfinite(value):
        return ast.Constant(float(value))
    return ast.Attribute(ast.Name("math", ast.Load()), "nan" if math.isnan(value) else "inf", ast.Load())
