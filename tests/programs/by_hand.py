"""Programs without layers: gradients by autograd, and the rest by hand."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

__all__ = ["bigrams", "character_mlp", "cubic_fit", "made_up_words", "two_layer_network"]

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "charlotte", "mia", "amelia", "harper", "evelyn"]
LETTERS = ".abcdefghijklmnopqrstuvwxyz"


def two_layer_network(steps=40, learning_rate=1e-3):
    """The tutorial's two-layer network: forward by hand, gradients by autograd, updates in place."""
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal((16, 20)))
    y = torch.tensor(rng.standard_normal((16, 3)))
    w1 = torch.tensor(rng.standard_normal((20, 12)), requires_grad=True)
    w2 = torch.tensor(rng.standard_normal((12, 3)), requires_grad=True)
    losses = []
    for _ in range(steps):
        y_pred = (x @ w1).clip(min=0) @ w2
        loss = (y_pred - y).square().sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
            w1.grad = None
            w2.grad = None
    return losses


def cubic_fit(steps=40, learning_rate=1e-6):
    """The tutorial's sine fitted by a polynomial: parameters without axes beside arrays."""
    x = torch.linspace(-np.pi, np.pi, 2000)
    y = torch.sin(x)
    a, b, c, d = (torch.tensor(number, requires_grad=True) for number in (0.1, -0.2, 0.3, -0.4))
    losses = []
    for _ in range(steps):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = ((y_pred - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = b.grad = c.grad = d.grad = None
    return losses


def bigrams_learned(steps):
    """Bigrams of letters as one linear layer: its losses, and the layer."""
    stoi = {letter: i for i, letter in enumerate(LETTERS)}
    xs, ys = [], []
    for word in WORDS:
        letters = [".", *word, "."]
        for first, second in pairwise(letters):
            xs.append(stoi[first])
            ys.append(stoi[second])
    xs = torch.tensor(xs)
    ys = torch.tensor(ys)
    weight = torch.tensor(np.random.default_rng(1).standard_normal((27, 27)).astype(np.float32), requires_grad=True)
    losses = []
    for _ in range(steps):
        xenc = F.one_hot(xs, num_classes=27).float()
        logits = xenc @ weight
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(xs.shape[0]), ys].log().mean() + 0.01 * (weight**2).mean()
        losses.append(loss.item())
        weight.grad = None
        loss.backward()
        weight.data += -10 * weight.grad
    return losses, weight


def bigrams(steps=30):
    """The losses of bigrams_learned."""
    return bigrams_learned(steps)[0]


def made_up_words(steps=5):
    """Five words that bigrams make up."""
    _, weight = bigrams_learned(steps)
    torch.manual_seed(2147483647)
    words = []
    for _ in range(5):
        out = []
        ix = 0
        while len(out) < 50:
            logits = F.one_hot(torch.tensor([ix]), num_classes=27).float() @ weight
            counts = logits.exp()
            p = counts / counts.sum(1, keepdims=True)
            ix = torch.multinomial(p, num_samples=1, replacement=True).item()
            if ix == 0:
                break
            out.append(LETTERS[ix])
        words.append("".join(out))
    return words


def character_mlp(steps=40, block_size=3):
    """Three letters of context, an embedding, a hidden layer: the MLP of Bengio et al. (2003)."""
    stoi = {letter: i for i, letter in enumerate(LETTERS)}
    contexts, targets = [], []
    for word in WORDS:
        context = [0] * block_size
        for letter in word + ".":
            ix = stoi[letter]
            contexts.append(context)
            targets.append(ix)
            context = [*context[1:], ix]
    contexts = torch.tensor(contexts)
    targets = torch.tensor(targets)
    rng = np.random.default_rng(2)
    table = torch.tensor(rng.standard_normal((27, 2)))
    w1 = torch.tensor(rng.standard_normal((6, 20)) * 0.3)
    b1 = torch.tensor(rng.standard_normal(20) * 0.1)
    w2 = torch.tensor(rng.standard_normal((20, 27)) * 0.1)
    b2 = torch.tensor(np.zeros(27))
    parameters = [table, w1, b1, w2, b2]
    for p in parameters:
        p.requires_grad = True
    losses = []
    for i in range(steps):
        ix = torch.tensor(rng.integers(0, contexts.shape[0], 32))
        embedded = table[contexts[ix]]
        hidden = torch.tanh(embedded.reshape(-1, 6) @ w1 + b1)
        logits = hidden @ w2 + b2
        loss = F.cross_entropy(logits, targets[ix])
        losses.append(loss.item())
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = 0.5 if i < 20 else 0.05
        for p in parameters:
            p.data += -lr * p.grad
    return losses
