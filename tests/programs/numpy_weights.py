"""First weights that numpy draws, the same for every library that gives a layer's parameters the same names."""

import zlib

import numpy as np


def with_numpy_weights(model, tensor):
    """`model` in float64 and with parameters drawn by what they are called; `tensor` makes tensors of arrays.

    Matrices and filters get a variance of 1/fan_in, the weights of norms are about 1, and biases small. Buffers stay.
    """
    state = {}
    for name, parameter in model.double().named_parameters():
        normal = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(tuple(parameter.shape))
        scaled = normal / np.prod(normal.shape[1:]) ** 0.5
        state[name] = tensor(scaled if normal.ndim > 1 else normal * 0.1 + name.endswith("weight"))
    model.load_state_dict(state, strict=False)
    return model
