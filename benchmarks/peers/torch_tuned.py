"""torch, eager, by its tuning guide: images with channels last, the optimiser's step fused into one kernel."""

from __future__ import annotations

import torch

from benchmarks import inputs
from benchmarks.peers.torch_eager import _training, loss_and_batches, network, threads
from benchmarks.timing import Task

__all__ = ["threads", "training"]


def training(model: str, batch: int) -> Task:
    spec = inputs.MODELS[model]
    net, optimizer = network(spec, fused=True)
    loss_of, examples = loss_and_batches(spec, batch)
    if len(spec.input_shape) == 3:
        net = net.to(memory_format=torch.channels_last)
        examples = [(x.to(memory_format=torch.channels_last), y) for x, y in examples]
    return _training(net, optimizer, loss_of, examples)
