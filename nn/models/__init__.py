"""Networks ready to train, and the recipes that train them well."""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.models.autoencoder import Autoencoder
from nn.models.characters import (
    CharacterLSTM,
    CharacterTransformer,
    next_character_accuracy,
    next_character_loss,
    sample,
)
from nn.models.lectures import cnn, fast, lenet5, mlp, nielsen
from nn.models.maxout import maxout
from nn.models.recipes import AUGMENTATIONS, DEFAULT_MODEL, RECIPES, Recipe
from nn.models.residual import ResidualBlock, ResidualNet

__all__ = [
    "AUGMENTATIONS",
    "DEFAULT_MODEL",
    "RECIPES",
    "Autoencoder",
    "CharacterLSTM",
    "CharacterTransformer",
    "Recipe",
    "ResidualBlock",
    "ResidualNet",
    "cnn",
    "fast",
    "lenet5",
    "maxout",
    "mlp",
    "next_character_accuracy",
    "next_character_loss",
    "nielsen",
    "sample",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
