"""Programs about gradients: meta-learning, gradients of each example, ops with gradients of their own."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy_weights import with_numpy_weights
from own_ops_of_pytorch import clipped_exp, legendre3, rescaled_product, step_function
from torch import nn, optim
from torch.autograd import grad
from torch.func import functional_call, vmap
from torch.func import grad as grad_of

__all__ = ["meta_learning", "own_ops", "private_training"]


def meta_learning(compiled=lambda step: step, steps=6, inner_steps=2, inner_lr=0.05):
    """Losses of a net that learns sines to learn sines from five points each (MAML, Finn et al. 2017).

    Gradients go through the inner steps: they are of second order.
    """
    rng = np.random.default_rng(12)
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    with_numpy_weights(model, torch.tensor)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)

    def adapted(x, y):
        fast_weights = dict(model.named_parameters())
        for _ in range(inner_steps):
            loss = F.mse_loss(functional_call(model, fast_weights, (x,)), y)
            grads = grad(loss, list(fast_weights.values()), create_graph=True)
            fast_weights = {name: w - inner_lr * g for (name, w), g in zip(fast_weights.items(), grads, strict=True)}
        return fast_weights

    @compiled
    def step(support_x, support_y, query_x, query_y):
        optimizer.zero_grad()
        meta_loss = 0.0
        for task in range(support_x.shape[0]):
            fast_weights = adapted(support_x[task], support_y[task])
            meta_loss += F.mse_loss(functional_call(model, fast_weights, (query_x[task],)), query_y[task])
        meta_loss = meta_loss / support_x.shape[0]
        meta_loss.backward()
        optimizer.step()
        return meta_loss

    losses = []
    for _ in range(steps):
        amplitude, phase = rng.uniform(0.5, 2.0, (3, 1, 1)), rng.uniform(0.0, np.pi, (3, 1, 1))
        x = rng.uniform(-3.0, 3.0, (3, 10, 1))
        x, y = torch.tensor(x), torch.tensor(amplitude * np.sin(x + phase))
        losses.append(step(x[:, :5], y[:, :5], x[:, 5:], y[:, 5:]).item())
    return losses


class PatchNet(nn.Module):
    """A convolutional net without norms of the batch, for which examples are alone."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 4, 3, stride=2)
        self.fc1 = nn.Linear(36, 3)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 1)
        x = F.relu(self.conv2(x))
        x = x.flatten(1)
        return F.log_softmax(self.fc1(x), dim=1)


def private_training(steps=5, max_norm=0.5, noise=0.1):
    """Losses and longest gradients where each example has a bounded say (DP-SGD, Abadi et al. 2016)."""
    rng = np.random.default_rng(13)
    model = with_numpy_weights(PatchNet(), torch.tensor)
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    params = {k: v.detach() for k, v in model.named_parameters()}
    buffers = {k: v.detach() for k, v in model.named_buffers()}

    def compute_loss(params, buffers, sample, target):
        batch = sample.unsqueeze(0)
        targets = target.unsqueeze(0)
        predictions = functional_call(model, (params, buffers), (batch,))
        return F.nll_loss(predictions, targets)

    ft_compute_sample_grad = vmap(grad_of(compute_loss), in_dims=(None, None, 0, 0))

    seen = []
    for _ in range(steps):
        target = rng.integers(0, 3, 6)
        data = torch.tensor(rng.standard_normal((6, 1, 8, 8)) + target[:, None, None, None])
        targets = torch.tensor(target)
        params = {k: v.detach() for k, v in model.named_parameters()}
        per_sample = ft_compute_sample_grad(params, buffers, data, targets)
        norms = torch.stack([g.flatten(1).norm(2, dim=1) for g in per_sample.values()]).norm(2, dim=0)
        factor = (max_norm / (norms + 1e-6)).clamp(max=1.0)
        for name, p in model.named_parameters():
            g = per_sample[name]
            clipped = (g * factor.view(-1, *[1] * (g.dim() - 1))).sum(0)
            p.grad = (clipped + noise * max_norm * torch.tensor(rng.standard_normal(p.shape))) / len(data)
        with torch.no_grad():
            loss = F.nll_loss(model(data), targets)
        optimizer.step()
        seen += [loss.item(), norms.max().item()]
    return seen


def own_ops(compiled=lambda step: step, steps=8):
    """Losses of a fit made of ops of one's own, with the derivative, and with another gradient on purpose."""
    rng = np.random.default_rng(14)
    x = torch.tensor(rng.uniform(-1.0, 1.0, (20, 3)))
    y = torch.sin(2 * x).sum(1)
    w1 = torch.tensor(rng.standard_normal((3, 4)) * 0.5, requires_grad=True)
    w2 = torch.tensor(rng.standard_normal((4, 1)) * 0.5, requires_grad=True)
    gate = torch.tensor(rng.standard_normal(4) * 0.1, requires_grad=True)
    optimizer = optim.SGD([w1, w2, gate], lr=0.05)

    @compiled
    def step(x, y):
        hidden = legendre3(rescaled_product(x, w1, 0.5))
        hidden = hidden * step_function(gate) + 0.1 * clipped_exp(hidden, 2.0)
        loss = F.mse_loss(rescaled_product(hidden, w2, 1.5).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    losses = [step(x, y).item() for _ in range(steps)]
    second = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    (first,) = grad(legendre3(second).sum(), [second], create_graph=True)
    (curvature,) = grad(first.sum(), [second])
    return losses + gate.tolist() + curvature.tolist()
