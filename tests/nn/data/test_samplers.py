"""Examples drawn by weights: as often as the weights say, from the middle of an epoch as from its start."""

import numpy as np
import pytest

import nn
import optim
from nn.data import Batches, WeightedSampler
from nn.errors import DataError
from nn.training import Trainer

WEIGHTS = np.array([0.0, 1.0, 2.0, 5.0, 0.0])


def test_examples_are_drawn_as_often_as_their_weights_say():
    counts = np.bincount(WeightedSampler(WEIGHTS, 80000)(seed=0, epoch=0), minlength=5)
    expected = 10000 * WEIGHTS
    assert (abs(counts - expected) <= 5 * np.sqrt(expected)).all()


def test_without_replacement_none_comes_twice_and_the_heavy_come_first():
    firsts = []
    for epoch in range(4000):
        drawn = WeightedSampler(WEIGHTS, 3, replacement=False)(seed=0, epoch=epoch)
        assert sorted(drawn) == [1, 2, 3]
        firsts.append(drawn[0])
    expected = 4000 * WEIGHTS[1:4] / 8
    assert (abs(np.bincount(firsts)[1:] - expected) < 5 * np.sqrt(expected)).all()


def test_order_is_the_same_on_every_machine():
    # Pinned: an order that changes would make a checkpoint resume differently.
    assert WeightedSampler(WEIGHTS, 10)(seed=0, epoch=0).tolist() == [3, 1, 3, 3, 2, 2, 2, 3, 2, 3]
    assert WeightedSampler(WEIGHTS, 3, replacement=False)(seed=0, epoch=2).tolist() == [3, 2, 1]


def test_batches_enter_an_epoch_midway():
    numbers, sampler = np.arange(5), WeightedSampler(WEIGHTS, 7)
    whole = [batch.tolist() for (batch,) in Batches(numbers, batch_size=3, seed=1, epoch=4, sampler=sampler)]
    assert [len(batch) for batch in whole] == [3, 3, 1]
    rest = Batches(numbers, batch_size=3, seed=1, epoch=4, start=1, sampler=sampler)
    assert len(rest) == 2
    assert [batch.tolist() for (batch,) in rest] == whole[1:]
    assert np.concatenate(whole).tolist() == sampler(seed=1, epoch=4).tolist()


def test_a_training_takes_the_examples_of_its_sampler():
    x, y = np.ones((4, 1), np.float32), np.array([[0.0], [0.0], [0.0], [3.0]], np.float32)
    net = nn.Linear(1, 1)
    trainer = Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1))
    trainer.fit((x, y), epochs=50, batch_size=2, sampler=WeightedSampler([0, 0, 0, 1], num_samples=6))
    assert net(x).numpy() == pytest.approx(3, abs=1e-4)
    assert (trainer.batches_per_epoch, trainer.history[0].examples) == (3, 6)
    with pytest.raises(nn.errors.AutogradError, match="fit: sampler needs batch_size"):
        trainer.fit([(x, y)], epochs=51, sampler=WeightedSampler([1.0]))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: WeightedSampler([1.0, -1.0]), "finite and none below 0"),
        (lambda: WeightedSampler([1.0, np.nan]), "finite and none below 0"),
        (lambda: WeightedSampler([[1.0]]), r"shape \(N,\)"),
        (lambda: WeightedSampler([0.0, 0.0]), "no weight is above 0"),
        (lambda: WeightedSampler(WEIGHTS, 0), "num_samples is 0, expected a whole number of at least 1"),
        (lambda: WeightedSampler(WEIGHTS, replacement=False), "num_samples is 5, .* only the 3 examples of a weight"),
        (
            lambda: list(Batches(np.arange(2), batch_size=1, seed=0, sampler=WeightedSampler([0, 0, 1]))),
            "gave examples from 2 to 2, but the data set has 2, from 0",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(act, message):
    with pytest.raises(DataError, match=message):
        act()
