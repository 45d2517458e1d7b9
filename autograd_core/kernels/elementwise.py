"""Kernels made of functions of numbers: the rows' own source, pasted into a loop over arrays.

A row such as sigmoid calls other rows (exp, where); each is pasted as a function of its own, and LLVM inlines them all.
The text is the key of the kernel cache, so a changed row can never meet an old kernel; `source(...)` shows it. Literals
become numbers of the arrays' dtype, for 1.0 would make float64 of all that it meets.
"""

import ast
import builtins
import inspect
import linecache
import math
import textwrap
from types import ModuleType

import numpy as np

from autograd_core.errors import ArgumentError
from autograd_core.kernels.jit import jit
from autograd_core.kernels.threads import ParallelKernel

# Elements in a task: several tasks a thread, each long enough that claiming one costs nothing.
CHUNK = 1 << 14

_BUILTINS = {"abs", "min", "max", "float", "bool"}
_kernels: dict[tuple[object, ...], ParallelKernel] = {}


def run(function, outputs, arguments, gradient=False):
    """outputs[...] = function(arguments), element by element, in one pass.

    `outputs` are contiguous arrays of one dtype and shape; each of `arguments` is such an array too, or a number. An
    output may be one of the arguments. With `gradient` the first argument is the upstream gradient, and the function of
    the others a local gradient that it is multiplied by.
    """
    dtype = outputs[0].dtype
    is_array = tuple([isinstance(x, np.ndarray) for x in arguments])
    key = (function, dtype, is_array, len(outputs), gradient)
    kernel = _kernels.get(key)
    if kernel is None:
        kernel = _kernels[key] = _compiled(source(function, dtype, is_array, len(outputs), gradient), sum(is_array))
    arrays = [x.reshape(-1) for x in arguments if isinstance(x, np.ndarray)]
    numbers = [float(x) for x in arguments if not isinstance(x, np.ndarray)]
    kernel(outputs[0].size, *arrays, *[out.reshape(-1) for out in outputs], *numbers)


def source(function, dtype, is_array, outputs=1, gradient=False):
    """The text of the kernel: a module to be read, and what is compiled."""
    paste = _Paste(function)
    arrays = [f"a{i}" for i, array in enumerate(is_array) if array]
    numbers = [f"a{i}" for i, array in enumerate(is_array) if not array]
    results = [f"y{i}" for i in range(outputs)]
    elements = [f"a{i}[i]" if array else f"F(a{i})" for i, array in enumerate(is_array)]
    if gradient:
        upstream, *elements = elements
        value = f"{upstream} * F({paste.name}({', '.join(elements)}))"
    else:
        value = f"{paste.name}({', '.join(elements)})"
    targets = ", ".join(f"{y}[i]" for y in results)
    parameters = ", ".join(arrays + results + numbers)
    loop = f"""
        @jit
        def task(worker, number, {parameters}):
            start = number * CHUNK
            for i in range(start, min(start + CHUNK, {results[0]}.size)):
                {targets} = {value}

        post = sharing(task)

        def kernel(mailbox, {parameters}):
            post(mailbox, ({parameters},))
            run_tasks(mailbox, ({results[0]}.size + CHUNK - 1) // CHUNK)
    """
    head = f"""
        import math

        import numpy as np

        from autograd_core.kernels.team import run_tasks, sharing

        F = np.{dtype}
        CHUNK = {CHUNK}
    """
    return "\n\n".join([textwrap.dedent(head).strip(), *paste.texts, textwrap.dedent(loop).strip()]) + "\n"


def _compiled(text, reads):
    name = f"<autograd_core kernel {hash(text):x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)  # for tracebacks
    namespace = {"jit": lambda function: jit(function, text=text), "__name__": __name__}
    exec(compile(text, name, "exec"), namespace)  # our own text, made of functions that the program already runs
    return ParallelKernel(reads).of(namespace["kernel"], text)


class _Paste:
    """Functions of numbers as top-level functions of a module, each after those that it calls."""

    def __init__(self, function):
        self.texts = []
        self._names = {}
        self.name = self.add(function)

    def add(self, function):
        """Paste `function` and what it calls; return the name that it goes by."""
        if function in self._names:
            return self._names[function]
        name = f"{function.__name__.strip('_') or 'rule'}_{len(self._names)}"
        self._names[function] = name
        tree = _definition(function)
        tree.name, tree.decorator_list = name, []
        tree.args = ast.arguments(
            posonlyargs=[],
            args=[ast.arg(a.arg) for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[],
        )
        tree.returns = None
        if ast.get_docstring(tree) is not None:
            tree.body = tree.body[1:]
        tree = _Typed(self, function).visit(tree)
        self.texts.append("@jit\n" + ast.unparse(ast.fix_missing_locations(tree)))
        return name


def _definition(function):
    try:
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body
    except (OSError, SyntaxError, ValueError):
        tree = None
    if not isinstance(tree, ast.FunctionDef):
        raise ArgumentError(f"{function.__name__}: a kernel is made from the source of a def, which cannot be found here")
    return tree


class _Typed(ast.NodeTransformer):
    """Names of rows become the pasted functions; numbers become numbers of the kernel's dtype F."""

    def __init__(self, paste, function):
        self._paste = paste
        self._function = function
        closure = inspect.getclosurevars(function)
        self._outer = {**closure.globals, **closure.nonlocals}

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store) or node.id not in self._outer:
            return node
        return self._resolved(self._outer[node.id], node)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and isinstance(module := self._outer.get(node.value.id), ModuleType):
            if module in (math, np):
                return node
            return self._resolved(getattr(module, node.attr), node)
        return self.generic_visit(node)

    def _resolved(self, value, node):
        if isinstance(value, (float, int)):
            return _number(value)
        row = getattr(value, "row", value)
        if inspect.isfunction(row):
            return ast.copy_location(ast.Name(self._paste.add(row), ast.Load()), node)
        if value is math or value is np or getattr(builtins, getattr(value, "__name__", ""), None) is value:
            return node
        raise ArgumentError(f"{self._function.__name__}: a kernel cannot use {ast.unparse(node)}, which is {value!r}")

    def visit_Constant(self, node):
        return _number(node.value) if isinstance(node.value, (float, int)) else node

    def visit_BinOp(self, node):
        exponent = node.right
        node = self.generic_visit(node)
        if isinstance(node.op, ast.Pow) and isinstance(exponent, ast.Constant) and isinstance(exponent.value, int):
            node.right = exponent  # x ** 2 is a product, x ** 2.0 a call of pow
        # A comparison in arithmetic is 0 or 1.
        node.left, node.right = (
            _cast(side) if isinstance(side, ast.Compare) else side for side in (node.left, node.right)
        )
        return node


def _cast(node):
    return ast.Call(ast.Name("F", ast.Load()), [node], [])


def _number(value):
    if math.isfinite(value):
        return _cast(ast.Constant(float(value)))
    return _cast(ast.Attribute(ast.Name("math", ast.Load()), "nan" if math.isnan(value) else "inf", ast.Load()))
