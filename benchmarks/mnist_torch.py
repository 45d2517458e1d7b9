"""A process that trains torch on MNIST by the recipe `fast` of nn/models, and prints its test accuracy.

    python -m benchmarks.mnist_torch DIRECTORY --seed 0

It finds the images and labels as .npy files in the directory, which is read faster than anything that torch's users
read them from, and imports nothing of this project's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

BATCH, RATE, SMOOTHING = 64, 0.03, 0.05


def network() -> nn.Sequential:
    """The network of `nn.models.fast`."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 32, 5), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(512, 10),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, help="train on the first so many only")
    options = parser.parse_args()
    images, labels, test_images, test_labels = (
        torch.from_numpy(np.load(options.directory / f"{part}_{what}.npy"))
        for part in ("train", "test")
        for what in ("images", "labels")
    )
    images, labels = images[: options.images], labels[: options.images].long()
    torch.manual_seed(options.seed)
    net = network()
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)
    order = torch.randperm(len(images)).split(BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=RATE, total_steps=len(order), pct_start=0.3, cycle_momentum=False
    )
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)

    def as_input(pixels: torch.Tensor) -> torch.Tensor:
        return pixels.to(torch.float32).div_(255)[:, None]

    for chosen in order:
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(as_input(images[chosen])), labels[chosen]).backward()
        optimizer.step()
        schedule.step()
    net.eval()
    right = 0
    with torch.inference_mode():
        for pixels, names in zip(test_images.split(1000), test_labels.split(1000), strict=True):
            right += int((net(as_input(pixels)).argmax(1) == names).sum())
    print(right / len(test_labels))


if __name__ == "__main__":
    main()
