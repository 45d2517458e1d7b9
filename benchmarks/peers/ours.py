"""This project, by its public names."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import autograd_core as ag
import nn
import optim
from autograd_core.kernels.threads import get_num_threads as threads
from autograd_core.ops.convolution import conv2d_input_gradient, conv2d_weight_gradient
from benchmarks import inputs, moons, sequences
from benchmarks.estimators import FITS
from benchmarks.timing import Task, fingerprint

__all__ = [
    "add",
    "array_function",
    "conv2d",
    "estimator",
    "layer",
    "matmul",
    "moons_step",
    "sequence",
    "tensor_chain",
    "threads",
    "training",
    "value_chain",
]

LAYERS = {
    "linear": nn.Linear,
    "conv": lambda wide, narrow, kernel, padding: nn.Conv2d(wide, narrow, kernel, padding=padding),
    "pool": nn.MaxPool2d,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "flatten": nn.Flatten,
}


def matmul(m: int, k: int, n: int, layout: str) -> Task:
    a, b = (ag.tensor(x) for x in inputs.matmul_operands(m, k, n, layout))
    a = a.T if layout[0] == "t" else a
    b = b.T if layout[1] == "t" else b

    return Task(lambda: ag.matmul(a, b), evidence=fingerprint(ag.matmul(a, b).numpy()))


def conv2d(direction: str, **sizes: int) -> Task:
    x, w, g = (ag.tensor(array) for array in inputs.conv_operands(**sizes))
    how = {name: sizes[name] for name in ("stride", "padding", "groups")}
    call = {
        "forward": lambda: ag.conv2d(x, w, **how),
        "to input": lambda: conv2d_input_gradient(g, w, shape=x.shape, **how),
        "to weights": lambda: conv2d_weight_gradient(g, x, shape=w.shape, **how),
    }[direction]
    return Task(call, evidence=fingerprint(call().numpy()))


def layer(label: str) -> Task:
    name, arguments, shape = inputs.LAYERS[label]
    made = getattr(nn, name)(*arguments)
    x, g = map(ag.tensor, inputs.layer_operands(shape))
    x.requires_grad = True
    leaves = [x, *made.parameters()]

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        y = made(x)
        y.backward(g)
        return y

    results = [] if name == "Dropout" else [step(), *(leaf.grad for leaf in leaves)]
    return Task(step, evidence=[number for result in results for number in fingerprint(result.numpy())])


ARRAY_FUNCTIONS = {
    "product with itself": lambda x: x * x,
    "sum with a row": lambda x: x + x[0],
    "third power": lambda x: x**3,
    "exponential": ag.exp,
    "twice the transpose": lambda x: x.T * 2,
    "every second column": lambda x: x[:, ::2],
    "joined with itself": lambda x: ag.concat([x, x]),
    "sums of rows": lambda x: x.sum(1),
    "sums of columns": lambda x: x.sum(0),
    "means of channels": lambda x: x.mean((0, 2, 3)),
    "largest of rows": lambda x: ag.amax(x, 1),
    "variances of rows": lambda x: ag.var(x, 1),
    "norms of rows": lambda x: ag.sqrt((x * x).sum(1)),
    "logsumexp of rows": lambda x: ag.logsumexp(x, 1),
    "cumulative sums of rows": lambda x: ag.cumulative_sum(x, 1),
    "sorted rows": ag.sort,
    "named rows": lambda x: x[inputs.NAMED_ROWS],
    "products with its transposes": lambda x: x @ x.mT,
    "product with a vector": lambda x: x @ x[0],
}


def array_function(name: str) -> Task:
    function = ARRAY_FUNCTIONS[name]
    x = ag.tensor(inputs.layer_operands(inputs.ARRAY_FUNCTIONS[name])[0], requires_grad=True)
    g = ag.tensor(inputs.layer_operands(function(x).shape)[1])

    def step() -> Any:
        x.grad = None
        y = function(x)
        y.backward(g)
        return y

    return Task(step, evidence=fingerprint(step().numpy()) + fingerprint(x.grad.numpy()))


def sequence(label: str) -> Task:
    library = sequences.Library(
        nn, nn.functional, nn.utils.rnn, ag.tensor, lambda p, array: p.assign(array), lambda x: x.detach().numpy(),
        optim.AdamW, ag.vmap, ag.grad, ag.jacobian, nn.functional_call,
    )  # fmt: skip
    return sequences.task(library, label)


def network(model: inputs.Model, seed: int = 0) -> tuple[Any, Any]:
    net = nn.Sequential(*(LAYERS[kind](*sizes) for kind, *sizes in model.layers))
    for parameter, weight in zip(net.parameters(), inputs.first_weights(model, seed), strict=True):
        parameter.assign(weight)
    optimizer = optim.SGD if model.optimizer == "sgd" else optim.Adam
    return net, optimizer(net.parameters(), lr=model.lr)


def training(model: str, batch: int, compiled: bool = False) -> Task:
    spec = inputs.MODELS[model]
    net, optimizer = network(spec)
    quadratic = spec.optimizer == "sgd"
    loss_of = nn.functions.quadratic_loss if quadratic else nn.functions.cross_entropy
    examples = [(ag.tensor(x), inputs.one_hot(y) if quadratic else y) for x, y in inputs.batches(spec, batch)]
    following = itertools.cycle(examples)

    def train(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step = ag.compile(train) if compiled else train
    return Task(lambda: step(*next(following)), evidence=[float(step(*next(following))) for _ in range(5)])


def estimator(label: str, dtype: str) -> Task:
    from sklearn.base import clone

    fit = FITS[label]
    model = (nn.sklearn.NeuralClassifier if fit.classes else nn.sklearn.NeuralRegressor)(**fit.settings())
    x, y = fit.data(dtype)
    return Task(lambda: clone(model).fit(x, y))


class Neuron:
    """As in micrograd/nn.py."""

    def __init__(self, nin: int, nonlin: bool) -> None:
        self.w = [ag.Value(0.0) for _ in range(nin)]
        self.b = ag.Value(0.0)
        self.nonlin = nonlin

    def __call__(self, x: Any) -> Any:
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.relu() if self.nonlin else act


class Layer:
    """As in micrograd/nn.py."""

    def __init__(self, nin: int, nout: int, nonlin: bool) -> None:
        self.neurons = [Neuron(nin, nonlin) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        return [neuron(x) for neuron in self.neurons]


class LayerOfLists(Layer):
    """The same, with the weighted sums as an op on lists of Values: one node each."""

    def __call__(self, x: Any) -> Any:
        sums = ag.linear(x, [neuron.w for neuron in self.neurons], [neuron.b for neuron in self.neurons])
        return [y.relu() if neuron.nonlin else y for neuron, y in zip(self.neurons, sums, strict=True)]


class MLP:
    """As in micrograd/nn.py."""

    def __init__(self, layer: type[Layer], *sizes: int) -> None:
        pairs = list(itertools.pairwise(sizes))
        self.layers = [layer(a, b, i < len(pairs) - 1) for i, (a, b) in enumerate(pairs)]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x[0] if len(x) == 1 else x

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for neuron in layer.neurons for p in [*neuron.w, neuron.b]]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0.0


def moons_step(collector: bool, compiled: bool = False) -> Task:
    (gc.enable if collector else gc.disable)()
    around = ag.compile if compiled else lambda update: update
    step = moons.training(MLP(Layer, *moons.SIZES), ag.Value, ag.Value.backward, compiled=around)
    return Task(step, evidence=[step() for _ in range(moons.EVIDENCE)])


def moons_step_of_lists(collector: bool) -> Task:
    (gc.enable if collector else gc.disable)()
    mlp = MLP(LayerOfLists, *moons.SIZES)
    step = moons.training(mlp, ag.Value, ag.Value.backward, sum_of_squares=lambda ps: ag.vecdot(ps, ps))
    return Task(step, evidence=[step() for _ in range(moons.EVIDENCE)])


def add(size: int) -> Task:
    a, b = ag.ones((size,), requires_grad=True), ag.ones((size,), requires_grad=True)
    return Task(lambda: a + b)


def value_chain(nodes: int) -> Task:
    """Build a chain of scalar additions, go back through it, and let it go."""
    gc.enable()

    def call() -> float:
        x = y = ag.Value(1.0)
        for _ in range(nodes):
            y = y + x
        y.backward()
        return x.grad

    return Task(call)


def tensor_chain(nodes: int) -> Task:
    """The same with arrays of ten numbers."""
    gc.enable()

    def call() -> Any:
        x = y = ag.ones((10,), requires_grad=True)
        for _ in range(nodes):
            y = y + x
        y.sum().backward()
        return x.grad

    return Task(call)
