"""HIPS autograd: numpy with gradients. It has no convolution, so networks of dense layers only."""

from __future__ import annotations

import itertools
from typing import Any

import autograd.numpy as anp
from autograd import value_and_grad
from autograd.scipy.special import logsumexp

from benchmarks import inputs
from benchmarks.peers.numpy_blas import threads
from benchmarks.peers.numpy_updates import OPTIMIZERS
from benchmarks.timing import Task

__all__ = ["threads", "training"]


def training(model: str, batch: int) -> Task:
    spec = inputs.MODELS[model]
    if any(kind == "conv" for kind, *_ in spec.layers):
        raise NotImplementedError("has no convolution")
    quadratic = spec.optimizer == "sgd"

    def loss_of(weights: list[Any], x: Any, y: Any) -> Any:
        left = iter(weights)
        for kind, *_ in spec.layers:
            if kind == "linear":
                x = anp.dot(x, next(left).T) + next(left)
            elif kind == "relu":
                x = anp.maximum(x, 0)
            else:
                x = 1 / (1 + anp.exp(-x))
        if quadratic:
            return anp.sum((x - y) ** 2) / (2 * batch)
        return anp.mean(logsumexp(x, axis=1) - x[anp.arange(batch), y])

    loss_and_gradients = value_and_grad(loss_of)
    weights = inputs.first_weights(spec)
    optimizer = OPTIMIZERS[spec.optimizer](weights, spec.lr)
    following = itertools.cycle(
        [(x, inputs.one_hot(y) if quadratic else y) for x, y in inputs.batches(spec, batch)],
    )

    def step() -> float:
        loss, gradients = loss_and_gradients(weights, *next(following))
        optimizer.step(gradients)
        return float(loss)

    return Task(step, evidence=[step() for _ in range(5)])
