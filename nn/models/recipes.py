"""How each model is trained well."""

from collections.abc import Callable
from dataclasses import dataclass

from nn.data.augmentation import Augmentation, RandomAffine
from nn.models.lectures import Size, cnn, fast, lenet5, mlp, nielsen
from nn.models.maxout import maxout
from nn.models.residual import ResidualNet
from nn.module import Module


@dataclass(frozen=True)
class Recipe:
    """How a model is built and, unless told otherwise, trained."""

    build: Callable[[Size, int], Module]
    loss: str  # a name of nn.training.objective.OBJECTIVES
    optimizer: str
    lr: float
    batch_size: int
    epochs: int
    schedule: str = "constant"  # of the learning rate; a name of the command line's schedules, over the whole training
    augmentation: str = "none"


# As people's hands differ: a digit stays what it is when it is turned, moved, sized and slanted a little.
AUGMENTATIONS: dict[str, Augmentation | None] = {
    "none": None,
    "affine": RandomAffine(degrees=8.0, translate=(0.07, 0.07), scale=(0.93, 1.07), shear=5.0),
}


RECIPES: dict[str, Recipe] = {
    "nielsen": Recipe(nielsen, "quadratic", "sgd", lr=3.0, batch_size=10, epochs=5),
    "mlp": Recipe(mlp, "cross_entropy", "adam", lr=1e-3, batch_size=128, epochs=5),
    "lenet5": Recipe(lenet5, "cross_entropy", "adam", lr=5e-3, batch_size=64, epochs=5, schedule="one-cycle"),
    "fast": Recipe(fast, "smoothed_cross_entropy", "adam", lr=0.03, batch_size=64, epochs=1, schedule="one-cycle"),
    "maxout": Recipe(maxout, "cross_entropy", "adam", lr=1e-3, batch_size=128, epochs=10, schedule="linear"),
    "cnn": Recipe(
        cnn, "cross_entropy", "adam", 1e-3, batch_size=64, epochs=12, schedule="linear", augmentation="affine"
    ),
    "residual": Recipe(
        ResidualNet,
        "cross_entropy",
        "adam",
        4e-3,
        batch_size=64,
        epochs=12,
        schedule="one-cycle",
        augmentation="affine",
    ),
}

DEFAULT_MODEL = "lenet5"  # of the command line
