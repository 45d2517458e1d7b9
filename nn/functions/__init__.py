"""What layers and losses compute, as functions of tensors: the formulas, without parameters of their own."""

from nn.functions.attention import scaled_dot_product_attention, sinusoidal_positions
from nn.functions.embedding import embedding
from nn.functions.features import polynomial_features
from nn.functions.layers import conv2d, flatten, linear
from nn.functions.losses import cross_entropy, mse_loss, quadratic_loss
from nn.functions.noise import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, gaussian_noise
from nn.functions.normalisation import batch_norm, group_norm, instance_norm, layer_norm, rms_norm

__all__ = [
    "alpha_dropout",
    "batch_norm",
    "conv2d",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "embedding",
    "flatten",
    "gaussian_noise",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "linear",
    "mse_loss",
    "polynomial_features",
    "quadratic_loss",
    "rms_norm",
    "scaled_dot_product_attention",
    "sinusoidal_positions",
]
