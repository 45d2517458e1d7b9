"""The ops of `transforms.own_ops` as PyTorch defines its own; `own_ops.py` has the same here."""

import torch


class Legendre3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * (5 * x**3 - 3 * x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * x**2 - 1)


class ClippedExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, limit):
        y = torch.exp(x).clamp(max=limit)
        ctx.save_for_backward(y)
        ctx.limit = limit
        return y

    @staticmethod
    def backward(ctx, grad_output):
        (y,) = ctx.saved_tensors
        return grad_output * torch.where(y < ctx.limit, y, 0.0), None


class StepFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


class RescaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, scale):
        ctx.save_for_backward(a, b)
        ctx.scale = scale
        return scale * (a @ b)

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return ctx.scale * grad_output @ b.T, ctx.scale * a.T @ grad_output, None


legendre3 = Legendre3.apply
clipped_exp = ClippedExp.apply
step_function = StepFunction.apply
rescaled_product = RescaledProduct.apply
