import math
from dataclasses import replace

import numpy as np
import pytest

import nn
import optim
from nn.data import LabelledImages
from nn.errors import DivergenceError
from nn.training.objective import OBJECTIVES
from nn.training.settings import Settings, fingerprint
from nn.training.trainer import Position, Trainer, as_input, evaluate


class Silent:
    def batch_ended(self, position, examples, seen):
        pass

    def epoch_ended(self, position):
        pass


def trainer(sample, lr=0.5, epochs=2, model="nielsen"):
    settings = Settings(
        model=model,
        image_size=(28, 28),
        classes=10,
        loss="quadratic",
        optimizer="sgd",
        lr=lr,
        schedule="constant",
        batch_size=60,
        epochs=epochs,
        seed=3,
        data=fingerprint(sample),
    )
    network = settings.build_model()
    return Trainer(
        model=network,
        objective=settings.objective,
        optimizer=optim.SGD(network.parameters(), lr=1.0),
        schedule=optim.schedules.linear(lr, steps=10),
        train=sample.train,
        validation=sample.validation,
        classes=10,
        batch_size=60,
        epochs=epochs,
        seed=3,
    )


def test_one_step_is_the_loss_differentiated_and_the_rate_of_the_schedule(sample):
    one, other = trainer(sample, lr=0.25), trainer(sample)
    stops = iter([False, True])
    assert not one.run(Position(), Silent(), lambda: next(stops))

    images, labels = next(iter(nn.data.Batches(*vars(sample.train).values(), batch_size=60, seed=3, epoch=0)))
    loss = nn.functions.quadratic_loss(other.model(as_input(images)), nn.data.one_hot(labels, 10))
    loss.backward()
    for name, parameter in other.model.named_parameters():
        expected = parameter.numpy() - np.float32(0.25) * parameter.grad.numpy()
        np.testing.assert_allclose(one.model.state_dict()[name], expected, rtol=1e-6, atol=1e-7)


def test_mean_loss_counts_each_example_once_though_the_last_mini_batch_is_smaller(sample):
    """With a rate of next to nothing the epoch's mean is that of the model as it was."""
    still = trainer(sample, lr=1e-30, epochs=1)
    position = Position()
    assert still.run(position, Silent())
    score = evaluate(still.model, still.objective, sample.train)
    [record] = position.history
    assert record.train.loss == pytest.approx(score.loss, rel=1e-5)
    assert record.train.accuracy == score.accuracy
    assert record.validation == evaluate(still.model, still.objective, sample.validation)


def test_interrupted_after_any_number_of_batches_the_history_is_the_same(sample):
    whole = Position()
    trainer(sample).run(whole, Silent())
    for batches in (0, 1, 8, 9, 10, 17):
        parts, countdown = Position(), iter(range(batches, -1, -1))
        one = trainer(sample)
        assert not one.run(parts, Silent(), lambda countdown=countdown: next(countdown) == 0)
        assert (parts.epoch, parts.batch) == divmod(batches, one.batches_per_epoch)
        other = trainer(sample)
        other.model.load_state_dict(one.model.state_dict())
        assert other.run(parts, Silent())
        assert [replace(record, seconds=0) for record in parts.history] == [
            replace(record, seconds=0) for record in whole.history
        ]


def test_the_rate_is_that_of_the_schedule_at_the_last_step_of_each_epoch(sample):
    position = Position()
    one = trainer(sample, lr=0.5)
    one.run(position, Silent())
    assert [record.learning_rate for record in position.history] == [one.schedule(8), one.schedule(17)]
    assert position.history[1].learning_rate == pytest.approx(0.005)


def test_evaluation_leaves_the_mode_as_it_was_and_records_nothing(sample):
    one = trainer(sample)
    modes = []

    class Spy(nn.Module):
        def forward(self, x):
            modes.append(self.training)
            return one.model(x)

    for mode in (True, False):
        spy = Spy().train(mode)
        evaluate(spy, one.objective, sample.test)
        assert spy.training is mode
    assert modes == [False, False]
    assert all(parameter.grad is None for parameter in one.model.parameters())


def test_a_loss_that_is_no_number_stops_before_the_weights_change(sample):
    one = trainer(sample)
    before = one.model.state_dict()
    broken = replace(one, objective=replace(one.objective, loss=lambda outputs, targets: outputs.sum() * math.nan))
    with pytest.raises(DivergenceError, match="the loss is nan in epoch 1, mini-batch 1;"):
        broken.run(Position(), Silent())
    for name, array in one.model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_weights_that_overflow_in_the_last_step_are_noticed_before_they_are_saved(sample):
    one = trainer(sample, epochs=1)
    diverged_on_validation = LabelledImages(sample.validation.images, sample.validation.labels)
    losses = []

    def loss(outputs, targets):
        losses.append(outputs)
        return outputs.sum() * (math.inf if len(losses) > one.batches_per_epoch else 1.0)

    broken = replace(one, objective=replace(one.objective, loss=loss), validation=diverged_on_validation)
    position = Position()
    with pytest.raises(DivergenceError, match="on the validation images after epoch 1;"):
        broken.run(position, Silent())
    assert position.history == []


@pytest.mark.parametrize("name", OBJECTIVES)
def test_probabilities_of_every_objective_sum_to_one_even_at_the_extremes(name):
    outputs = np.array([[0, 0, 0], [1e4, -1e4, 0], [1, 2, 3]], np.float32)
    if name == "quadratic":
        outputs = np.clip(outputs, 0, 1)
    probabilities = OBJECTIVES[name].probabilities(outputs)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[0], 1 / 3)
    assert probabilities[1].argmax() == 0
