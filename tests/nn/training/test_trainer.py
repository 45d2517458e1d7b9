import functools
import math
from dataclasses import replace

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.data import Batches
from nn.errors import CheckpointError, DivergenceError
from nn.training import Callback, Checkpoint, Moment, Trainer, evaluate


def weights(trainer):
    return {name: array.copy() for name, array in trainer.model.state_dict().items()}


def assert_same(one, other):
    for name, array in weights(one).items():
        np.testing.assert_array_equal(array, other.model.state_dict()[name])
    assert [replace(record, seconds=0) for record in one.history] == [
        replace(record, seconds=0) for record in other.history
    ]


def stopping_before(step):
    """An `interrupted` that asks to stop before that many steps more have been made."""
    calls = iter(range(step + 1))
    return lambda: next(calls) == step


def test_one_step_is_the_loss_differentiated_and_the_rate_of_the_schedule(make_trainer, line_data):
    one, other = make_trainer(schedule=optim.schedules.linear(0.25, steps=10)), make_trainer()
    assert not one.fit(line_data, epochs=1, batch_size=16, seed=3, interrupted=stopping_before(1))
    x, y = next(iter(Batches(*line_data, batch_size=16, seed=3, epoch=0)))
    nn.functions.mse_loss(other.model(ag.tensor(x)), y).backward()
    for name, parameter in other.model.named_parameters():
        expected = parameter.numpy() - np.float32(0.25) * parameter.grad.numpy()
        np.testing.assert_allclose(weights(one)[name], expected, rtol=1e-6)


def test_it_learns_what_can_be_learned(train_line):
    trainer = train_line(epochs=30)
    np.testing.assert_allclose(weights(trainer)["weight"], [[2, -3]], atol=1e-3)
    np.testing.assert_allclose(weights(trainer)["bias"], [0.5], atol=1e-3)


def test_means_count_each_example_once_though_the_last_mini_batch_is_smaller(make_trainer, line_data):
    """With a rate of next to nothing the epoch's means are those of the model as it was."""
    still = make_trainer(lr=1e-30, metrics=["absolute_error"])
    assert still.fit(line_data, line_data, epochs=1, batch_size=12)
    [record] = still.history
    assert record.examples == 40
    assert record.train == pytest.approx(record.validation, rel=1e-6)
    assert record.validation == evaluate(still.model, nn.functions.mse_loss, line_data, ["absolute_error"])
    x, y = line_data
    expected = np.abs(still.model(ag.tensor(x)).numpy() - y).mean()
    assert record.validation["absolute_error"] == pytest.approx(expected, rel=1e-6)


def test_interrupted_after_any_number_of_steps_and_resumed_it_ends_the_same(make_trainer, line_data, tmp_path):
    def trainer():
        return make_trainer(optimizer=optim.Adam, schedule=optim.schedules.linear(0.1, 15), metrics=["squared_error"])

    fit = {"epochs": 3, "batch_size": 8, "seed": 5}
    whole = trainer()
    assert whole.fit(line_data, line_data, **fit)
    for steps in (0, 1, 4, 5, 6, 11):
        one, other = trainer(), trainer()
        assert not one.fit(line_data, line_data, interrupted=stopping_before(steps), **fit)
        assert (one.position.epoch, one.position.batch, one.position.step) == (*divmod(steps, 5), steps)
        Checkpoint(one.state_dict(), {}).save(tmp_path / "state")
        ag.manual_seed(99)  # which the state must make good
        other.load_state_dict(Checkpoint.load(tmp_path / "state").state)
        assert other.fit(line_data, line_data, **fit)
        assert_same(whole, other)


def test_augmentation_and_random_layers_are_resumed_to_the_bit(line_data):
    def trainer():
        ag.manual_seed(1)
        model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 1))
        return Trainer(model, nn.functions.mse_loss, optim.Adam(model.parameters()))

    def jitter(x, generator):
        return x + generator.normal(0, 0.1, x.shape).astype(x.dtype)

    fit = {"epochs": 2, "batch_size": 8, "augment": jitter}
    whole = trainer()
    assert whole.fit(line_data, **fit)
    one = trainer()
    assert not one.fit(line_data, interrupted=stopping_before(7), **fit)
    state = one.state_dict()
    other = trainer()  # which draws random numbers of its own
    other.load_state_dict(state)
    assert other.fit(line_data, **fit)
    assert_same(whole, other)


def test_more_epochs_later_end_as_if_asked_for_at_once(make_trainer, line_data):
    at_once, later = make_trainer(), make_trainer()
    at_once.fit(line_data, epochs=3, batch_size=8)
    later.fit(line_data, epochs=1, batch_size=8)
    later.fit(line_data, epochs=3, batch_size=8)
    assert_same(at_once, later)
    with pytest.warns(UserWarning, match="nothing was trained: 3 epochs are done, .*give epochs=5 to train 2 more"):
        assert later.fit(line_data, epochs=2, batch_size=8)
    assert_same(at_once, later)
    resumed = make_trainer()
    resumed.load_state_dict(later.state_dict())
    assert resumed.fit(line_data, epochs=3, batch_size=8)  # without a warning: it goes on to where it was asked to
    assert_same(at_once, resumed)


def test_what_a_trainer_has_not_cannot_be_set(make_trainer):
    trainer = make_trainer()
    for name, says in {
        "epoch": r"Trainer: epochs is an argument of fit; write trainer.fit\(..., epochs=3\)",
        "epochs": "epochs is an argument of fit",
        "history": "history can be read, not set",
        "averages": "no attribute 'averages', .* did you mean 'average'",
        "devices": "no attribute 'devices', so that setting it would change nothing$",
    }.items():
        with pytest.raises(ag.ArgumentError, match=says):
            setattr(trainer, name, 3)
    trainer.clip = functools.partial(optim.clip_grad_norm, max_norm=1.0)

    class Own(Trainer):
        pass

    own = Own(trainer.model, trainer.loss, trainer.optimizer)
    own.note = "one's own class may have more"


def test_accumulated_mini_batches_make_the_step_of_one_large_one(make_trainer, line_data):
    """40 examples as 16 + 16 + 8, or in parts of 8 of which the last step has but one."""
    large, parts = make_trainer(), make_trainer(accumulate=2)
    large.fit(line_data, epochs=2, batch_size=16)
    parts.fit(line_data, epochs=2, batch_size=8)
    assert (large.position.step, parts.position.step) == (6, 6)
    for name, array in weights(large).items():
        np.testing.assert_allclose(weights(parts)[name], array, rtol=1e-5)
    assert parts.history[1].train == pytest.approx(large.history[1].train, rel=1e-5)


def test_uneven_parts_weigh_as_many_examples_as_they_have(make_trainer, line_data):
    x, y = line_data
    large, parts = make_trainer(), make_trainer(accumulate=2)
    large.fit([(x, y)], epochs=1)
    parts.fit([(x[:30], y[:30]), (x[30:], y[30:])], epochs=1)
    for name, array in weights(large).items():
        np.testing.assert_allclose(weights(parts)[name], array, rtol=1e-5)


def test_clipping_changes_the_gradients_before_the_step(make_trainer, line_data):
    trainer = make_trainer(lr=1.0, clip=functools.partial(optim.clip_grad_norm, max_norm=1e-3))
    before = weights(trainer)
    trainer.fit(line_data, epochs=1, batch_size=40)
    step = np.concatenate([(array - before[name]).ravel() for name, array in weights(trainer).items()])
    assert np.linalg.norm(step) == pytest.approx(1e-3, rel=1e-3)


def test_averaged_weights_are_those_that_are_validated_and_they_are_resumed(make_trainer, line_data):
    def trainer():
        made = make_trainer(lr=0.3)
        made.average = optim.ExponentialMovingAverage(made.model.parameters(), decay=0.8)
        return made

    whole = trainer()
    assert whole.fit(line_data, line_data, epochs=3, batch_size=8)
    with whole.average.applied():
        averaged = evaluate(whole.model, nn.functions.mse_loss, line_data)
    assert whole.history[-1].validation == averaged == whole.evaluate(line_data)
    assert averaged != evaluate(whole.model, nn.functions.mse_loss, line_data)
    one, other = trainer(), trainer()
    assert not one.fit(line_data, line_data, epochs=3, batch_size=8, interrupted=stopping_before(7))
    other.load_state_dict(one.state_dict())
    assert other.fit(line_data, line_data, epochs=3, batch_size=8)
    assert_same(whole, other)


def test_a_rate_that_falls_on_a_plateau_sees_the_validation_loss_and_is_resumed(make_trainer, line_data):
    x, y = line_data
    elsewhere = x, y + 5  # where the loss soon becomes no better

    def trainer():
        return make_trainer(schedule=optim.schedules.ReduceOnPlateau(0.3, patience=1, factor=0.5))

    whole = trainer()
    assert whole.fit(line_data, elsewhere, epochs=8, batch_size=8)
    rates, losses = zip(*((r.learning_rate, r.validation["loss"]) for r in whole.history), strict=True)
    by_hand = optim.schedules.ReduceOnPlateau(0.3, patience=1, factor=0.5)
    for rate, loss in zip(rates, losses, strict=True):
        assert rate == by_hand(0)
        by_hand.step(loss)
    assert rates[-1] < 0.3
    one, other = trainer(), trainer()
    assert not one.fit(line_data, elsewhere, epochs=8, batch_size=8, interrupted=stopping_before(33))
    other.load_state_dict(one.state_dict())
    assert other.fit(line_data, elsewhere, epochs=8, batch_size=8)
    assert_same(whole, other)


def test_the_rate_is_the_schedules_at_the_last_step_of_each_epoch_or_the_optimisers_own(train_line):
    schedule = optim.schedules.linear(0.5, steps=10)
    assert [r.learning_rate for r in train_line(schedule=schedule).history] == [schedule(4), schedule(9)]
    assert [r.learning_rate for r in train_line(lr=0.125).history] == [0.125, 0.125]


def test_mini_batches_of_ones_own_making(make_trainer, line_data):
    """A function (epoch, start), or an iterable that gives the same every time."""
    x, y = line_data
    asked = []

    def batches(epoch, start):
        asked.append((epoch, start))
        return Batches(x, y, batch_size=8, seed=2, epoch=epoch, start=start)

    by_size, by_function, by_list, by_data_set = make_trainer(), make_trainer(), make_trainer(), make_trainer()
    by_size.fit((x, y), (x, y), epochs=2, batch_size=8, seed=2)
    by_data_set.fit(nn.data.ArrayDataset(x, y), nn.data.ArrayDataset(x, y), epochs=2, batch_size=8, seed=2)
    assert not by_function.fit(batches, (x, y), epochs=2, interrupted=stopping_before(3))
    assert by_function.fit(batches, (x, y), epochs=2)
    assert asked == [(0, 0), (0, 3), (1, 0)]
    assert_same(by_size, by_function)
    assert_same(by_size, by_data_set)
    pieces = [(x[i : i + 10], y[i : i + 10]) for i in range(0, 40, 10)]
    assert not by_list.fit(pieces, pieces, epochs=2, interrupted=stopping_before(5))
    assert by_list.fit(pieces, pieces, epochs=2)
    whole = make_trainer()
    whole.fit(pieces, (x, y), epochs=2)
    for name, array in weights(whole).items():
        np.testing.assert_array_equal(weights(by_list)[name], array)
    assert by_list.history[1].validation == pytest.approx(whole.history[1].validation, rel=1e-6)


def test_models_of_several_inputs_get_all_but_the_last_array(line_data):
    class Sum(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.zeros((1, 1), np.float32))

        def forward(self, one, other):
            return (one + other) @ self.weight

    x, _ = line_data
    model = Sum()
    trainer = Trainer(model, nn.functions.mse_loss, optim.SGD(model.parameters(), lr=0.3))
    trainer.fit((x[:, :1], x[:, :1], 4 * x[:, :1]), epochs=20, batch_size=10)
    assert model.weight.numpy() == pytest.approx(2, abs=1e-3)


def test_callbacks_are_told_in_their_order_and_settled_last(make_trainer, line_data):
    told = []

    class Tell(Callback):
        def __init__(self, name):
            self.name = name

        def training_started(self, trainer):
            told.append(f"{self.name} start")

        def step_ended(self, trainer):
            told.append(f"{self.name} step {trainer.position.step} of {trainer.batches_per_epoch}")

        def epoch_ended(self, trainer):
            told.append(f"{self.name} epoch {trainer.history[-1].epoch} of {trainer.epochs}")

        def training_ended(self, trainer):
            told.append(f"{self.name} end")

        def settled(self, trainer, moment):
            told.append(f"{self.name} {moment.name}")

        def closed(self):
            told.append(f"{self.name} closed")

    trainer = make_trainer(callbacks=[Tell("a"), Tell("b")])
    assert trainer.fit(line_data, epochs=1, batch_size=20)
    events = ["start", "step 1 of 2", "STEP", "step 2 of 2", "STEP", "epoch 1 of 1", "EPOCH", "end", "END", "closed"]
    assert told == [f"{name} {event}" for event in events for name in "ab"]
    told.clear()
    assert not trainer.fit(line_data, epochs=2, batch_size=20, interrupted=lambda: True)
    assert told == [f"{name} {event}" for event in ("start", "INTERRUPTION", "closed") for name in "ab"]


def test_callbacks_are_closed_when_the_training_fails(make_trainer, line_data):
    closed = []

    class Fails(Callback):
        def step_ended(self, trainer):
            raise RuntimeError("full")

        def closed(self):
            closed.append(True)

    with pytest.raises(RuntimeError, match="full"):
        make_trainer(callbacks=[Fails()]).fit(line_data, epochs=1, batch_size=20)
    assert closed == [True]


@pytest.mark.parametrize("after", ["step", "epoch"])
def test_a_callback_may_stop_it_and_it_stays_stopped(make_trainer, line_data, after):
    class Stop(Callback):
        def step_ended(self, trainer):
            if after == "step" and trainer.position.step == 7:
                trainer.stop("enough")

        def epoch_ended(self, trainer):
            if after == "epoch":
                trainer.stop("enough")

    trainer = make_trainer(callbacks=[Stop()])
    assert trainer.fit(line_data, epochs=5, batch_size=8)
    assert trainer.position.step == (7 if after == "step" else 5)
    assert len(trainer.history) == 1
    resumed = make_trainer()
    resumed.load_state_dict(trainer.state_dict())
    assert resumed.fit(line_data, epochs=5, batch_size=8)
    assert_same(trainer, resumed)
    resumed.stop("")
    assert resumed.fit(line_data, epochs=5, batch_size=8)
    assert len(resumed.history) == 5


def test_parts_in_evaluation_mode_stay_so_while_the_rest_is_trained(line_data):
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1))
    model[0].eval()
    trainer = Trainer(model, nn.functions.mse_loss, optim.SGD(model.parameters()))
    trainer.fit(line_data, line_data, epochs=1, batch_size=8)
    assert model[0].num_batches_tracked.item() == 0
    assert [module.training for module in model.modules()] == [True, False, True]
    model.eval()
    trainer.fit(line_data, epochs=2, batch_size=8)
    assert all(module.training for module in model.modules())


def test_evaluation_leaves_every_modules_mode_as_it_was_and_records_nothing(line_data):
    modes = []

    class Spy(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 1)

        def forward(self, x):
            modes.append((self.training, self.linear.training))
            return self.linear(x)

    spy = Spy().train()
    spy.linear.eval()
    evaluate(spy, nn.functions.mse_loss, line_data)
    assert (spy.training, spy.linear.training) == (True, False)
    assert modes == [(False, False)]
    assert all(parameter.grad is None for parameter in spy.parameters())


def test_a_loss_that_is_no_number_stops_before_the_weights_change(make_trainer, line_data):
    trainer = make_trainer()
    before = weights(trainer)
    trainer.loss = lambda outputs, targets: outputs.sum() * math.nan
    with pytest.raises(DivergenceError, match="the loss is nan in epoch 1, mini-batch 1; a smaller learning rate"):
        trainer.fit(line_data, epochs=1, batch_size=8)
    for name, array in weights(trainer).items():
        np.testing.assert_array_equal(array, before[name])


def test_weights_that_overflow_in_the_last_step_are_noticed_before_they_are_saved(make_trainer, line_data):
    losses, moments = [], []

    def loss(outputs, targets):
        losses.append(outputs)
        return outputs.sum() * (math.inf if len(losses) > 5 else 1.0)

    class Watch(Callback):
        def settled(self, trainer, moment):
            moments.append(moment)

    trainer = make_trainer(callbacks=[Watch()])
    trainer.loss = loss
    with pytest.raises(DivergenceError, match="on the validation examples after epoch 1;"):
        trainer.fit(line_data, line_data, epochs=1, batch_size=8)
    assert trainer.history == []
    assert set(moments) == {Moment.STEP}


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        ({"epochs": 0, "batch_size": 8}, "epochs must be a whole number of at least 1, got 0"),
        ({"epochs": 1}, "cut into mini-batches; give batch_size"),
    ],
)
def test_fit_says_what_is_wrong(make_trainer, line_data, fit, says):
    with pytest.raises(ag.ArgumentError, match=says):
        make_trainer().fit(line_data, **fit)


def test_more_of_what_is_wrong(make_trainer, line_data):
    x, y = line_data
    with pytest.raises(ag.ArgumentError, match="arrays and data sets have to be cut into mini-batches"):
        make_trainer().fit(nn.data.ArrayDataset(x, y), epochs=1)
    with pytest.raises(ag.ArgumentError, match="got a tuple of 1; give both in one tuple"):
        make_trainer().fit(x, y, epochs=1, batch_size=8)
    with pytest.raises(ag.ArgumentError, match="augment needs batch_size"):
        make_trainer().fit([(x, y)], epochs=1, augment=lambda x, generator: x)
    with pytest.raises(ag.ArgumentError, match="an epoch without a mini-batch; there are no examples, or a generator"):
        make_trainer().fit(iter([(x, y)]), epochs=2)
    with pytest.raises(ag.ArgumentError, match=r"a tuple \(inputs, targets\), got a tuple of 1"):
        make_trainer().fit([(x,)], epochs=1)
    with pytest.raises(ag.ArgumentError, match=r"callbacks are objects, got a class; make one: Progress\("):
        make_trainer(callbacks=[nn.training.Progress])
    with pytest.raises(ag.ArgumentError, match=r"callbacks are objects such as Progress\(\), got 'progress'"):
        make_trainer(callbacks=["progress"])
    with pytest.raises(ag.ArgumentError, match="loss is a function of outputs and targets, got 'mse'"):
        nn.training.Trainer(make_trainer().model, "mse", make_trainer().optimizer)
    with pytest.raises(ag.ArgumentError, match=r"schedule is a function from steps to rates, got 0\.1"):
        make_trainer(schedule=0.1)
    with pytest.raises(ag.ArgumentError, match="accumulate must be a whole number of at least 1, got 0"):
        make_trainer(accumulate=0)
    with pytest.raises(ag.ArgumentError, match="no metric named 'f1'; there are accuracy, binary_accuracy"):
        make_trainer(metrics=["f1"])
    with pytest.raises(ag.ArgumentError, match="cannot be named 'loss'"):
        make_trainer(metrics={"loss": lambda outputs, targets: outputs})
    with pytest.raises(ag.ArgumentError, match="the data hold no examples"):
        evaluate(make_trainer().model, nn.functions.mse_loss, [], batch_size=None)


def test_a_state_that_does_not_fit_is_refused(make_trainer, line_data):
    class Counts(Callback):
        def state_dict(self):
            return {"count": 1}

    state = make_trainer(callbacks=[Counts(), Counts()]).state_dict()
    with pytest.raises(CheckpointError, match="with the callback Counts2, which is not here; add it to go on"):
        make_trainer(callbacks=[Counts()]).load_state_dict(state)
    other = make_trainer()
    other.model = nn.Linear(2, 3)
    with pytest.raises(CheckpointError, match=r"does not fit the training: .*weight"):
        other.load_state_dict(make_trainer().state_dict())
    with pytest.raises(CheckpointError, match="with average, model, optimizer; here are model, optimizer"):
        make_trainer().load_state_dict({**make_trainer().state_dict(), "average": {}})


def test_what_trains_nothing_is_refused():
    x, y = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
    net, other = nn.Linear(2, 1), nn.Linear(2, 1)
    for wrong in (optim.SGD(other.parameters(), lr=0.1), optim.SGD(net.parameters(), lr=0.1)):
        for p in net.parameters():
            p.requires_grad = wrong.param_groups[0]["params"][0] is other.weight  # frozen afterwards
        with pytest.raises(ag.ArgumentError, match="nothing would be learned, since the optimiser has none of"):
            Trainer(net, nn.functions.mse_loss, wrong).fit((x, y), epochs=1, batch_size=4)
        net.requires_grad_(True)
    average = optim.EqualAverage(other.parameters())
    with pytest.raises(ag.ArgumentError, match="average follows none of the model's parameters"):
        trainer = Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1), average=average)
        trainer.fit((x, y), epochs=1, batch_size=4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": lambda x: x}, "model is a Module"),
        ({"optimizer": optim.SGD}, "optimizer is an optimiser such as"),
        ({"loss": nn.CrossEntropyLoss}, r"loss is a function, got a class; make one: CrossEntropyLoss\(\)"),
        ({"clip": 1.0}, "clip is a function of the parameters, got 1.0"),
        ({"compile": "no"}, "compile is True, False or None, got 'no'"),
        ({"parallel": True}, r"parallel is a DataParallel\(\), got True"),
    ],
)
def test_arguments_of_the_wrong_kind_are_named(wrong, message):
    net = nn.Linear(2, 1)
    right = {"model": net, "loss": nn.functions.mse_loss, "optimizer": optim.SGD(net.parameters(), lr=0.1)}
    with pytest.raises(ag.ArgumentError, match=f"Trainer: {message}"):
        Trainer(**right | wrong)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("on_epoch_end", "did you mean epoch_ended"),
        ("epoch_end", "did you mean epoch_ended"),
        ("on_fit", "there are tr"),
    ],
)
def test_a_callback_s_method_that_nobody_calls_is_refused(name, answer):
    with pytest.raises(ag.ArgumentError, match=f"Mine: nobody calls a callback's method {name}; {answer}"):
        type("Mine", (nn.training.Callback,), {name: lambda self, trainer: None})
