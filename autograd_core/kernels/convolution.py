"""Two-dimensional convolution (cross-correlation, as networks use it) and its two gradients."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_core.kernels.gemm import matmul


def _windows(x, kernel, stride, padding, dilation, groups):
    """View of the padded x as (N, groups, C/groups, KH, KW, OH, OW), and the padded copy that it looks into."""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = kernel, stride, padding, dilation
    if ph or pw:
        x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    n, c, h, w = x.shape
    out = (h - dh * (kh - 1) - 1) // sh + 1, (w - dw * (kw - 1) - 1) // sw + 1
    sn, sc, sy, sx = x.strides
    shape = (n, groups, c // groups, kh, kw, *out)
    return as_strided(x, shape, (sn, sc * (c // groups), sc, sy * dh, sx * dw, sy * sh, sx * sw)), x


def conv2d(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Σ over c, i, j of x[n, c, s·p + d·i, s·q + d·j] · w[o, c, i, j].

    Shapes: x (N, C, H, W), w (O, C/groups, KH, KW) -> (N, O, OH, OW).
    """
    windows, _ = _windows(x, w.shape[2:], stride, padding, dilation, groups)
    n, groups, c, kh, kw, oh, ow = windows.shape
    y = matmul(w.reshape(groups, w.shape[0] // groups, c * kh * kw), windows.reshape(n, groups, c * kh * kw, oh * ow))
    return y.reshape(n, w.shape[0], oh, ow)


def conv2d_input_gradient(g, w, x_shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Gradient of Σ g · conv2d(x, w) with respect to x."""
    n, _, h, width = x_shape
    (ph, pw), (kh, kw), (oh, ow) = padding, w.shape[2:], g.shape[2:]
    c = w.shape[1]
    dx = np.zeros((n, c * groups, h + 2 * ph, width + 2 * pw), g.dtype)
    views, dx = _windows(dx, (kh, kw), stride, (0, 0), dilation, groups)
    wt = w.reshape(groups, w.shape[0] // groups, c * kh * kw).swapaxes(-1, -2)
    spread = matmul(wt, g.reshape(n, groups, w.shape[0] // groups, oh * ow)).reshape(n, groups, c, kh, kw, oh, ow)
    for i in range(kh):
        for j in range(kw):
            views[:, :, :, i, j] += spread[:, :, :, i, j]
    return np.ascontiguousarray(dx[:, :, ph : ph + h, pw : pw + width])


def conv2d_weight_gradient(g, x, w_shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Gradient of Σ g · conv2d(x, w) with respect to w."""
    windows, _ = _windows(x, w_shape[2:], stride, padding, dilation, groups)
    n, groups, c, kh, kw, oh, ow = windows.shape
    windows = windows[..., : g.shape[2], : g.shape[3]].reshape(n, groups, c * kh * kw, oh * ow)
    dw = matmul(g.reshape(n, groups, w_shape[0] // groups, oh * ow), windows.swapaxes(-1, -2)).sum(0)
    return dw.reshape(w_shape)
