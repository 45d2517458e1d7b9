"""Images changed by chance in ways that leave their class as it is, a batch at a time.

Every augmentation is called with a batch of images, shape (N, height, width) or (N, channels, height, width), uint8 or
floating, and the generator that all chance comes from; each image is changed in its own way, all its channels alike.
`Batches(..., augment=...)` calls it with a generator that depends on the seed, the epoch and the batch alone.
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.data.augmentation.base import Augmentation
from nn.data.augmentation.combination import Compose, RandomApply
from nn.data.augmentation.pixels import ColorJitter, Cutout, GaussianBlur, GaussianNoise
from nn.data.augmentation.placement import RandomCrop, RandomHorizontalFlip
from nn.data.augmentation.warping import ElasticTransform, RandomAffine, Warp

__all__ = [
    "Augmentation",
    "ColorJitter",
    "Compose",
    "Cutout",
    "ElasticTransform",
    "GaussianBlur",
    "GaussianNoise",
    "RandomAffine",
    "RandomApply",
    "RandomCrop",
    "RandomHorizontalFlip",
    "Warp",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
