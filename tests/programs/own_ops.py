"""The ops of `transforms.own_ops`, defined with this project; `own_ops_of_pytorch.py` has the same there."""

import autograd_core as ag


@ag.elementwise
def legendre3(x):
    """The third Legendre polynomial."""
    return 0.5 * (5.0 * x * x * x - 3.0 * x)


@legendre3.local_gradient("x")
def _(x):
    return 1.5 * (5.0 * x * x - 1.0)


@ag.elementwise
def clipped_exp(x, limit):
    """exp(x), and `limit` where that is more."""
    return ag.minimum(ag.exp(x), limit)


@clipped_exp.local_gradient("x")
def _(y, limit):
    return ag.where(y < limit, y, 0.0)


clipped_exp.not_differentiable("limit")


@ag.elementwise
def step_function(x):
    """1 above 0, else 0; its gradient passes as if it were x."""
    return ag.where(x > 0, 1.0, 0.0)


@step_function.local_gradient("x")
def _():
    return 1.0


@ag.array_op
def rescaled_product(a, b, scale, /):
    """scale · a @ b."""
    return scale * (a @ b)


@rescaled_product.vjp("a")
def _(g, b, scale):
    return scale * (g @ b.T)


@rescaled_product.vjp("b")
def _(g, a, scale):
    return scale * (a.T @ g)
