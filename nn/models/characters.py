"""Models that read text character by character and say which one comes next: a recurrent one and a transformer.

Both take the numbers of characters (`nn.data.Vocabulary`), shape (N, length), and give logits (N, length, vocabulary):
those at a place depend on the characters up to it alone. `sample` lets either write.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor, default_generator
from nn import functions
from nn.arguments import at_least
from nn.layers.embedding import Embedding
from nn.layers.linear import Linear
from nn.layers.noise import Dropout
from nn.layers.normalisation import LayerNorm
from nn.layers.recurrence import LSTM
from nn.layers.transformer import PositionalEncoding, TransformerEncoder, TransformerEncoderLayer
from nn.module import Module


class CharacterLSTM(Module):
    """Embedding, LSTM, linear. Shapes: (N, length) -> (N, length, vocabulary)."""

    def __init__(
        self,
        vocabulary: int,
        embedding: int = 32,
        hidden: int = 128,
        layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        self.embedding = Embedding(vocabulary, embedding)
        self.lstm = LSTM(embedding, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.dropout = Dropout(dropout)
        self.output = Linear(hidden, vocabulary)

    def forward(self, x: Any) -> Tensor:
        """The logits of the next character at each place."""
        return self._read(x, None)[0]

    def next_logits(self, text: NDArray[Any], state: Any = None) -> tuple[Any, Any]:
        """The logits of what follows `text`, and a state with which only what is new of a longer text has to be read.

        Shapes: (length,) -> (vocabulary,).
        """
        read, hx = state or (0, None)
        logits, hx = self._read(text[None, read:], hx)
        return logits[0, -1], (len(text), hx)

    def _read(self, x: Any, hx: Any) -> tuple[Any, Any]:
        hidden, hx = self.lstm(self.embedding(x), hx)
        return self.output(self.dropout(hidden)), hx


class CharacterTransformer(Module):
    """Embedding and positions, encoder layers that look back only, linear.

    Shapes: (N, length) -> (N, length, vocabulary), with a length of at most `context`.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int = 64,
        width: int = 64,
        heads: int = 4,
        layers: int = 2,
        dropout: float = 0.1,
    ) -> None:
        self.context = at_least("CharacterTransformer", "context", context, 1)
        self.scale = math.sqrt(width)  # or the positions would drown the characters
        self.embedding = Embedding(vocabulary, width)
        self.positions = PositionalEncoding(width, dropout, context, batch_first=True)
        layer = TransformerEncoderLayer(
            width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = TransformerEncoder(layer, layers, LayerNorm(width))
        self.output = Linear(width, vocabulary)

    def forward(self, x: Any) -> Tensor:
        """The logits of the next character at each place."""
        return self.output(self.encoder(self.positions(self.embedding(x) * self.scale), is_causal=True))

    def next_logits(self, text: NDArray[Any], state: Any = None) -> tuple[Any, Any]:
        """The logits of what follows `text`, of which it sees the end; there is no state.

        Shapes: (length,) -> (vocabulary,).
        """
        return self(text[None, -self.context :])[0, -1], None


def next_character_loss(logits: Any, targets: Any) -> Tensor:
    """The mean cross-entropy over all places. Shapes: logits (N, length, vocabulary), targets (N, length)."""
    if logits.ndim != 3 or logits.shape[:2] != targets.shape:
        raise ShapeError(
            f"next_character_loss: takes logits (N, length, vocabulary) and targets (N, length), got shapes"
            f" {logits.shape} and {targets.shape}"
        )
    return functions.cross_entropy(ag.reshape(logits, (-1, logits.shape[2])), np.reshape(targets, -1))


def next_character_accuracy(logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the likeliest character is the right one, as a metric of a `Trainer`. Shapes: as of the loss."""
    right: NDArray[np.bool_] = logits.argmax(axis=2) == targets
    return right


def sample(
    model: CharacterLSTM | CharacterTransformer,
    start: NDArray[np.integer[Any]],
    length: int,
    *,
    temperature: float = 1.0,
    generator: np.random.Generator | None = None,
) -> NDArray[np.int64]:
    """`start` and `length` characters more, each drawn from softmax(logits/temperature); at 0, always the likeliest.

    Shapes: (n,) -> (n + length,). The model is put into evaluation mode.
    """
    if np.ndim(start) != 1 or len(start) == 0:
        raise ShapeError(f"sample: start is the numbers of at least one character, got shape {np.shape(start)}")
    if not temperature >= 0:
        raise ArgumentError(f"sample: temperature must be at least 0, got {temperature}")
    generator = generator or default_generator()
    model.eval()
    text, state = np.array(start, np.int64), None
    text.resize(len(start) + at_least("sample", "length", length, 0))
    with ag.no_grad():
        for place in range(len(start), len(text)):
            following, state = model.next_logits(text[:place], state)
            logits = following.numpy().astype(np.float64)
            if temperature:
                below = np.cumsum(np.asarray(ag.softmax(logits / temperature, axis=0)))
                drawn = np.searchsorted(below, generator.random() * below[-1], side="right")
                text[place] = min(int(drawn), len(below) - 1)  # rounded up, it could be one beyond the last
            else:
                text[place] = logits.argmax()
    return text
