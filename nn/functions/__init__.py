"""What layers and losses compute, as functions of tensors: the formulas, without parameters of their own."""

from nn.functions.layers import conv2d, flatten, linear
from nn.functions.losses import cross_entropy, mse_loss, quadratic_loss

__all__ = ["conv2d", "cross_entropy", "flatten", "linear", "mse_loss", "quadratic_loss"]
