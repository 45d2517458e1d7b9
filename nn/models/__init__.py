"""Networks ready to train, and the recipes that train them well."""

from nn.models.lectures import cnn, lenet5, mlp, nielsen
from nn.models.recipes import RECIPES, Recipe

__all__ = ["RECIPES", "Recipe", "cnn", "lenet5", "mlp", "nielsen"]
