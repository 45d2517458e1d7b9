"""Sequence models and transforms for two libraries: this one and torch have the same names, so each is written once.

A peer hands over a `Library`, what of it is used here, and gets a Task.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.timing import Task, fingerprint

# (layer, steps, rows, inputs, hidden units).
RECURRENT = {
    f"{name}, {steps} steps of {rows}, {inputs} to {hidden}": (name, steps, rows, inputs, hidden)
    for name, steps, rows, inputs, hidden in [
        ("LSTM", 35, 32, 128, 128),
        ("LSTM", 28, 64, 28, 32),
        ("LSTM", 32, 64, 256, 256),
        ("GRU", 35, 32, 128, 128),
        ("GRU", 50, 16, 64, 64),
    ]
}
PACKED = "LSTM both ways, packed, 1 to 40 steps of 32, 64 to 64"
ATTENTION = "MultiheadAttention, 16 × 128 × 128, 4 heads"
GPT = "GPT step, 4 layers of 128, 4 heads, 16 × 64 characters"
CTC = {
    f"CTC loss, {frames} frames of {rows}, {labels} labels of {classes}": (frames, rows, classes, labels)
    for frames, rows, classes, labels in [(50, 16, 20, 10), (200, 8, 40, 30)]
}
PER_SAMPLE = "per-sample gradients, MLP 784-128-10, 64 samples"
JACOBIAN = "jacobian, MLP 32-128-128-32 of 64 samples"
CASES = [*RECURRENT, PACKED, ATTENTION, GPT, *CTC, PER_SAMPLE, JACOBIAN]

_VOCABULARY, _CONTEXT, _WIDTH, _HEADS, _LAYERS = 65, 64, 128, 4, 4


@dataclass
class Library:
    """What is used of one: its `nn`, functions by name, and what has other names."""

    nn: Any
    functional: Any
    rnn: Any  # nn.utils.rnn
    tensor: Callable[..., Any]
    fill: Callable[[Any, Any], None]  # a parameter with an array
    numbers: Callable[[Any], Any]  # a tensor's, as an array
    adamw: Callable[..., Any]
    vmap: Callable[..., Any]
    grad: Callable[..., Any]
    jacobian: Callable[..., Any]
    functional_call: Callable[..., Any]


def task(library: Library, label: str) -> Task:
    """What CASES names: forward and backward of a layer, a step of training, or a transform."""
    if label in RECURRENT:
        return _recurrent(library, *RECURRENT[label])
    if label in CTC:
        return _ctc(library, *CTC[label])
    made = {PACKED: _packed, ATTENTION: _attention, GPT: _gpt, PER_SAMPLE: _per_sample, JACOBIAN: _jacobian}
    return made[label](library)


def _filled(library: Library, module: Any, seed: int = 0) -> Any:
    """The module with weights that are alike in both libraries."""
    random = np.random.default_rng(seed)
    for _, parameter in module.named_parameters():
        bound = parameter.shape[-1] ** -0.5
        library.fill(parameter, random.uniform(-bound, bound, tuple(parameter.shape)).astype(np.float32))
    return module


def _numbers(*shape: int) -> Any:
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


def _step(library: Library, leaves: list[Any], output: Callable[[], Any]) -> Task:
    """Forward and backward, from a gradient of the output."""
    g = library.tensor(_numbers(*output().shape))

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        y = output()
        y.backward(g)
        return y

    y = step()
    evidence = fingerprint(library.numbers(y))
    return Task(step, evidence=[*evidence, *[n for leaf in leaves for n in fingerprint(library.numbers(leaf.grad))]])


def _recurrent(library: Library, name: str, steps: int, rows: int, inputs: int, hidden: int) -> Task:
    layer = _filled(library, getattr(library.nn, name)(inputs, hidden))
    x = library.tensor(_numbers(steps, rows, inputs))
    return _step(library, list(layer.parameters()), lambda: layer(x)[0])


def _packed(library: Library) -> Task:
    layer = _filled(library, library.nn.LSTM(64, 64, bidirectional=True))
    x, lengths = library.tensor(_numbers(40, 32, 64)), np.random.default_rng(1).integers(1, 41, 32).tolist()

    def output() -> Any:
        packed = library.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        return library.rnn.pad_packed_sequence(layer(packed)[0], total_length=40)[0]

    return _step(library, list(layer.parameters()), output)


def _attention(library: Library) -> Task:
    layer = _filled(library, library.nn.MultiheadAttention(128, 4, batch_first=True))
    x = library.tensor(_numbers(16, 128, 128))
    return _step(library, list(layer.parameters()), lambda: layer(x, x, x, need_weights=False)[0])


def _gpt(library: Library) -> Task:
    nn, functional = library.nn, library.functional

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(_WIDTH), nn.LayerNorm(_WIDTH)
            self.qkv, self.joined = nn.Linear(_WIDTH, 3 * _WIDTH), nn.Linear(_WIDTH, _WIDTH)
            self.wide, self.narrow = nn.Linear(_WIDTH, 4 * _WIDTH), nn.Linear(4 * _WIDTH, _WIDTH)

        def forward(self, x: Any) -> Any:
            n, length, width = x.shape
            parts = self.qkv(self.norm1(x)).split(width, dim=2)
            q, k, v = (part.view(n, length, _HEADS, width // _HEADS).transpose(1, 2) for part in parts)
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.joined(y.transpose(1, 2).reshape(n, length, width))
            return x + self.narrow(functional.gelu(self.wide(self.norm2(x))))

    class GPT(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.characters, self.places = nn.Embedding(_VOCABULARY, _WIDTH), nn.Embedding(_CONTEXT, _WIDTH)
            self.blocks = nn.ModuleList([Block() for _ in range(_LAYERS)])
            self.norm, self.head = nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, _VOCABULARY)

        def forward(self, text: Any) -> Any:
            x = self.characters(text) + self.places(places)
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    random = np.random.default_rng(2)
    places = library.tensor(np.arange(_CONTEXT))
    text, following = (library.tensor(random.integers(0, _VOCABULARY, (16, _CONTEXT))) for _ in range(2))
    net = _filled(library, GPT())
    optimizer = library.adamw(net.parameters(), lr=1e-3)

    def step() -> Any:
        optimizer.zero_grad()
        logits = net(text)
        loss = functional.cross_entropy(logits.view(-1, _VOCABULARY), following.view(-1))
        loss.backward()
        optimizer.step()
        return loss.detach()

    return Task(step, evidence=[float(step()) for _ in range(5)])


def _ctc(library: Library, frames: int, rows: int, classes: int, labels: int) -> Task:
    random = np.random.default_rng(4)
    x = library.tensor(_numbers(frames, rows, classes))
    x.requires_grad = True
    lengths = np.full(rows, frames), random.integers(labels // 2, labels + 1, rows)
    given = [library.tensor(numbers) for numbers in (random.integers(1, classes, (rows, labels)), *lengths)]
    return _step(library, [x], lambda: library.functional.ctc_loss(library.functional.log_softmax(x, -1), *given))


def _per_sample(library: Library) -> Task:
    nn = library.nn
    net = _filled(library, nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)))
    parameters = {name: parameter.detach() for name, parameter in net.named_parameters()}
    x, t = library.tensor(_numbers(64, 784)), library.tensor(np.random.default_rng(3).integers(0, 10, (64, 1)))

    def loss(parameters: Any, x: Any, t: Any) -> Any:
        return library.functional.cross_entropy(library.functional_call(net, parameters, (x[None],)), t)

    gradients = library.vmap(library.grad(loss), (None, 0, 0))  # which torch calls in_dims

    def call() -> Any:
        return gradients(parameters, x, t)

    return Task(call, evidence=[n for y in call().values() for n in fingerprint(library.numbers(y))])


def _jacobian(library: Library) -> Task:
    nn = library.nn
    sizes = (32, 128, 128, 32)
    layers = [part for i, o in itertools.pairwise(sizes) for part in (nn.Linear(i, o), nn.Tanh())]
    net = _filled(library, nn.Sequential(*layers[:-1]))
    for parameter in net.parameters():
        parameter.requires_grad = False
    x = library.tensor(_numbers(64, 32))
    jacobians = library.vmap(library.jacobian(net))
    return Task(lambda: jacobians(x), evidence=fingerprint(library.numbers(jacobians(x))))
