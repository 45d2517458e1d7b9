"""mygrad: automatic differentiation on numpy, with its nnet package; the optimiser is numpy."""

from __future__ import annotations

import itertools
from typing import Any

import mygrad
from mygrad.nnet.activations import relu, sigmoid
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks import inputs
from benchmarks.peers.numpy_blas import threads
from benchmarks.peers.numpy_updates import OPTIMIZERS
from benchmarks.timing import Task

__all__ = ["threads", "training"]


def _outputs(model: inputs.Model, weights: list[Any], x: Any) -> Any:
    left = iter(weights)
    for kind, *sizes in model.layers:
        if kind == "linear":
            x = mygrad.matmul(x, next(left).T) + next(left)
        elif kind == "conv":
            x = conv_nd(x, next(left), stride=1, padding=sizes[3]) + next(left).reshape(-1, 1, 1)
        elif kind == "pool":
            x = max_pool(x, (sizes[0], sizes[0]), sizes[0])
        elif kind == "flatten":
            x = x.reshape(x.shape[0], -1)
        else:
            x = {"relu": relu, "sigmoid": sigmoid}[kind](x)
    return x


def training(model: str, batch: int) -> Task:
    spec = inputs.MODELS[model]
    quadratic = spec.optimizer == "sgd"
    weights = [mygrad.tensor(w) for w in inputs.first_weights(spec)]
    optimizer = OPTIMIZERS[spec.optimizer]([w.data for w in weights], spec.lr)
    following = itertools.cycle(
        [(x, inputs.one_hot(y) if quadratic else y) for x, y in inputs.batches(spec, batch)],
    )

    def step() -> float:
        x, y = next(following)
        outputs = _outputs(spec, weights, x)
        loss = mygrad.sum((outputs - y) ** 2) * (0.5 / batch) if quadratic else softmax_crossentropy(outputs, y)
        loss.backward()
        optimizer.step([w.grad for w in weights])
        for w in weights:
            w.null_grad()
        return float(loss.data)

    mygrad.turn_memory_guarding_off()  # as its documentation advises for speed
    return Task(step, evidence=[step() for _ in range(5)])
