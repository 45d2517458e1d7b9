import numpy as np
import pytest

import autograd_core as ag
import optim
from nn.data.text import Sequences, Vocabulary
from nn.models import (
    CharacterLSTM,
    CharacterTransformer,
    next_character_accuracy,
    next_character_loss,
    sample,
)
from nn.training import Trainer

LINE = "the quick brown fox jumps over the lazy dog. "
VOCABULARY = Vocabulary(LINE)
MODELS = {
    "lstm": lambda: CharacterLSTM(len(VOCABULARY), embedding=16, hidden=48),
    "transformer": lambda: CharacterTransformer(len(VOCABULARY), context=24, width=32, layers=1, dropout=0.0),
}


@pytest.fixture(params=MODELS, scope="module")
def model(request):
    """One that has read a line over and over."""
    ag.manual_seed(0)
    model = MODELS[request.param]()
    text = Sequences(VOCABULARY.encode(LINE * 20), 24, stride=4)
    trainer = Trainer(
        model,
        next_character_loss,
        optim.Adam(model.parameters(), lr=5e-3),
        metrics={"accuracy": next_character_accuracy},
    )
    trainer.fit(text, epochs=40, batch_size=16, seed=1)
    assert trainer.history[0].train["loss"] > 1.0
    assert trainer.history[-1].train["accuracy"] > 0.85
    return model


def test_it_goes_on_with_the_line_it_learned(model):
    start = LINE[:12]
    written = VOCABULARY.decode(sample(model, VOCABULARY.encode(start), 50, temperature=0))
    assert written == (LINE * 2)[:62]


def test_what_it_says_at_a_place_depends_on_nothing_after_it(model):
    one = VOCABULARY.encode(LINE[:20])
    other = one.copy()
    other[12:] = 0
    with ag.no_grad():
        model.eval()
        a, b = (model(text[None]).numpy() for text in (one, other))
    np.testing.assert_allclose(a[:, :12], b[:, :12], rtol=1e-5, atol=1e-5)
    assert np.abs(a[:, 12:] - b[:, 12:]).max() > 0.1


def test_drawn_characters_follow_the_temperature_and_the_generator(model):
    start = VOCABULARY.encode("the ")

    def drawn(seed, temperature=1.5):
        return sample(model, start, 40, temperature=temperature, generator=np.random.default_rng(seed)).tolist()

    assert drawn(0) == drawn(0) != drawn(1)
    assert drawn(0, temperature=1e-3) == sample(model, start, 40, temperature=0).tolist()
    wild = sample(model, start, 600, temperature=1e6, generator=np.random.default_rng(0))[4:]
    assert set(wild.tolist()) == set(range(len(VOCABULARY)))


def test_loss_and_accuracy_are_means_over_all_places():
    logits = ag.tensor(np.log([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]]))
    targets = np.array([[0, 2]])
    assert next_character_loss(logits, targets).item() == pytest.approx((np.log(2) + np.log(10)) / 2)
    assert next_character_accuracy(logits.numpy(), targets).tolist() == [[True, False]]
    with pytest.raises(
        ag.ShapeError, match=r"takes logits \(N, length, vocabulary\) .* got shapes \(1, 2, 3\) and \(2,\)"
    ):
        next_character_loss(logits, targets[0])


def test_what_cannot_be_sampled():
    lstm = MODELS["lstm"]()
    with pytest.raises(ag.ShapeError, match=r"start is the numbers of at least one character, got shape \(0,\)"):
        sample(lstm, np.zeros(0, np.int64), 3)
    with pytest.raises(ag.ArgumentError, match="temperature must be at least 0, got -1"):
        sample(lstm, np.zeros(1, np.int64), 3, temperature=-1)
    with pytest.raises(ag.ArgumentError, match="length must be a whole number of at least 0, got -1"):
        sample(lstm, np.zeros(1, np.int64), -1)
    assert sample(lstm, np.array([2]), 0).tolist() == [2]


def test_a_longer_text_than_the_context_is_seen_from_its_end():
    ag.manual_seed(0)
    model = CharacterTransformer(5, context=4, width=8, heads=2, layers=1)
    text = np.array([0, 1, 2, 3, 4, 0, 1])
    long, short = (sample(model, t, 5, temperature=0)[len(t) :] for t in (text, text[-4:]))
    np.testing.assert_array_equal(long, short)
    with pytest.raises(ag.ShapeError, match="with L up to max_len = 4"):
        model(text[None])
