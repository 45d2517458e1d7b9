"""A process that trains LeNet-5 on MNIST by this project's recipe until its test accuracy is 99 %.

    python -m benchmarks.mnist_run ours|torch --seed 0

Both start from the same weights and see the same images in the same order. After every epoch the 10,000 test images
are looked at; the last line printed says how that ended.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.inputs import MODELS
from nn.data import mnist, scale_pixels
from nn.data.random_streams import shuffled_order

__all__ = ["mnist", "trainer"]

TARGET = 0.99
EVALUATION_BATCH = 1000

Step = Callable[[Any, float], float]
Accuracy = Callable[[Any], float]


def trainer(library: str, model: str, seed: int, train: Any) -> tuple[Step, Accuracy]:
    """step(chosen images, learning rate) -> loss, and accuracy(examples)."""
    return {"ours": _ours, "torch": _torch}[library](model, seed, train)


def _ours(model: str, seed: int, train: Any) -> tuple[Step, Accuracy]:
    import autograd_core as ag
    import nn
    from benchmarks.peers.ours import network

    spec = MODELS[model]
    net, optimizer = network(spec, seed)

    def as_input(images: Any) -> Any:
        return ag.tensor(scale_pixels(images).reshape(-1, *spec.input_shape))

    def step(chosen: Any, rate: float) -> float:
        optimizer.set_lr(rate)
        optimizer.zero_grad()
        loss = nn.functions.cross_entropy(net(as_input(train.images[chosen])), train.labels[chosen])
        loss.backward()
        optimizer.step()
        return loss.item()

    @ag.no_grad()
    def accuracy(examples: Any) -> float:
        return _share(lambda part: net(as_input(examples.images[part])).numpy().argmax(1), examples)

    return step, accuracy


def _torch(model: str, seed: int, train: Any) -> tuple[Step, Accuracy]:
    import torch

    from benchmarks.peers.torch_eager import network

    spec = MODELS[model]
    net, optimizer = network(spec, seed, fused=True)
    images, labels = torch.from_numpy(train.images), torch.from_numpy(train.labels).long()

    def as_input(pixels: Any) -> Any:
        return pixels.to(torch.float32).div_(255).reshape(-1, *spec.input_shape)

    def step(chosen: Any, rate: float) -> float:
        chosen = torch.from_numpy(chosen) if isinstance(chosen, np.ndarray) else chosen
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(net(as_input(images[chosen])), labels[chosen])
        loss.backward()
        optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def accuracy(examples: Any) -> float:
        pixels = torch.from_numpy(examples.images)
        return _share(lambda part: net(as_input(pixels[part])).argmax(1).numpy(), examples)

    return step, accuracy


def _share(classes: Callable[[slice], Any], examples: Any) -> float:
    """Of the examples that are named rightly."""
    parts = [slice(i, i + EVALUATION_BATCH) for i in range(0, len(examples.labels), EVALUATION_BATCH)]
    right = sum(int(np.count_nonzero(classes(part) == examples.labels[part])) for part in parts)
    return right / len(examples.labels)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["ours", "torch"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, help="train on the first so many only, for one epoch")
    options = parser.parse_args()
    recipe, schedules = _recipe()
    splits = mnist()
    train, epochs = splits.train, recipe["epochs"]
    if options.images:
        train, epochs = replace(train, images=train.images[: options.images], labels=train.labels[: options.images]), 1
    step, accuracy = trainer(options.library, "LeNet-5", options.seed, train)
    batch = recipe["batch_size"]
    per_epoch = math.ceil(len(train) / batch)
    rate = schedules[recipe["schedule"]](recipe["lr"], epochs * per_epoch)
    reached = 0.0
    for epoch in range(epochs):
        order = shuffled_order(len(train), seed=options.seed, epoch=epoch)
        for i in range(per_epoch):
            step(order[i * batch : (i + 1) * batch], rate(epoch * per_epoch + i))
        reached = accuracy(splits.test)
        if reached >= TARGET:
            break
    print(json.dumps({"accuracy": reached, "epochs": epoch + 1}))


def _recipe() -> tuple[dict[str, Any], dict[str, Any]]:
    """The recipe of nn/models and the schedules it may name, which load the library; looked up, not written again."""
    from nn.__main__ import SCHEDULES
    from nn.models import RECIPES

    return vars(RECIPES["lenet5"]), SCHEDULES


if __name__ == "__main__":
    main()
