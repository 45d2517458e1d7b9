"""The dtypes that tensors have, by the array API's names: numpy's own objects."""

import numpy as np

__all__ = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]

float32, float64 = np.dtype(np.float32), np.dtype(np.float64)
int8, int16, int32, int64 = np.dtype(np.int8), np.dtype(np.int16), np.dtype(np.int32), np.dtype(np.int64)
uint8, uint16, uint32, uint64 = np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.uint32), np.dtype(np.uint64)
bool = np.dtype(np.bool_)  # public as well, but for `import *`, which would hide Python's own
