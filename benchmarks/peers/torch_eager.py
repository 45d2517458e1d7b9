"""torch, eager, as most of its users write it."""

from __future__ import annotations

import itertools
import os
from typing import Any

import torch
from torch.nn import functional

from benchmarks import inputs, sequences
from benchmarks.timing import Task, fingerprint

if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
threads = torch.get_num_threads

LAYERS = {
    "linear": torch.nn.Linear,
    "conv": lambda wide, narrow, kernel, padding: torch.nn.Conv2d(wide, narrow, kernel, padding=padding),
    "pool": torch.nn.MaxPool2d,
    "relu": torch.nn.ReLU,
    "sigmoid": torch.nn.Sigmoid,
    "flatten": torch.nn.Flatten,
}


def matmul(m: int, k: int, n: int, layout: str) -> Task:
    a, b = (torch.from_numpy(x) for x in inputs.matmul_operands(m, k, n, layout))
    a = a.T if layout[0] == "t" else a
    b = b.T if layout[1] == "t" else b
    return Task(lambda: torch.matmul(a, b), evidence=fingerprint(torch.matmul(a, b)))


def conv2d(direction: str, **sizes: int) -> Task:
    x, w, g = (torch.from_numpy(array) for array in inputs.conv_operands(**sizes))
    stride, padding, groups = sizes["stride"], sizes["padding"], sizes["groups"]

    def backward(to_input: bool) -> Any:
        wanted = (to_input, not to_input, False)
        gradients = torch.ops.aten.convolution_backward(
            g, x, w, None, (stride,) * 2, (padding,) * 2, (1, 1), False, (0, 0), groups, wanted
        )
        return gradients[0] if to_input else gradients[1]

    call = {
        "forward": lambda: functional.conv2d(x, w, None, stride, padding, 1, groups),
        "to input": lambda: backward(True),
        "to weights": lambda: backward(False),
    }[direction]
    return Task(call, evidence=fingerprint(call()))


def layer(label: str) -> Task:
    name, arguments, shape = inputs.LAYERS[label]
    made = getattr(torch.nn, name)(*arguments)
    x, g = map(torch.from_numpy, inputs.layer_operands(shape))
    x.requires_grad = True
    leaves = [x, *made.parameters()]

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        y = made(x)
        y.backward(g)
        return y

    results = [] if name == "Dropout" else [step(), *(leaf.grad for leaf in leaves)]
    return Task(step, evidence=[number for result in results for number in fingerprint(result.detach())])


NAMED_ROWS = torch.from_numpy(inputs.NAMED_ROWS)
ARRAY_FUNCTIONS = {
    "product with itself": lambda x: x * x,
    "sum with a row": lambda x: x + x[0],
    "third power": lambda x: x**3,
    "exponential": torch.exp,
    "twice the transpose": lambda x: x.T * 2,
    "every second column": lambda x: x[:, ::2],
    "joined with itself": lambda x: torch.cat([x, x]),
    "sums of rows": lambda x: x.sum(1),
    "sums of columns": lambda x: x.sum(0),
    "means of channels": lambda x: x.mean((0, 2, 3)),
    "largest of rows": lambda x: x.amax(1),
    "variances of rows": lambda x: x.var(1, correction=0),
    "norms of rows": lambda x: torch.sqrt((x * x).sum(1)),
    "logsumexp of rows": lambda x: x.logsumexp(1),
    "cumulative sums of rows": lambda x: x.cumsum(1),
    "sorted rows": lambda x: x.sort().values,
    "named rows": lambda x: functional.embedding(NAMED_ROWS, x),
    "products with its transposes": lambda x: x @ x.mT,
    "product with a vector": lambda x: x @ x[0],
}


def array_function(name: str) -> Task:
    function = ARRAY_FUNCTIONS[name]
    x = torch.from_numpy(inputs.layer_operands(inputs.ARRAY_FUNCTIONS[name])[0]).requires_grad_()
    g = torch.from_numpy(inputs.layer_operands(tuple(function(x).shape))[1])

    def step() -> Any:
        x.grad = None
        y = function(x)
        y.backward(g)
        return y

    return Task(step, evidence=fingerprint(step().detach()) + fingerprint(x.grad))


def sequence(label: str) -> Task:
    def fill(parameter: Any, array: Any) -> None:
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(array))

    library = sequences.Library(
        torch.nn, functional, torch.nn.utils.rnn, torch.from_numpy, fill, lambda x: x.detach().numpy(),
        torch.optim.AdamW, torch.func.vmap, torch.func.grad, torch.func.jacrev, torch.func.functional_call,
    )  # fmt: skip
    return sequences.task(library, label)


def network(model: inputs.Model, seed: int = 0, **options: Any) -> tuple[Any, Any]:
    """The network with its first weights, and its optimiser, which gets the options."""
    net = torch.nn.Sequential(*(LAYERS[kind](*sizes) for kind, *sizes in model.layers))
    with torch.no_grad():
        for parameter, weight in zip(net.parameters(), inputs.first_weights(model, seed), strict=True):
            parameter.copy_(torch.from_numpy(weight))
    optimizer = torch.optim.SGD if model.optimizer == "sgd" else torch.optim.Adam
    return net, optimizer(net.parameters(), lr=model.lr, **options)


def quadratic_loss(outputs: Any, targets: Any) -> Any:
    return functional.mse_loss(outputs, targets, reduction="sum") / (2 * len(outputs))


def loss_and_batches(model: inputs.Model, batch: int) -> tuple[Any, list[tuple[Any, Any]]]:
    quadratic = model.optimizer == "sgd"
    examples = [
        (torch.from_numpy(x), torch.from_numpy(inputs.one_hot(y) if quadratic else y))
        for x, y in inputs.batches(model, batch)
    ]
    return quadratic_loss if quadratic else functional.cross_entropy, examples


def training(model: str, batch: int) -> Task:
    spec = inputs.MODELS[model]
    net, optimizer = network(spec)
    return _training(net, optimizer, *loss_and_batches(spec, batch))


def _training(net: Any, optimizer: Any, loss_of: Any, examples: list[tuple[Any, Any]]) -> Task:
    following = itertools.cycle(examples)

    def step() -> Any:
        x, y = next(following)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return Task(step, evidence=[float(step()) for _ in range(5)])


def add(size: int) -> Task:
    a, b = torch.ones(size, requires_grad=True), torch.ones(size, requires_grad=True)
    return Task(lambda: a + b)


def tensor_chain(nodes: int) -> Task:
    def call() -> Any:
        x = y = torch.ones(10, requires_grad=True)
        for _ in range(nodes):
            y = y + x
        y.sum().backward()
        return x.grad

    return Task(call)
