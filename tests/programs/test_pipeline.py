"""A network at the end of scikit-learn's pipeline: searched, scored, cloned and explained as its own estimators are."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import classification_report
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import nn
from nn.sklearn import NeuralClassifier, NeuralRegressor


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    return train_test_split(images, labels, train_size=300, test_size=300, stratify=labels, random_state=0)


@pytest.fixture(scope="module")
def search(digits):
    """A search over the settings of two steps."""
    pipe = Pipeline(
        [
            ("scale", StandardScaler()),
            ("reduce", PCA(random_state=0)),
            ("classify", NeuralClassifier(max_iter=12, learning_rate_init=0.02, random_state=0)),
        ]
    )
    grid = {"reduce__n_components": [2, 20], "classify__hidden_layer_sizes": [(), (32,)]}
    train_x, _, train_y, _ = digits
    return GridSearchCV(pipe, grid, cv=StratifiedKFold(2)).fit(train_x, train_y)


def test_a_search_over_both_steps_finds_the_better_settings(search, digits):
    _, test_x, _, test_y = digits
    assert search.best_params_ == {"classify__hidden_layer_sizes": (32,), "reduce__n_components": 20}
    assert search.score(test_x, test_y) == (search.predict(test_x) == test_y).mean() > 0.9
    assert f"{test_y.size}" in classification_report(test_y, search.predict(test_x))
    np.testing.assert_allclose(search.predict_proba(test_x).sum(axis=1), 1.0, rtol=1e-5)


def test_a_clone_starts_anew_and_learns_the_same(search, digits):
    train_x, test_x, train_y, _ = digits
    copy = clone(search.best_estimator_)
    assert not hasattr(copy["classify"], "module_")
    np.testing.assert_array_equal(copy.fit(train_x, train_y).predict_proba(test_x), search.predict_proba(test_x))


def test_the_pipeline_can_be_pickled(search, digits):
    _, test_x, _, _ = digits
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict_proba(test_x), search.predict_proba(test_x))


def test_a_module_of_ones_own_regresses_columns_of_several_kinds():
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, 120)
    table = np.column_stack([kinds, rng.standard_normal(120)]).astype(object)
    columns = ColumnTransformer([("kind", OneHotEncoder(), [0]), ("number", StandardScaler(), [1])])
    net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
    regressor = NeuralRegressor(module=net, max_iter=40, batch_size=20, learning_rate_init=0.03, random_state=0)
    target = np.array([-1.0, 0.5, 2.0])[kinds] * table[:, 1].astype(float)
    scores = cross_val_score(Pipeline([("columns", columns), ("regress", regressor)]), table, target, cv=3)
    assert scores.min() > 0.8
