"""What decides a training: with the same settings it gives the same weights, to the bit."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_origin, get_type_hints

from autograd_core import manual_seed
from nn.data import DATASETS, Splits
from nn.data.shards import MOST_SHARDS, is_number_of_shards
from nn.errors import SettingsError
from nn.models import AUGMENTATIONS, RECIPES
from nn.module import Module
from nn.training.checkpoint import Checkpoint
from nn.training.objective import OBJECTIVES, Objective


@dataclass(frozen=True)
class Settings:
    """All that a model is built from and trained with.

    `data` is the fingerprint of the examples it learns from, and `dataset` the name of where they are from.
    """

    model: str
    image_size: tuple[int, int]
    classes: int
    loss: str
    optimizer: str
    lr: float
    schedule: str
    augmentation: str
    batch_size: int
    epochs: int
    seed: int
    data: str
    dataset: str = "mnist"  # also of trainings from before there was a choice
    shards: int = 0  # of each mini-batch, for processes to share (nn.parallel); 0 leaves it whole

    @staticmethod
    def of_checkpoint(checkpoint: Checkpoint) -> Settings:
        """The settings that the command line stores with a training. Raises `CheckpointError` if there are none."""
        try:
            return Settings.from_json(checkpoint.notes["settings"])
        except (ValueError, KeyError, TypeError) as error:
            raise checkpoint.error(f"the checkpoint is not one of this command line: {error}") from error

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Settings:
        """Settings from what JSON made of them. Raises TypeError or ValueError unless they are such settings."""
        settings = Settings(**{**values, "image_size": tuple(values["image_size"])})
        for name, hint in get_type_hints(Settings).items():
            kind = get_origin(hint) or hint
            if type(getattr(settings, name)) is not kind:
                raise TypeError(f"{name} is {getattr(settings, name)!r}, expected a {kind.__name__}")
        for name, value, most in (
            *(("image_size", side, 2**12) for side in settings.image_size),
            ("classes", settings.classes, 2**20),
            ("batch_size", settings.batch_size, 2**53),
            ("epochs", settings.epochs, 2**53),
        ):
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError(f"{name} is {value!r}, expected a whole number from 1 to {most}")
        if settings.shards and not is_number_of_shards(settings.shards):
            raise ValueError(f"shards is {settings.shards!r}, expected 0 or a power of two up to {MOST_SHARDS}")
        if len(settings.image_size) != 2 or settings.seed < 0 or not 0 < settings.lr < math.inf:
            raise ValueError(
                f"image_size {settings.image_size}, seed {settings.seed} or lr {settings.lr} is out of range"
            )
        registries: tuple[tuple[str, Container[str]], ...] = (
            ("model", RECIPES),
            ("loss", OBJECTIVES),
            ("augmentation", AUGMENTATIONS),
            ("dataset", DATASETS),
        )
        for name, known in registries:
            if getattr(settings, name) not in known:
                raise ValueError(f"the {name} {getattr(settings, name)!r} is unknown here")
        return settings

    @property
    def objective(self) -> Objective:
        """The loss, and what belongs to it."""
        return OBJECTIVES[self.loss]

    def build_model(self) -> Module:
        """The untrained model. It seeds the default generator, so that it is the same each time."""
        manual_seed(self.seed)
        return RECIPES[self.model].build(self.image_size, self.classes)

    def check_form(self, splits: Splits) -> None:
        """Raise `SettingsError` unless the data have the image size and the classes that the model is made for."""
        if (splits.image_shape, splits.classes) != (self.image_size, self.classes):
            raise SettingsError(
                f"the model takes {_form(self.image_size, self.classes)}, but the data are"
                f" {_form(splits.image_shape, splits.classes)}; name fitting data with --data-dir"
            )

    def going_on(self, asked: Mapping[str, Any], splits: Splits, finished_epochs: int) -> Settings:
        """These settings, for a training that is resumed with some of them `asked` for anew.

        A resumed training always ends where one without interruption would have ended. So whatever is asked for must be
        what was there before; only `epochs` may change, and only under a constant learning rate, for one that falls
        towards the last epoch has made every step so far by their number. Raises `SettingsError` otherwise.
        """
        self.check_form(splits)
        if fingerprint(splits) != self.data:
            raise SettingsError(
                "cannot resume with these data: the training was started with others; choose another --out"
            )
        changes = {name: value for name, value in asked.items() if value != getattr(self, name)}
        for name, value in changes.items():
            before = f"cannot resume with --{name.replace('_', '-')} {value}: the training was started with"
            if name != "epochs":
                raise SettingsError(f"{before} {getattr(self, name)}; leave it out, or choose another --out")
            if self.schedule != "constant":
                raise SettingsError(
                    f"{before} {self.epochs}, and its learning rate falls towards the last of them,"
                    " so the steps made already would have been others; leave it out, or choose another --out"
                )
            if value < finished_epochs:
                raise SettingsError(f"cannot resume with --epochs {value}: {finished_epochs} are done already")
        return replace(self, **changes)


def fingerprint(splits: Splits) -> str:
    """What tells one data set from another: a sha256 over the examples to train on and to validate."""
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation):
        for array in (part.images, part.labels):
            digest.update(f"{array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def _form(size: tuple[int, int], classes: int) -> str:
    return f"images of {size[0]}x{size[1]} pixels in {classes} classes"
