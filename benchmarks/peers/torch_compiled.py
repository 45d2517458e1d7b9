"""torch.compile: network, loss and their gradients compiled as one; the optimiser's step fused."""

from __future__ import annotations

import itertools
from typing import Any

import torch

from benchmarks import inputs
from benchmarks.peers.torch_eager import loss_and_batches, network, threads
from benchmarks.timing import Task

__all__ = ["threads", "training"]


def training(model: str, batch: int) -> Task:
    torch._dynamo.reset()
    spec = inputs.MODELS[model]
    net, optimizer = network(spec, fused=True)
    loss_of, examples = loss_and_batches(spec, batch)
    following = itertools.cycle(examples)
    forward = torch.compile(lambda x, y: loss_of(net(x), y), dynamic=False)

    def step() -> Any:
        optimizer.zero_grad(set_to_none=True)
        loss = forward(*next(following))
        loss.backward()
        optimizer.step()
        return loss.detach()

    return Task(step, evidence=[float(step()) for _ in range(5)])
