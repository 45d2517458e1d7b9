"""JAX, the whole step jitted into one program that reuses the memory of weights and moments.

Channels come last and pooling is a reshape and a maximum: on processors, that is what XLA is fastest with.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import inputs
from benchmarks.timing import Task, fingerprint


def threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def matmul(m: int, k: int, n: int, layout: str) -> Task:
    a, b = (jnp.asarray(x) for x in inputs.matmul_operands(m, k, n, layout))
    product = jax.jit(lambda a, b: (a.T if layout[0] == "t" else a) @ (b.T if layout[1] == "t" else b))
    return Task(lambda: product(a, b).block_until_ready(), evidence=fingerprint(product(a, b)))


def _weights(model: inputs.Model) -> list[Any]:
    """With channels last: filters (height, width, in, out), and rows of the first dense layer in the images' order."""
    given = iter(inputs.first_weights(model))
    weights, channels = [], 0
    for kind, *sizes in model.layers:
        if kind == "conv":
            weights += [next(given).transpose(2, 3, 1, 0), next(given)]
            channels = sizes[1]
        elif kind == "linear":
            w = next(given)
            if channels:
                side = round((w.shape[1] / channels) ** 0.5)
                w = w.reshape(len(w), channels, side, side).transpose(0, 2, 3, 1).reshape(w.shape)
                channels = 0
            weights += [w.T, next(given)]
    return [jnp.asarray(np.ascontiguousarray(w)) for w in weights]


def _outputs(model: inputs.Model, weights: list[Any], x: Any) -> Any:
    left = iter(weights)
    for kind, *sizes in model.layers:
        if kind == "linear":
            x = x @ next(left) + next(left)
        elif kind == "conv":
            padding = [(sizes[3], sizes[3])] * 2
            numbers = ("NHWC", "HWIO", "NHWC")
            x = jax.lax.conv_general_dilated(x, next(left), (1, 1), padding, dimension_numbers=numbers) + next(left)
        elif kind == "pool":
            n, height, width, channels = x.shape
            x = x.reshape(n, height // sizes[0], sizes[0], width // sizes[0], sizes[0], channels).max((2, 4))
        elif kind == "flatten":
            x = x.reshape(len(x), -1)
        else:
            x = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[kind](x)
    return x


def training(model: str, batch: int) -> Task:
    spec = inputs.MODELS[model]
    quadratic = spec.optimizer == "sgd"

    def loss_of(weights: list[Any], x: Any, y: Any) -> Any:
        outputs = _outputs(spec, weights, x)
        if quadratic:
            return jnp.sum((outputs - y) ** 2) / (2 * len(y))
        return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], 1).mean()

    def sgd(state: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(state, x, y)
        return [w - spec.lr * g for w, g in zip(state, gradients, strict=True)], loss

    def adam(state: Any, x: Any, y: Any) -> Any:
        weights, means, squares, step = state
        loss, gradients = jax.value_and_grad(loss_of)(weights, x, y)
        step = step + 1
        means = [0.9 * m + 0.1 * g for m, g in zip(means, gradients, strict=True)]
        squares = [0.999 * v + 0.001 * g * g for v, g in zip(squares, gradients, strict=True)]
        unbias1, unbias2 = 1 - 0.9**step, 1 - 0.999**step
        weights = [
            w - spec.lr * (m / unbias1) / (jnp.sqrt(v / unbias2) + 1e-8)
            for w, m, v in zip(weights, means, squares, strict=True)
        ]
        return (weights, means, squares, step), loss

    weights = _weights(spec)
    zeros = [[jnp.zeros_like(w) for w in weights] for _ in range(2)]
    state: Any = weights if quadratic else (weights, *zeros, jnp.zeros((), jnp.float32))
    update = jax.jit(sgd if quadratic else adam, donate_argnums=0)
    examples = [
        (
            jnp.asarray(x if x.ndim == 2 else x.transpose(0, 2, 3, 1)),
            jnp.asarray(inputs.one_hot(y) if quadratic else y.astype(np.int32)),
        )
        for x, y in inputs.batches(spec, batch)
    ]
    following = itertools.cycle(examples)

    def step() -> Any:
        nonlocal state
        state, loss = update(state, *next(following))
        return loss

    return Task(
        step, wait=lambda loss: jax.block_until_ready((state, loss)), evidence=[float(step()) for _ in range(5)]
    )
