"""scikit-learn's own checks of estimators."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from nn.sklearn import NeuralClassifier, NeuralRegressor

FAST = {"max_iter": 100, "learning_rate_init": 0.01}


@parametrize_with_checks([NeuralClassifier(**FAST), NeuralRegressor(**FAST)])
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)
