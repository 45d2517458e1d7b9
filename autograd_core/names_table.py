"""The names that PyTorch's and numpy's users type, one a row: what it gives, and what is different here.

Error messages and docs/coming-from-pytorch.md are made from this table, and tests run its expressions. In them `torch`
stands for autograd_core, `F` for nn.functional, `x` and `y` for tensors of shape (2, 3), `z` (2, 3, 4), `v` (3,), `s`
(3, 3), `m` for x > 0, `i` for whole numbers from 0 to 2 of shape (2, 2), `p` for a Parameter of shape (2, 3).
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A name, in a call that PyTorch takes."""

    name: str
    call: str
    numpy: str = ""
    """The result, written with numpy and arrays of the same letters; nothing where it is random, say."""
    ours: str = ""
    """The same by another name that there is here; where the call fails, what to write instead."""
    differs: str = ""
    """What is different here, and why."""
    works: bool = True
    """Whether the call works here as it stands; else the error says `ours`."""


def _instead(name: str, call: str, ours: str, numpy: str = "", differs: str = "") -> Row:
    return Row(name, call, numpy, ours, differs, works=False)


_STD = "corrected (n - 1) unless told otherwise, as PyTorch's; `ag.{0}` and `np.{0}` divide by n"
_PAIR = (
    "with `dim`, or a number by position, the pair of values and indices; with `axis`, the values, as numpy. The pair's "
    "gradient goes to the index that it names, that of values alone is shared by a tie"
)
_NEW = "a new tensor: tensors are values"

# fmt: off
_TENSOR = [
    # Every element
    Row("abs", "x.abs()", "np.abs(x)", "ag.abs(x)"),
    Row("acos", "(x / 10).acos()", "np.arccos(x / 10)", "ag.acos(x)"),
    Row("acosh", "(x.abs() + 1).acosh()", "np.arccosh(np.abs(x) + 1)", "ag.acosh(x)"),
    Row("add", "x.add(y, alpha=2)", "x + 2 * y", "x + 2 * y"),
    Row("allclose", "x.allclose(x + 1e-9)", "np.allclose(x, x + 1e-9)"),
    Row("asin", "(x / 10).asin()", "np.arcsin(x / 10)", "ag.asin(x)"),
    Row("asinh", "x.asinh()", "np.arcsinh(x)", "ag.asinh(x)"),
    Row("atan", "x.atan()", "np.arctan(x)", "ag.atan(x)"),
    Row("atan2", "x.atan2(y)", "np.arctan2(x, y)", "ag.atan2(x, y)"),
    Row("atanh", "(x / 10).atanh()", "np.arctanh(x / 10)", "ag.atanh(x)"),
    Row("ceil", "x.ceil()", "np.ceil(x)", "ag.ceil(x)"),
    Row("clamp", "x.clamp(-1, 2)", "np.clip(x, -1, 2)", "ag.clip(x, -1, 2)"),
    Row("clip", "x.clip(-1, 2)", "np.clip(x, -1, 2)", "ag.clip(x, -1, 2)"),
    Row("cos", "x.cos()", "np.cos(x)", "ag.cos(x)"),
    Row("cosh", "x.cosh()", "np.cosh(x)", "ag.cosh(x)"),
    Row("digamma", "(x.abs() + 1).digamma()", "", "ag.digamma(x)"),
    Row("div", 'x.div(y, rounding_mode="floor")', "x // y", "x // y"),
    Row("eq", "x.eq(y)", "x == y", "x == y"),
    Row("equal", "x.equal(x)", "np.array_equal(x, x)", "", "a bool, as PyTorch's; `ag.equal` compares every element"),
    Row("erf", "(x * 100).erf()", "np.sign(x)", "ag.erf(x)"),
    Row("erfc", "(x * 100).erfc()", "1 - np.sign(x)", "ag.erfc(x)"),
    Row("exp", "x.exp()", "np.exp(x)", "ag.exp(x)"),
    Row("expm1", "x.expm1()", "np.expm1(x)", "ag.expm1(x)"),
    Row("floor", "x.floor()", "np.floor(x)", "ag.floor(x)"),
    Row("floor_divide", "x.floor_divide(y)", "x // y", "x // y"),
    Row("ge", "x.ge(y)", "x >= y", "x >= y"),
    Row("gt", "x.gt(y)", "x > y", "x > y"),
    Row("hypot", "x.hypot(y)", "np.hypot(x, y)", "ag.hypot(x, y)"),
    Row("isfinite", "x.isfinite()", "np.isfinite(x)", "ag.isfinite(x)"),
    Row("isinf", "x.isinf()", "np.isinf(x)", "ag.isinf(x)"),
    Row("isnan", "x.isnan()", "np.isnan(x)", "ag.isnan(x)"),
    Row("le", "x.le(y)", "x <= y", "x <= y"),
    Row("lgamma", "(x * 0 + 3).lgamma()", "np.full((2, 3), np.log(2))", "ag.lgamma(x)"),
    Row("log", "x.abs().log()", "np.log(np.abs(x))", "ag.log(x)"),
    Row("log10", "x.abs().log10()", "np.log10(np.abs(x))", "ag.log10(x)"),
    Row("log1p", "x.abs().log1p()", "np.log1p(np.abs(x))", "ag.log1p(x)"),
    Row("log2", "x.abs().log2()", "np.log2(np.abs(x))", "ag.log2(x)"),
    Row("logaddexp", "x.logaddexp(y)", "np.logaddexp(x, y)", "ag.logaddexp(x, y)"),
    Row("logical_and", "m.logical_and(x < 4)", "m & (x < 4)", "m & (x < 4)"),
    Row("logical_not", "m.logical_not()", "~m", "~m"),
    Row("logical_or", "m.logical_or(x < -2)", "m | (x < -2)", "m | (x < -2)"),
    Row("logical_xor", "m.logical_xor(x < 4)", "m ^ (x < 4)", "m ^ (x < 4)"),
    Row("lt", "x.lt(y)", "x < y", "x < y"),
    Row("maximum", "x.maximum(y)", "np.maximum(x, y)", "ag.maximum(x, y)", "a tie shares the gradient, as PyTorch's"),
    Row("minimum", "x.minimum(y)", "np.minimum(x, y)", "ag.minimum(x, y)", "a tie shares the gradient, as PyTorch's"),
    Row("mul", "x.mul(y)", "x * y", "x * y"),
    Row("multiply", "x.multiply(y)", "x * y", "x * y"),
    Row("ne", "x.ne(y)", "x != y", "x != y"),
    Row("neg", "x.neg()", "-x", "-x"),
    Row("negative", "x.negative()", "-x", "-x"),
    Row("pow", "x.pow(2)", "x**2", "x**2"),
    Row("reciprocal", "x.reciprocal()", "1 / x", "ag.reciprocal(x)"),
    Row("relu", "x.relu()", "np.maximum(x, 0)", "ag.relu(x)"),
    Row("remainder", "x.remainder(y)", "x % y", "x % y"),
    Row("round", "(x / 8).round(decimals=2)", "np.round(x / 8, 2)", "ag.round(x)"),
    Row("rsqrt", "x.abs().rsqrt()", "1 / np.sqrt(np.abs(x))", "ag.rsqrt(x)"),
    Row("sigmoid", "x.sigmoid()", "1 / (1 + np.exp(-x))", "ag.sigmoid(x)"),
    Row("sign", "x.sign()", "np.sign(x)", "ag.sign(x)"),
    Row("sin", "x.sin()", "np.sin(x)", "ag.sin(x)"),
    Row("sinh", "x.sinh()", "np.sinh(x)", "ag.sinh(x)"),
    Row("sqrt", "x.abs().sqrt()", "np.sqrt(np.abs(x))", "ag.sqrt(x)"),
    Row("square", "x.square()", "np.square(x)", "ag.square(x)"),
    Row("sub", "x.sub(y, alpha=2)", "x - 2 * y", "x - 2 * y"),
    Row("tan", "x.tan()", "np.tan(x)", "ag.tan(x)"),
    Row("tanh", "x.tanh()", "np.tanh(x)", "ag.tanh(x)"),
    Row("trunc", "(x / 2).trunc()", "np.trunc(x / 2)", "ag.trunc(x)"),
    # Products
    Row("bmm", "z.bmm(z.mT)", "z @ z.swapaxes(1, 2)", "z @ z.mT"),
    Row("dot", "v.dot(v)", "v.dot(v)", "ag.vecdot(v, v)", "takes matrices, too, as numpy's"),
    Row("matmul", "x.matmul(s)", "x @ s", "x @ s"),
    Row("mm", "x.mm(s)", "x @ s", "x @ s"),
    Row("mv", "x.mv(v)", "x @ v", "x @ v"),
    Row("outer", "v.outer(v)", "np.outer(v, v)", "ag.outer(v, v)"),
    # Reductions
    Row("all", "m.all(dim=1)", "m.all(axis=1)", "ag.all(m, axis=1)"),
    Row("amax", "x.amax(dim=(0, 1))", "x.max(axis=(0, 1))", "ag.max(x, axis=(0, 1))"),
    Row("amin", "x.amin(dim=1)", "x.min(axis=1)", "ag.min(x, axis=1)"),
    Row("any", "m.any(dim=1)", "m.any(axis=1)", "ag.any(m, axis=1)"),
    Row("argmax", "x.argmax(dim=1, keepdim=True)", "x.argmax(axis=1, keepdims=True)", "ag.argmax(x, axis=1)"),
    Row("argmin", "x.argmin(dim=1)", "x.argmin(axis=1)", "ag.argmin(x, axis=1)"),
    Row("cumprod", "x.cumprod(dim=1)", "x.cumprod(axis=1)", "ag.cumulative_prod(x, axis=1)"),
    Row("cumsum", "x.cumsum(dim=1)", "x.cumsum(axis=1)", "ag.cumulative_sum(x, axis=1)"),
    Row("log_softmax", "x.log_softmax(dim=1)", "x - np.log(np.exp(x).sum(1, keepdims=True))", "ag.log_softmax(x)"),
    Row("logsumexp", "x.logsumexp(dim=1)", "np.log(np.exp(x).sum(1))", "ag.logsumexp(x, axis=1)"),
    Row("max", "x.max(dim=1)", "(x.max(axis=1), x.argmax(axis=1))", "x.max(axis=1)", _PAIR),
    Row("max", "x.max()", "x.max()", "ag.max(x)", "`x.max(y)` is `ag.maximum(x, y)`"),
    Row("mean", "z.mean([1, 2])", "z.mean(axis=(1, 2))", "ag.mean(z, axis=(1, 2))"),
    Row("min", "x.min(1, keepdim=True)", "(x.min(axis=1, keepdims=True), x.argmin(axis=1, keepdims=True))", "", _PAIR),
    Row("norm", "x.norm(1, dim=1)", "np.linalg.norm(x, 1, axis=1)", "ag.norm(x, axis=1, ord=1)", "p comes first, as PyTorch's; `ag.norm(x, 1)` is that over axis 1"),
    Row("prod", "x.prod(dim=1)", "x.prod(axis=1)", "ag.prod(x, axis=1)"),
    Row("softmax", "x.softmax(dim=1)", "np.exp(x) / np.exp(x).sum(1, keepdims=True)", "ag.softmax(x, axis=1)"),
    Row("std", "x.std(dim=1)", "x.std(axis=1, ddof=1)", "ag.std(x, axis=1, correction=1)", _STD.format('std')),
    Row("sum", "x.sum(dim=0, keepdim=True)", "x.sum(axis=0, keepdims=True)", "ag.sum(x, axis=0, keepdims=True)"),
    Row("var", "x.var(0, correction=0)", "x.var(axis=0)", "ag.var(x, axis=0)", _STD.format('var')),
    # Order
    Row("argsort", "x.argsort(descending=True)", "np.argsort(-x)", "ag.argsort(x, descending=True)"),
    Row("sort", "x.sort(dim=1)", "(np.sort(x, 1), np.argsort(x, 1))", "x.sort(axis=1)", "with `axis` in place of `dim` the values alone; numpy's `sort` changes its array, ours gives a new one"),
    Row("topk", "x.topk(2, dim=1)", "(-np.sort(-x, 1)[:, :2], np.argsort(-x, 1)[:, :2])", "ag.topk(x, 2, axis=1)"),
    # Shapes
    Row("T", "x.T", "x.T", "ag.matrix_transpose(x)", "of matrices alone"),
    Row("chunk", "z.chunk(2, dim=1)", "np.split(z, [2], 1)", "ag.split(z, [2], axis=1)"),
    Row("clone", "x.clone()", "x.copy()", "", "what a leaf is given later does not change its clone"),
    Row("contiguous", "x.T.contiguous()", "x.T", "", "the tensor itself: how it lies in memory does not show"),
    Row("copy", "x.copy()", "x.copy()", "x.clone()", "numpy's name"),
    Row("diag", "v.diag()", "np.diag(v)"),
    Row("diagonal", "z.diagonal(1)", "z.diagonal(1)", "", "of the first two axes; `ag.diagonal` takes the last two, as the array API's"),
    Row("dim", "x.dim()", "x.ndim", "x.ndim"),
    Row("expand", "v.expand(2, -1)", "np.broadcast_to(v, (2, 3))", "ag.broadcast_to(v, (2, 3))"),
    Row("expand_as", "v.expand_as(x)", "np.broadcast_to(v, (2, 3))", "ag.broadcast_to(v, x.shape)"),
    Row("flatten", "z.flatten(1)", "z.reshape(2, 12)", "ag.flatten(z, 1)", "from axis 0 on unless told otherwise; `F.flatten` starts from 1, as `nn.Flatten`"),
    Row("flip", "x.flip(1)", "np.flip(x, 1)", "ag.flip(x, axis=1)"),
    Row("is_contiguous", "x.is_contiguous()", "True", "", "always true"),
    Row("mT", "z.mT", "z.swapaxes(1, 2)", "ag.matrix_transpose(z)"),
    Row("movedim", "z.movedim(0, 2)", "np.moveaxis(z, 0, 2)", "ag.moveaxis(z, 0, 2)"),
    Row("ndimension", "x.ndimension()", "x.ndim", "x.ndim"),
    Row("numel", "x.numel()", "x.size", "x.size"),
    Row("permute", "z.permute(2, 0, 1)", "z.transpose(2, 0, 1)", "ag.permute_dims(z, (2, 0, 1))"),
    Row("ravel", "x.ravel()", "x.ravel()", "ag.flatten(x)"),
    Row("repeat", "v.repeat(2, 1)", "np.tile(v, (2, 1))", "ag.tile(v, (2, 1))", "the whole, as PyTorch's; `ag.repeat(x, 2)` and, with an `axis`, `x.repeat(2, axis=0)` repeat each element, as numpy's"),
    Row("repeat_interleave", "x.repeat_interleave(2, dim=1)", "x.repeat(2, axis=1)", "ag.repeat(x, 2, axis=1)"),
    Row("reshape", "x.reshape(3, -1)", "x.reshape(3, -1)", "ag.reshape(x, (3, -1))"),
    Row("reshape_as", "x.reshape_as(x.T)", "x.reshape(3, 2)", "ag.reshape(x, shape)"),
    Row("roll", "x.roll(1, 1)", "np.roll(x, 1, 1)", "ag.roll(x, 1, axis=1)"),
    Row("size", "x.size()", "x.shape", "x.shape", "`x.size` without a call is the number of elements, as numpy's"),
    Row("size", "x.size(1)", "x.shape[1]", "x.shape[1]"),
    Row("split", "z.split([1, 2], dim=1)", "np.split(z, [1], 1)", "ag.split(z, [1], axis=1)", "takes lengths, as PyTorch's; `ag.split` the number of parts or the indices to cut at, as numpy's"),
    Row("squeeze", "x[:1].squeeze(0)", "x[0]", "ag.squeeze(x[:1], axis=0)", "a longer `dim` stays; a longer `axis` is refused, as by numpy and `ag.squeeze`"),
    Row("swapaxes", "z.swapaxes(0, 2)", "z.swapaxes(0, 2)"),
    Row("t", "x.t()", "x.T", "x.T"),
    Row("tile", "x.tile(2, 1)", "np.tile(x, (2, 1))", "ag.tile(x, (2, 1))"),
    Row("trace", "s.trace()", "np.trace(s)", "", "of the first two axes; `ag.trace` takes the last two, as the array API's"),
    Row("transpose", "z.transpose(0, 1)", "z.swapaxes(0, 1)", "z.swapaxes(0, 1)", "two numbers are two axes to swap, as PyTorch's, of a matrix too, where numpy's `x.transpose(0, 1)` is x; all axes, one tuple or none are numpy's"),
    Row("tril", "s.tril(-1)", "np.tril(s, -1)", "ag.tril(s, -1)"),
    Row("triu", "s.triu(1)", "np.triu(s, 1)", "ag.triu(s, 1)"),
    Row("unbind", "x.unbind(dim=1)", "(x[:, 0], x[:, 1], x[:, 2])", "ag.unstack(x, axis=1)"),
    Row("unflatten", "z.unflatten(2, (2, -1))", "z.reshape(2, 3, 2, 2)"),
    Row("unsqueeze", "x.unsqueeze(1)", "x[:, None]", "ag.expand_dims(x, axis=1)"),
    Row("view", "x.view(-1)", "x.reshape(-1)", "ag.reshape(x, (-1,))", "never refused: tensors are values, and whether memory is shared does not show"),
    Row("view_as", "x.view_as(x.T)", "x.reshape(3, 2)", "ag.reshape(x, shape)"),
    # Places
    Row("gather", "x.gather(1, i)", "np.take_along_axis(x, i, 1)", "ag.take_along_axis(x, i, axis=1)", "`ag.take_along_axis` broadcasts, this does not"),
    Row("index_add", "x.index_add(1, i[0], x[:, :2])", "x + np.stack([x[:, 0] * (i[0, 0] == k) + x[:, 1] * (i[0, 1] == k) for k in range(3)], 1)", "x.at[:, i[0]].add(u)", _NEW),
    Row("index_select", "x.index_select(1, i[0])", "x[:, i[0]]", "ag.take(x, i[0], axis=1)"),
    Row("masked_fill", "x.masked_fill(m, 9.0)", "np.where(m, 9.0, x)", "ag.where(m, 9.0, x)", _NEW),
    Row("masked_select", "x.masked_select(m)", "x[m]", "x[m]"),
    Row("narrow", "z.narrow(1, 1, 2)", "z[:, 1:3]", "z[:, 1:3]"),
    Row("scatter", "x.scatter(1, i[:, :1], 7.0)", "np.where(np.arange(3) == i[:, :1], 7.0, x)", "x.at[places].set(7.0)", "a new tensor; of several numbers for one place the last stays"),
    Row("scatter_add", "x.scatter_add(1, i[:, :1], y)", "x + (np.arange(3) == i[:, :1]) * y[:, :1]", "x.at[places].add(y)", "a new tensor; `ag.scatter_add` adds to zeros"),
    Row("select", "x.select(1, 2)", "x[:, 2]", "x[:, 2]"),
    Row("take", "x.take(i)", "x.take(i)", "ag.take(x, i)"),
    Row("take_along_dim", "x.take_along_dim(i, dim=1)", "np.take_along_axis(x, i, 1)", "ag.take_along_axis(x, i, axis=1)"),
    Row("where", "x.where(m, y)", "np.where(m, x, y)", "ag.where(m, x, y)"),
    # Dtypes, devices, gradients
    Row("astype", "x.astype(torch.int64)", "x.astype(np.int64)", "ag.astype(x, dtype)", "numpy's name"),
    Row("at", "x.at[0].set(7.0)", "np.stack([np.full(3, 7.0), x[1]])", "ag.set_at(x, 7.0, 0)", "JAX's name, for what `x[0] = 7.0` is in PyTorch"),
    Row("bool", "x.bool()", "x.astype(bool)", "x.astype(bool)"),
    Row("cpu", "x.cpu()", "x", "", "there are no other devices"),
    Row("detach", "p.detach()", "p"),
    Row("device", "x.device.type", "'cpu'"),
    Row("double", "x.double()", "x.astype(np.float64)", "x.astype(np.float64)"),
    Row("float", "x.float()", "x.astype(np.float32)", "x.astype(np.float32)"),
    Row("int", "x.int()", "x.astype(np.int32)", "x.astype(np.int32)"),
    Row("is_leaf", "p.is_leaf", "True"),
    Row("item", "v[0].item()", "v[0]"),
    Row("long", "x.long()", "x.astype(np.int64)", "x.astype(np.int64)"),
    Row("numpy", "x.numpy()", "x", "", "read-only: tensors are values"),
    Row("requires_grad_", "(x + 0).requires_grad_().requires_grad", "True", "t.requires_grad = True"),
    Row("retain_grad", "(p * 2).retain_grad()", "", "", "returns the tensor"),
    Row("to_device", 'x.to_device("cpu")', "x", "", "the array API's name"),
    Row("to", "x.to(torch.float64)", "x.astype(np.float64)", "x.astype(np.float64)"),
    Row("to", 'x.to("cpu")', "x", "", "any other device is refused"),
    Row("tolist", "x.tolist()", "x"),
    Row("type", "x.type(torch.float64)", "x.astype(np.float64)", "x.astype(np.float64)"),
    Row("type_as", "i.type_as(x)", "i.astype(x.dtype)", "i.astype(x.dtype)"),
    Row("backward", "p.sum().backward()", "", "", "`retain_graph` and `create_graph` by name"),
    # What there is not
    _instead("cuda", "x.cuda()", "nothing: all is computed on the CPU"),
    _instead("half", "x.half()", "x.astype(np.float32): there is no arithmetic of halves"),
    _instead("bfloat16", "x.bfloat16()", "x.astype(np.float32): there is no arithmetic of halves"),
    _instead("grad_fn", "p.grad_fn", "t.node, how it was recorded, or t.show()"),
    _instead("is_cuda", "x.is_cuda", "False: all is computed on the CPU"),
    _instead("stride", "x.stride()", "t.numpy().strides, in bytes"),
    _instead("element_size", "x.element_size()", "t.dtype.itemsize"),
    _instead("nelement", "x.nelement()", "t.numel()"),
    _instead("new_zeros", "x.new_zeros(2)", "autograd_core.zeros(shape, dtype=t.dtype)"),
    _instead("new_ones", "x.new_ones(2)", "autograd_core.ones(shape, dtype=t.dtype)"),
    _instead("new_full", "x.new_full((2,), 1.0)", "autograd_core.full(shape, value, dtype=t.dtype)"),
    _instead("new_tensor", "x.new_tensor([1.0])", "autograd_core.tensor(data, dtype=t.dtype)"),
    _instead("data_ptr", "x.data_ptr()", "t.numpy(), whose memory may be another's, too: tensors are values"),
    _instead("true_divide", "x.true_divide(y)", "t / other"),
]

# fmt: on

TABLE: dict[str, list[Row]] = {"Tensor": _TENSOR}
