"""Data to train on: data sets, mini-batches, preparation and augmentation; MNIST and what has its form."""

from typing import TYPE_CHECKING

from autograd_core import late_names
from nn.data.batches import Batches
from nn.data.datasets import ArrayDataset, ConcatDataset, Dataset, Subset, collate
from nn.data.encoding import one_hot, scale_pixels
from nn.data.idx import read_idx, write_idx
from nn.data.labelled_images import LabelledImages, Splits
from nn.data.prefetch import Prefetch
from nn.data.published import DATASETS, mnist
from nn.data.samplers import Sampler, WeightedSampler
from nn.data.splitting import k_fold, split
from nn.data.streams import StreamedBatches

if TYPE_CHECKING:
    from nn.data import augmentation, preparation
    from nn.data.csv_table import Table, read_csv
    from nn.data.image_folder import ImageFolder
    from nn.data.text import ParallelStreams, Sequences, Vocabulary
    from nn.data.workers import WorkerBatches

# What many programs need not wait for, by its module.
_LATE = {
    "augmentation": ["augmentation"],
    "csv_table": ["Table", "read_csv"],
    "image_folder": ["ImageFolder"],
    "preparation": ["preparation"],
    "text": ["ParallelStreams", "Sequences", "Vocabulary"],
    "workers": ["WorkerBatches"],
}

__all__ = [
    "DATASETS",
    "ArrayDataset",
    "Batches",
    "ConcatDataset",
    "Dataset",
    "ImageFolder",
    "LabelledImages",
    "ParallelStreams",
    "Prefetch",
    "Sampler",
    "Sequences",
    "Splits",
    "StreamedBatches",
    "Subset",
    "Table",
    "Vocabulary",
    "WeightedSampler",
    "WorkerBatches",
    "augmentation",
    "collate",
    "k_fold",
    "mnist",
    "one_hot",
    "preparation",
    "read_csv",
    "read_idx",
    "scale_pixels",
    "split",
    "write_idx",
]

if not TYPE_CHECKING:  # for which every name would exist
    _places = {name: f"{__name__}.{module}" for module, names in _LATE.items() for name in names}
    __getattr__ = late_names(__name__, _places, __all__)
