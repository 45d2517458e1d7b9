"""Makes the sample of MNIST beside it: the first images of the real files, gzipped IDX under the real names.

Run as `python tests/data/make_sample.py`; it takes MNIST from where `nn.data.mnist` finds it. The suite trains and
tests on the sample, so that it needs no network. MNIST is by Y. LeCun, C. Cortes and C. Burges (CC BY-SA 3.0).
"""

from pathlib import Path

from nn.data import mnist, write_idx
from nn.data.labelled_images import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

TRAINING_IMAGES_KEPT = 600
TEST_IMAGES_KEPT = 100


def make_sample(directory: Path) -> None:
    """Write the four files of the sample into `directory`."""
    train, _, test = mnist()
    write_idx(directory / f"{TRAIN_IMAGES}.gz", train.images[:TRAINING_IMAGES_KEPT])
    write_idx(directory / f"{TRAIN_LABELS}.gz", train.labels[:TRAINING_IMAGES_KEPT])
    write_idx(directory / f"{TEST_IMAGES}.gz", test.images[:TEST_IMAGES_KEPT])
    write_idx(directory / f"{TEST_LABELS}.gz", test.labels[:TEST_IMAGES_KEPT])


if __name__ == "__main__":
    make_sample(Path(__file__).parent)
