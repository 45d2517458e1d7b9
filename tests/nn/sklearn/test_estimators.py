"""The classifier and the regressor: as scikit-learn's networks where these have the same, and what is theirs alone."""

import functools
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, ShapeError
from nn.sklearn import NeuralClassifier, NeuralRegressor, squared_error
from nn.training import Callback

RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 4))
LABELS = np.array(["no", "perhaps", "yes"])[np.digitize(X[:, 0] * X[:, 1], [-0.4, 0.4])]
NUMBERS = np.sin(X[:, 0]) + X[:, 1]
PAIRS = np.stack([NUMBERS, X[:, 2]], axis=1)
FAST = {"max_iter": 5, "random_state": 0}


def theirs_and_ours(theirs, ours, y, weights=None, **settings):
    """Trained for 20 epochs from the same weights; the weights of both layers and biases of each."""
    settings = {"alpha": 0.5, "batch_size": len(X), "learning_rate_init": 0.01, "random_state": 0} | settings
    solver = settings.pop("optimizer", "adam")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        model = theirs(hidden_layer_sizes=7, activation="tanh", solver=solver, warm_start=True, max_iter=1, **settings)
        model.fit(X, y)
        first = [*model.coefs_, *model.intercepts_]
        net = nn.Sequential(nn.Linear(4, 7), nn.Tanh(), nn.Linear(7, model.n_outputs_)).double()
        for parameter, array in zip([*nn.weights_of(net), *nn.biases_of(net)], first, strict=True):
            parameter.assign(array.T)
        model.set_params(max_iter=20).fit(X, y, weights)
    own = ours(module=net, optimizer=solver, max_iter=20, **settings).fit(X, y, weights).module_
    return [*model.coefs_, *model.intercepts_], [p.numpy().T for p in [*nn.weights_of(own), *nn.biases_of(own)]]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("weights", [None, RNG.uniform(0, 3, len(X))])
@pytest.mark.parametrize(
    ("theirs", "ours", "y"), [(MLPClassifier, NeuralClassifier, LABELS), (MLPRegressor, NeuralRegressor, NUMBERS)]
)
def test_training_ends_at_the_weights_of_scikit_learns_networks(theirs, ours, y, weights, optimizer):
    expected, found = theirs_and_ours(theirs, ours, y, weights, optimizer=optimizer)
    for a, b in zip(expected, found, strict=True):
        # scikit-learn's Adam adds its eps of 1e-8 elsewhere.
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-4 if optimizer == "adam" else 1e-12)


def test_a_grid_search_over_a_pipeline_finds_the_better_setting():
    pipeline = make_pipeline(StandardScaler(), NeuralClassifier(16, max_iter=30, random_state=0))
    grid = {
        "neuralclassifier__learning_rate_init": [1e-6, 0.05],
        "neuralclassifier__optimizer": ["adam", optim.RMSprop],
    }
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, LABELS)
    assert search.best_params_["neuralclassifier__learning_rate_init"] == 0.05
    assert search.best_score_ > 0.7
    assert set(search.predict(X)) <= set(LABELS)


def test_a_clone_has_the_settings_and_nothing_learned():
    model = NeuralClassifier(
        activation=nn.GELU,
        module=nn.Linear(4, 3),
        optimizer=optim.Lion,
        schedule=optim.schedules.cosine(0.1, 9),
        **FAST,
    )
    copy = clone(model.fit(X, LABELS))
    assert not hasattr(copy, "module_")
    assert copy.optimizer is optim.Lion
    np.testing.assert_array_equal(copy.fit(X, LABELS).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(("model", "y"), [(NeuralClassifier(**FAST), LABELS), (NeuralRegressor(**FAST), PAIRS)])
def test_what_was_pickled_predicts_and_goes_on_alike(model, y):
    model.fit(X, y).partial_fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    for estimator in (model, copy):
        estimator.partial_fit(X, y)
    for a, b in zip(copy.module_.parameters(), model.module_.parameters(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_the_random_state_decides_weights_order_and_dropout():
    def dropping(features, outputs):
        return nn.Sequential(nn.Linear(features, 8), nn.Dropout(0.5), nn.Linear(8, outputs))

    def outputs(seed):
        model = NeuralRegressor(module=dropping, batch_size=50, max_iter=3, random_state=seed)
        return model.fit(X, NUMBERS).predict(X)

    np.testing.assert_array_equal(outputs(3), outputs(3))
    assert not np.allclose(outputs(3), outputs(4))


def test_the_network_computes_in_the_dtype_of_the_inputs():
    for dtype in (np.float32, np.float64):
        model = NeuralRegressor(**FAST).fit(X.astype(dtype), NUMBERS)
        assert model.predict(X).dtype == dtype
        assert {p.dtype for p in model.module_.parameters()} == {np.dtype(dtype)}


def test_a_module_starts_from_its_weights_and_is_left_as_it_is():
    module = nn.Sequential(nn.Linear(4, 3))
    before = module.state_dict()
    model = NeuralClassifier(module=module, learning_rate_init=0.0, **FAST).fit(X.astype(np.float32), LABELS)
    np.testing.assert_array_equal(model.module_[0].weight.numpy(), before["0.weight"])
    model.set_params(learning_rate_init=0.1).fit(X.astype(np.float32), LABELS)
    np.testing.assert_array_equal(module[0].weight.numpy(), before["0.weight"])
    assert module.training
    assert not model.module_.training


def test_a_module_may_take_pictures():
    pictures = RNG.standard_normal((12, 1, 6, 6)).astype(np.float32)
    bright = pictures.mean(axis=(1, 2, 3)) > 0
    net = nn.Sequential(nn.AvgPool2d(6), nn.Flatten(), nn.Linear(1, 2))
    model = NeuralClassifier(module=net, learning_rate_init=0.2, max_iter=200, n_iter_no_change=None).fit(
        pictures, bright
    )
    assert model.score(pictures, bright) == 1
    with pytest.raises(ValueError, match="dim 4"):
        NeuralClassifier().fit(pictures, bright)


def test_partial_fit_goes_on_with_the_optimiser_and_the_schedule():
    rates = []

    class Watch(Callback):
        def step_ended(self, trainer):
            rates.append(trainer.optimizer.param_groups[0]["lr"])

    model = NeuralClassifier(batch_size=60, schedule=lambda step: 0.1 / (1 + step), callbacks=Watch(), random_state=0)
    for part in range(3):
        model.partial_fit(X, LABELS, classes=["yes", "no", "perhaps"] if part == 0 else None)
    np.testing.assert_allclose(rates, [0.1 / n for n in range(1, 7)])
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert model.classes_.tolist() == ["no", "perhaps", "yes"]


def test_partial_fits_by_parts_are_one_pass_of_the_optimiser():
    """Adam's means go on from call to call: two calls of one batch are two epochs of it."""
    settings = {"batch_size": len(X), "learning_rate_init": 0.1, "random_state": 0, "n_iter_no_change": None}
    whole = NeuralRegressor(max_iter=2, **settings).fit(X, NUMBERS)
    parts = NeuralRegressor(**settings).partial_fit(X, NUMBERS).partial_fit(X, NUMBERS)
    np.testing.assert_array_equal(parts.predict(X), whole.predict(X))


def test_a_warm_start_goes_on_from_the_weights():
    model = NeuralClassifier(learning_rate_init=0.0, warm_start=True, **FAST).fit(X, LABELS)
    before = model.predict_proba(X)
    np.testing.assert_array_equal(model.set_params(random_state=9).fit(X, LABELS).predict_proba(X), before)
    assert not np.allclose(model.set_params(warm_start=False).fit(X, LABELS).predict_proba(X), before)


def test_the_training_ends_when_the_loss_no_longer_falls():
    model = NeuralRegressor(learning_rate_init=0.0, n_iter_no_change=4, max_iter=50).fit(X, NUMBERS)
    assert model.n_iter_ == 5
    assert model.set_params(n_iter_no_change=None).fit(X, NUMBERS).n_iter_ == 50


def test_early_stopping_ends_at_the_weights_of_the_best_validation():
    noise = RNG.standard_normal(len(X))  # there is nothing to learn, so that the validation soon gets worse
    model = NeuralRegressor(
        learning_rate_init=0.01, early_stopping=True, validation_fraction=0.25, n_iter_no_change=3, random_state=0
    ).fit(X, noise)
    losses = [record.validation["loss"] for record in model.history_]
    assert np.argmin(losses) + 4 == model.n_iter_ < 200
    assert model.history_[0].examples == 90
    again = clone(model).set_params(max_iter=int(np.argmin(losses)) + 1).fit(X, noise)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_weights_of_examples_are_held_back_with_them():
    settings = {"early_stopping": True, "learning_rate_init": 0.01, "random_state": 0}
    weighted = NeuralClassifier(**settings).fit(X, LABELS, np.full(len(X), 2.0))
    plain = NeuralClassifier(**settings).fit(X, LABELS)
    losses = [[record.validation["loss"] for record in model.history_] for model in (weighted, plain)]
    assert losses[0][0] == pytest.approx(losses[1][0], rel=1e-3)  # weight decay is shared by twice the weight
    weights = np.where(LABELS == "yes", 0.0, 1.0)
    assert "yes" not in NeuralClassifier(**settings).fit(X, LABELS, weights).predict(X)


def test_every_fit_has_its_own_callbacks():
    class Count(Callback):
        epochs = 0

        def epoch_ended(self, trainer):
            self.epochs += 1

    count = Count()
    model = NeuralRegressor(callbacks=[count], n_iter_no_change=None, **FAST)
    for _ in range(2):
        assert model.fit(X, NUMBERS).callbacks_[0].epochs == 5
    assert count.epochs == 0


def test_class_weights_multiply_the_weights_of_examples():
    rare = LABELS == "yes"
    weights = RNG.uniform(0.5, 2, len(X))

    def proba(class_weight, sample_weight):
        return NeuralClassifier(class_weight=class_weight, **FAST).fit(X, rare, sample_weight).predict_proba(X)

    np.testing.assert_allclose(proba({True: 3.0}, weights), proba(None, weights * np.where(rare, 3.0, 1.0)))
    by_count = np.where(rare, len(X) / 2 / rare.sum(), len(X) / 2 / (~rare).sum())
    np.testing.assert_allclose(proba("balanced", None), proba(None, by_count))


def test_logarithms_of_probabilities_are_exact_where_these_vanish():
    model = NeuralClassifier((), **FAST).fit(X, LABELS)
    far = 1e4 * X
    logarithms = model.predict_log_proba(far)
    assert np.isfinite(logarithms).all()
    assert (model.predict_proba(far) == 0).any()
    np.testing.assert_allclose(np.exp(logarithms), model.predict_proba(far), atol=1e-12)


def test_squared_errors_are_half_of_mse_loss():
    x, t = RNG.standard_normal((2, 5, 3))
    for reduction in ("mean", "sum", "none"):
        half = squared_error(x, t, reduction)
        np.testing.assert_allclose(half, 0.5 * np.asarray(nn.functions.mse_loss(x, t, reduction)), rtol=1e-12)
    ag.gradcheck(squared_error, x, t, order=2)


def test_a_loss_of_nn_takes_the_place_of_the_usual_one():
    outlier = NUMBERS.copy()
    outlier[0] = 1e3
    settings = {"hidden_layer_sizes": (), "learning_rate_init": 0.05, "max_iter": 300, "n_iter_no_change": None}
    robust = NeuralRegressor(loss=nn.functions.huber_loss, **settings).fit(X, outlier)
    usual = NeuralRegressor(**settings).fit(X, outlier)
    assert np.abs(robust.predict(X) - NUMBERS).mean() < 0.3 < np.abs(usual.predict(X) - NUMBERS).mean()
    smooth = functools.partial(nn.functions.cross_entropy, label_smoothing=0.5)
    assert NeuralClassifier(loss=smooth, max_iter=300).fit(X, LABELS).predict_proba(X).max() < 0.9


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes: each size must be a whole number of at least 1, got 0"),
        ({"activation": "rely"}, "activation must be one of identity, logistic, relu, tanh, or a class or function"),
        ({"optimizer": "adagrad"}, "optimizer must be one of adam, sgd, or a class or function, got 'adagrad'"),
        ({"module": "lenet"}, "module must be an nn.Module or a function that makes one, got a str"),
        ({"alpha": -1.0}, "alpha must be at least 0, got -1.0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"max_iter": 0}, "epochs must be a whole number of at least 1, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    model = NeuralClassifier(**settings)
    with pytest.raises(ArgumentError, match=message):
        model.fit(X, LABELS)
    assert not hasattr(model, "module_")
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_what_does_not_fit_is_refused_and_nothing_is_lost():
    with pytest.raises(ShapeError, match=r"must give 3 numbers for each of 120 examples, got shape \(120, 5\)"):
        NeuralClassifier(module=nn.Linear(4, 5)).fit(X, LABELS)
    with pytest.raises(ArgumentError, match="the first call of partial_fit takes classes"):
        NeuralClassifier().partial_fit(X, LABELS)
    with pytest.raises(ArgumentError, match="which class_weight is balanced only all examples show"):
        NeuralClassifier(class_weight="balanced").partial_fit(X, LABELS, classes=np.unique(LABELS))
    model = NeuralClassifier(**FAST).fit(X, LABELS)
    before = model.predict_proba(X)
    with pytest.raises(ArgumentError, match="the classes are"):
        model.partial_fit(X, np.where(LABELS == "no", "never", LABELS))
    with pytest.raises(ArgumentError, match="sample_weight must not be negative, nor 0 for all examples"):
        model.partial_fit(X, LABELS, sample_weight=X[:, 0])
    np.testing.assert_array_equal(model.predict_proba(X), before)
    regressor = NeuralRegressor(**FAST).fit(X, PAIRS)
    with pytest.raises(ArgumentError, match="there are 2 targets, got y of shape"):
        regressor.partial_fit(X, NUMBERS)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_nn_does_not_import_scikit_learn_and_its_absence_says_what_to_install():
    done = run("import nn, nn.training, sys; assert 'sklearn' not in sys.modules; nn.sklearn.NeuralClassifier")
    assert done.returncode == 0, done.stderr
    done = run("import sys; sys.modules['sklearn'] = None; import nn.sklearn")
    assert 'pip install "autograd-core[sklearn]"' in done.stderr.splitlines()[-1]
