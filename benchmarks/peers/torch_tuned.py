"""torch, eager, by its tuning guide: images with channels last, the optimiser's step fused into one kernel."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks import inputs
from benchmarks.peers.torch_eager import _training, loss_and_batches, network, threads
from benchmarks.timing import Task

__all__ = ["network_and_batches", "threads", "training"]


def training(model: str, batch: int) -> Task:
    return _training(*network_and_batches(model, batch))


def network_and_batches(model: str, batch: int) -> tuple[Any, Any, Any, list[tuple[Any, Any]]]:
    """Network, optimiser, loss and batches."""
    spec = inputs.MODELS[model]
    net, optimizer = network(spec, fused=True)
    loss_of, examples = loss_and_batches(spec, batch)
    if len(spec.input_shape) == 3:
        net = net.to(memory_format=torch.channels_last)
        examples = [(x.to(memory_format=torch.channels_last), y) for x, y in examples]
    return net, optimizer, loss_of, examples
