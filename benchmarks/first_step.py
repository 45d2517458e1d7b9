"""A process that loads MNIST and takes one training step of MLP 784-128-10.

python -m benchmarks.first_step ours|torch
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from benchmarks.inputs import MODELS
from nn.data import mnist, scale_pixels

_MODEL = MODELS["MLP 784-128-10"]


def _ours(pixels: Any, labels: Any) -> float:
    import autograd_core as ag
    import nn
    from benchmarks.peers.ours import network

    net, optimizer = network(_MODEL, 0)
    loss = nn.functions.cross_entropy(net(ag.tensor(pixels)), labels)
    loss.backward()
    optimizer.step()
    return float(loss.item())


def _torch(pixels: Any, labels: Any) -> float:
    import torch

    from benchmarks.peers.torch_eager import network

    net, optimizer = network(_MODEL, 0, fused=True)
    loss = torch.nn.functional.cross_entropy(net(torch.from_numpy(pixels)), torch.from_numpy(labels))
    loss.backward()
    optimizer.step()
    return loss.item()


def main() -> None:
    train = mnist().train
    pixels = scale_pixels(train.images[:128]).reshape(-1, *_MODEL.input_shape)
    loss = {"ours": _ours, "torch": _torch}[sys.argv[1]](pixels, train.labels[:128].astype(np.int64))
    assert math.isfinite(loss)


if __name__ == "__main__":
    main()
