"""Kernels made of functions of numbers: the rows' own source, pasted into a loop over arrays.

A row such as sigmoid calls other rows (exp, where); each is pasted as a function of its own, and LLVM inlines them all.
The text is the key of the kernel cache, so a changed row can never meet an old kernel; `source(...)` shows it. Literals
become numbers of the arrays' dtype, for 1.0 would make float64 of all that it meets.
"""

import ast
import hashlib
import inspect
import linecache
import math
import textwrap
from types import ModuleType

import numpy as np
from numba.core.errors import NumbaError

from autograd_core.kernels import exponential, memory
from autograd_core.kernels.jit import jit
from autograd_core.kernels.threads import ParallelKernel

# Elements in a task: several tasks a thread, each long enough that claiming one costs nothing.
CHUNK = 1 << 14

_kernels: dict[tuple[object, ...], ParallelKernel] = {}


class NoKernelError(Exception):
    """A function that no kernel can be made of: its source is not to be found, or uses what kernels lack."""


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
    kernel = _kernel(function, first.dtype, is_array, (), gradient)
    _call(kernel, function, first.size, (*arrays, out.reshape(-1), *numbers))
    return out


def updater(function, dtype, reads, updates, numbers):
    """A kernel that writes what `function` of so many arrays and numbers returns, in order, into the last arrays.

    Call it with flat, contiguous arrays and the numbers. It raises NoKernelError.
    """
    is_array = (True,) * (reads + updates) + (False,) * numbers
    kernel = _kernel(function, dtype, is_array, tuple(range(reads, reads + updates)), False)

    def update(*arguments):
        _call(kernel, function, arguments[0].size, arguments)

    return update


def _call(kernel, function, size, arguments):
    try:
        kernel(size, *arguments)
    except NumbaError as error:
        raise NoKernelError(f"{function.__name__}: {error}") from error


def _kernel(function, dtype, is_array, updated, gradient):
    key = (function, dtype, is_array, updated, gradient)
    kernel = _kernels.get(key)
    if kernel is None:
        text = source(function, dtype, is_array, updated, gradient)
        kernel = _kernels[key] = _compiled(text, reads=sum(is_array) - len(updated))
    return kernel


def source(function, dtype, is_array, updated=(), gradient=False):
    """The text of the kernel: a module to be read, and what is compiled."""
    names = [f"a{i}" for i in range(len(is_array))]
    elements = [f"{name}[i]" if array else name for name, array in zip(names, is_array, strict=True)]
    paste = _Paste(function, is_array[gradient:])
    value = f"{paste.name}({', '.join(elements[gradient:])})"
    if gradient:
        value = f"{elements[0]} * F({value})"
    results = [names[i] for i in updated] or ["y"]
    read = [name for name, array in zip(names, is_array, strict=True) if array and name not in results]
    arrays = ", ".join(read + results)
    cut = ", ".join(f"{name}[start:stop]" for name in read + results)
    targets = ", ".join(f"{name}[i]" for name in results)
    parameters = ", ".join([arrays] + [name for name, array in zip(names, is_array, strict=True) if not array])
    # A loop over slices from 0, for an index that might be negative keeps LLVM from making vectors.
    loop = f"""
        @jit
        def task(worker, number, {parameters}):
            start, stop = number * CHUNK, (number + 1) * CHUNK
            {arrays} = {cut}
            for i in range({results[0]}.size):
                {targets} = {value}

        post = sharing(task)

        def kernel(mailbox, {parameters}):
            post(mailbox, ({parameters},))
            run_tasks(mailbox, ({results[0]}.size + CHUNK - 1) // CHUNK)
    """
    head = f"""
        import math

        import numpy as np

        from autograd_core.kernels import exponential
        from autograd_core.kernels.team import run_tasks, sharing

        F = np.{dtype}
        CHUNK = {CHUNK}
    """
    return "\n\n".join([textwrap.dedent(head).strip(), *paste.texts, textwrap.dedent(loop).strip()]) + "\n"


def _compiled(text, reads):
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
    exec(compile(text, name, "exec"), namespace)  # our own text, made of functions that the program already runs
    return ParallelKernel(reads).of(namespace["kernel"], text)


class _Paste:
    """A function of numbers and those that it calls, as functions of a module, each after what it calls."""

    def __init__(self, function, is_array):
        self.texts = []
        self._names = {}
        parameters = list(inspect.signature(function).parameters)
        self.name = self.add(function, {p for p, array in zip(parameters, is_array, strict=True) if not array})

    def add(self, function, numbers=frozenset()):
        """Paste `function`, whose parameters `numbers` are float64 and the same for all elements; return its name."""
        if function in self._names:
            return self._names[function]
        name = self._names[function] = f"{function.__name__.strip('_') or 'rule'}_{len(self._names)}"
        tree = _definition(function)
        parameters = [ast.arg(a.arg) for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)]
        tree.args = ast.arguments(posonlyargs=[], args=parameters, kwonlyargs=[], kw_defaults=[], defaults=[])
        tree.name, tree.decorator_list, tree.returns = name, [], None
        if ast.get_docstring(tree) is not None:
            tree.body = tree.body[1:]
        tree.body = [_Typed(self, function, numbers).visit(statement) for statement in tree.body]
        self.texts.append("@jit\n" + ast.unparse(ast.fix_missing_locations(tree)))
        return name


def _definition(function):
    try:
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body
    except (OSError, SyntaxError, ValueError) as error:
        raise NoKernelError(f"{function.__name__}: its source cannot be read ({error})") from error
    if not isinstance(tree, ast.FunctionDef):
        raise NoKernelError(f"{function.__name__}: a kernel is made of a def")
    return tree


class _Typed(ast.NodeTransformer):
    """Names of rows become the pasted functions, numbers become numbers of the kernel's dtype F.

    What is computed from numbers alone, such as 1 - beta, is computed in float64 before it is rounded to F.
    """

    def __init__(self, paste, function, numbers):
        self._paste = paste
        self._function = function
        self._numbers = numbers
        closure = inspect.getclosurevars(function)
        self._outer = {**closure.globals, **closure.nonlocals}

    def visit(self, node):
        """Cast the largest expressions of numbers alone; look into all others."""
        if isinstance(node, ast.expr) and self._is_number(node):
            return _cast(ast.parse(ast.unparse(node), mode="eval").body)
        return super().visit(node)

    def _is_number(self, node):
        if isinstance(node, ast.Constant):
            return type(node.value) in (float, int)
        if isinstance(node, ast.Name):
            return node.id in self._numbers
        if isinstance(node, ast.UnaryOp):
            return self._is_number(node.operand)
        return isinstance(node, ast.BinOp) and self._is_number(node.left) and self._is_number(node.right)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store) or node.id not in self._outer:
            return node
        return self._resolved(self._outer[node.id], node)

    def visit_Attribute(self, node):
        module = self._outer.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if not isinstance(module, ModuleType):
            return self.generic_visit(node)
        value = getattr(module, node.attr)
        if module is math and callable(value):
            source = "exponential" if node.attr in exponential.FUNCTIONS else "math"
            return ast.Attribute(ast.Name(source, ast.Load()), node.attr, ast.Load())
        return self._resolved(value, node)

    def _resolved(self, value, node):
        if type(value) in (float, int):
            return _cast(_number(value))
        row = getattr(value, "row", value)  # of an op; a plain function is its own
        if inspect.isfunction(row):
            return ast.Name(self._paste.add(row), ast.Load())
        if value is math:
            return ast.Name("math", ast.Load())
        raise NoKernelError(f"{self._function.__name__}: kernels have no {ast.unparse(node)}")

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
