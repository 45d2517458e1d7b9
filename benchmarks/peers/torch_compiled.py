"""torch.compile: network, loss and their gradients compiled as one; the optimiser's step fused.

Images have channels last. From images in the usual layout, torch 2.13 compiles the CNN's backward pass for processors
such that all gradients of its convolutions are exactly zero; the comparison of losses found it.
"""

from __future__ import annotations

import itertools
from typing import Any

import torch

from benchmarks.peers.torch_eager import threads
from benchmarks.peers.torch_tuned import network_and_batches
from benchmarks.timing import Task

__all__ = ["threads", "training"]


def training(model: str, batch: int) -> Task:
    torch._dynamo.reset()
    net, optimizer, loss_of, examples = network_and_batches(model, batch)
    following = itertools.cycle(examples)
    forward = torch.compile(lambda x, y: loss_of(net(x), y), dynamic=False)

    def step() -> Any:
        optimizer.zero_grad(set_to_none=True)
        loss = forward(*next(following))
        loss.backward()
        optimizer.step()
        return loss.detach()

    return Task(step, evidence=[float(step()) for _ in range(5)])
