"""Source text of kernels: functions of numbers pasted into a module, with all that they call.

A row such as sigmoid calls other rows (exp, where); each is pasted as a function of its own, and LLVM inlines them all.
The text is the key of the kernel cache, so a changed row can never meet an old kernel. Literals become numbers of the
arrays' dtype, for 1.0 would make float64 of all that it meets.

What a function reads from outside, globals and variables of the function around it, may change between two calls. A
number becomes an argument of the kernel; `functions` tells whether a function was replaced.
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

from autograd_core.kernels import exponential, function_source
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import Kernel
from autograd_core.kernels.thresholds import ELEMENTWISE_TASK


class NoKernelError(Exception):
    """A function that no kernel can be made of: its source is not to be found, or uses what kernels lack."""


@functools.cache
def compiled(text):
    """The kernel that a module's text is of, as Python calls it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = f"<autograd_core kernel {digest}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)  # for tracebacks

    def jitted(function):
        # Symbols are made of this name and a number that every process counts anew: were all texts' tasks called
        # `task`, one that is loaded from the cache would run the machine code of another that came before.
        function.__qualname__ += f"_{digest}"
        # A row that calls many others is too long for LLVM to inline unasked, and a loop with a call gets no vectors.
        return jit(function, forceinline=True)

    namespace = {"jit": jitted, "__name__": __name__}
    try:
        code = compile(text, name, "exec")
    except SyntaxError as error:  # where a name stands for a number from outside and is assigned to as well
        raise NoKernelError(f"no kernel can be made of this function: {error}") from error
    exec(code, namespace)  # our own text, made of functions that the program already runs
    task = namespace["task"]
    task.__qualname__ += f"_{digest}"
    return Kernel(task, text).call


class Paste:
    """Functions of numbers and those that they call, as functions of a module, each after what it calls.

    `needs` says which numbers from outside each of them takes as further arguments. `functions` has, for each function
    that was found outside, how to read it again, and what it was.
    """

    @property
    def translation(self):
        """What makes the syntax tree of a function that of a kernel's."""
        return Typed

    def __init__(self):
        self.texts = []
        self.needs = {}
        self.functions = []
        self._names = {}
        self._outside = {}

    def call(self, function, arguments, are_numbers):
        """Paste `function`; return the text of a call of it with the texts `arguments`, some of them numbers."""
        parameters = inspect.signature(function).parameters
        name = self.add(function, frozenset([p for p, is_one in zip(parameters, are_numbers, strict=True) if is_one]))
        return f"{name}({', '.join([*arguments, *[f'{number}={number}' for number in self.needs[name]]])})"

    @property
    def outside(self):
        """The numbers from outside that were needed, by name, each with the function that reads it."""
        return dict(self._outside.values())

    def module(self, dtype, task, entries=ELEMENTWISE_TASK):
        """The text of all, with the text of a task of so many entries: a module to be read, and what is compiled."""
        head = f"""
            import math

            import numpy as np

            from autograd_core.kernels import exponential
            from autograd_core.kernels.launch import In1, InBools1, InDoubles1, Out1, OutBools1

            F = np.{dtype}
            TASK = {entries}
        """
        return "\n\n".join([textwrap.dedent(head).strip(), *self.texts, textwrap.dedent(task).strip()]) + "\n"

    def add(self, function, numbers=frozenset()):
        """Paste `function`, whose parameters `numbers` are float64 and the same for all elements; return its name."""
        if (function, numbers) in self._names:
            return self._names[function, numbers]
        name = self._names[function, numbers] = f"{function.__name__.strip('_') or 'rule'}_{len(self._names)}"
        self.needs[name] = []
        tree = _definition(function)
        parameters = [ast.arg(a.arg) for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)]
        typed = self.translation(self, function, numbers)
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


class Typed(ast.NodeTransformer):
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

    def visit_Constant(self, node):
        """What is no number, such as a text, stays as it is."""
        return node

    def visit_Name(self, node):
        """A row's name becomes that of the pasted function."""
        if isinstance(node.ctx, ast.Store) or node.id not in self._outer:
            return node
        if node.id in self._cells:
            read = functools.partial(getattr, self._cells[node.id], "cell_contents")
        else:
            read = functools.partial(self._function.__globals__.get, node.id)
        return self._resolved(read, node)

    def visit_Attribute(self, node):
        """math.exp becomes the kernels' own, a row of a module the pasted function."""
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
        """A whole power stays one; a comparison in arithmetic becomes a number."""
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
