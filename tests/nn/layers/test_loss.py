"""Losses that PyTorch does not have, by their formulas; extremes; second gradients; what is refused.

The others are compared with PyTorch in test_golden_losses.py.
"""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F

COVERS = {"QuadraticLoss", "HingeLoss", "functions.quadratic_loss", "functions.hinge_loss"}

rng = np.random.default_rng(0)
X, Y, P = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), rng.uniform(0.1, 0.9, (4, 3))
LABELS, BITS, SIGNS = np.array([0, 2, 1, 2]), (P > 0.5) * 1.0, np.where(P > 0.5, 1.0, -1.0)


def loss_and_gradient(loss, x, *rest, **keywords):
    x = ag.tensor(np.asarray(x), requires_grad=True)
    y = loss(x, *rest, **keywords)
    y.backward()
    return y.item(), x.grad.numpy()


def test_the_quadratic_loss_of_deck_c():
    value, gradient = loss_and_gradient(nn.QuadraticLoss(), X, Y)
    assert value == pytest.approx(np.sum((X - Y) ** 2) / (2 * 4), rel=1e-14)
    np.testing.assert_allclose(gradient, (X - Y) / 4, rtol=1e-13)


def test_the_hinge_loss_asks_for_a_margin():
    x, t = np.array([2.0, 0.3, -0.5, -3.0]), np.array([1.0, 1.0, 1.0, -1.0])
    value, gradient = loss_and_gradient(nn.HingeLoss(), x, t)
    assert value == pytest.approx((0 + 0.7 + 1.5 + 0) / 4)
    assert gradient.tolist() == [0.0, -0.25, -0.25, 0.0]
    each = nn.HingeLoss(margin=2.5, reduction="none")(x, t)
    np.testing.assert_allclose(each, [0.5, 2.2, 3.0, 0.0])
    assert nn.HingeLoss(reduction="sum")(x, t) == pytest.approx(2.2)


def test_cross_entropy_of_far_apart_logits_is_finite():
    value, gradient = loss_and_gradient(F.cross_entropy, np.array([[1000.0, -1000.0]]), [1])
    assert value == 2000.0
    assert gradient.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("keywords", [{}, {"weight": [1.0, 1.0, 1.0]}, {"ignore_index": 1}, {"reduction": "sum"}])
def test_classes_that_are_ruled_out_by_minus_infinity_do_no_harm(keywords):
    x = np.array([[0.0, -np.inf, 0.0], [1.0, 2.0, -np.inf]])
    value, gradient = loss_and_gradient(F.cross_entropy, x, [2, 1], **keywords)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert value > 0


def test_plain_cross_entropy_is_one_op_whatever_the_labels_shape():
    for x, labels in ((X, LABELS), (X, [0, -100, 1, 2])):
        loss = F.cross_entropy(ag.tensor(x, requires_grad=True), labels)
        assert loss.node.op.name == "softmax_cross_entropy"
    assert F.cross_entropy(ag.tensor(X), LABELS).numpy() == F.cross_entropy(ag.tensor(X), ag.tensor(LABELS)).numpy()


def test_label_smoothing_is_cross_entropy_with_smoothed_targets():
    smoothed = np.eye(3)[LABELS] * 0.8 + 0.2 / 3
    value, gradient = loss_and_gradient(F.cross_entropy, X, LABELS, label_smoothing=0.2)
    expected, expected_gradient = loss_and_gradient(F.cross_entropy, X, smoothed)
    assert value == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-12)
    softmax = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    np.testing.assert_allclose(gradient, (softmax - smoothed) / 4, rtol=1e-11)


@pytest.mark.filterwarnings("error")
def test_nothing_to_average_is_nan_and_nothing_to_add_is_0():
    for loss in (F.cross_entropy, F.nll_loss):
        for x, labels in ((np.zeros((0, 3)), np.zeros(0, int)), (X[:2], [-100, -100])):
            for keywords in ({}, {"weight": np.ones(3)}):
                assert np.isnan(float(loss(ag.tensor(x), labels, **keywords)))
                assert float(loss(ag.tensor(x), labels, reduction="sum", **keywords)) == 0
    assert F.cross_entropy(ag.tensor(X), LABELS, reduction="none").shape == (4,)
    assert float(F.quadratic_loss(np.zeros((0, 2)), np.zeros((0, 2)))) == 0


def test_a_sure_and_right_answer_keeps_its_digits():
    # (1 - t)x - log σ(x) would give 0 for the second in float32, and σ(x) - t a gradient of 0 for the first.
    value, gradient = loss_and_gradient(F.binary_cross_entropy_with_logits, np.float32([20.0, -20.0]), [1.0, 0.0])
    np.testing.assert_allclose(value, np.exp(-20.0), rtol=1e-6)
    np.testing.assert_allclose(gradient, [-np.exp(-20.0) / 2, np.exp(-20.0) / 2], rtol=1e-6)
    value, gradient = loss_and_gradient(F.binary_cross_entropy_with_logits, [1e4, -1e4], [0.0, 1.0])
    assert value == 1e4
    assert gradient.tolist() == [0.5, -0.5]


@pytest.mark.filterwarnings("error")
def test_a_sure_and_wrong_probability_costs_100():
    value, gradient = loss_and_gradient(F.binary_cross_entropy, np.array([0.0, 1.0, 1.0, 0.0]), [1.0, 0.0, 1.0, 0.0])
    assert value == 50.0
    np.testing.assert_allclose(gradient, [-0.25e12, 0.25e12, 0, 0])


SMOOTH = {
    "mse": lambda x: F.mse_loss(x, Y),
    "quadratic": lambda x: F.quadratic_loss(x, Y),
    "huber": lambda x: F.huber_loss(x, Y, delta=0.7),
    "poisson": lambda x: F.poisson_nll_loss(x, LABELS[:, None] + np.zeros((4, 3)), full=True),
    "gaussian": lambda x: F.gaussian_nll_loss(x, Y, ag.exp(x[:, :1]), full=True),
    "bce": lambda x: F.binary_cross_entropy(ag.sigmoid(x), BITS),
    "bce with logits": lambda x: F.binary_cross_entropy_with_logits(x, P, weight=P, pos_weight=[1.0, 2.0, 0.5]),
    "nll": lambda x: F.nll_loss(x**2, LABELS, weight=[1.0, 2.0, 3.0]),
    "cross-entropy": lambda x: F.cross_entropy(x, LABELS),
    "cross-entropy, all": lambda x: F.cross_entropy(x, [0, -100, 2, 1], weight=[1.0, 2.0, 3.0], label_smoothing=0.1),
    "cross-entropy, soft": lambda x: F.cross_entropy(x, P),
    "kl": lambda x: F.kl_div(ag.log_softmax(x, axis=1), P, reduction="batchmean"),
    "hinge": lambda x: F.hinge_loss(x, SIGNS) ** 2,
    "multi margin": lambda x: F.multi_margin_loss(x, LABELS, p=2, margin=1.3),
    "hinge embedding": lambda x: F.hinge_embedding_loss(x**2, SIGNS),
    "ranking": lambda x: F.margin_ranking_loss(x, Y, SIGNS, margin=0.3) ** 2,
    "triplet": lambda x: F.triplet_margin_loss(x, Y, P, swap=True),
    "distance": lambda x: F.pairwise_distance(x, Y, p=float("inf")) ** 2,
    "cosine": lambda x: F.cosine_embedding_loss(x, Y, [1, -1, -1, 1], margin=-1.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_gradients(name):
    ag.gradcheck(SMOOTH[name], X, order=2)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    "loss",
    [
        lambda w, r: F.cross_entropy(X, LABELS, weight=w, reduction=r),
        lambda w, r: F.cross_entropy(X, LABELS, weight=w, reduction=r, ignore_index=2),
        lambda w, r: F.cross_entropy(X, LABELS, weight=w, reduction=r, label_smoothing=0.2),
        lambda w, r: F.cross_entropy(X, P, weight=w, reduction=r),
        lambda w, r: F.nll_loss(X, LABELS, weight=w, reduction=r, ignore_index=0),
        lambda w, r: F.multi_margin_loss(X, LABELS, weight=w, reduction=r),
        lambda w, r: F.binary_cross_entropy(P, BITS, weight=w, reduction=r),
        lambda w, r: F.binary_cross_entropy_with_logits(X, BITS, weight=w, pos_weight=w, reduction=r),
    ],
)
def test_weights_may_be_learned_too(loss, reduction):
    weight = ag.tensor(np.array([0.5, 1.0, 2.5]), requires_grad=True)
    ag.gradcheck(lambda w: loss(w, reduction), weight)
    plain = loss(weight.numpy(), reduction)
    np.testing.assert_allclose(loss(weight, reduction).numpy(), plain, rtol=1e-14)


def test_a_target_without_a_gradient_is_refused_one():
    signs = ag.tensor(SIGNS[:, 0], requires_grad=True)
    with pytest.raises(ag.GraphError, match=r"cosine_embedding_loss: there is no gradient for the target"):
        F.cosine_embedding_loss(X, Y, signs)
    assert F.cosine_embedding_loss(X, Y, signs.detach()) > 0


def test_targets_may_be_learned_too():
    ag.gradcheck(lambda t: F.kl_div(ag.tensor(X), ag.softmax(t, axis=1), reduction="sum"), Y, order=2)
    ag.gradcheck(lambda t: F.binary_cross_entropy(ag.tensor(P), ag.sigmoid(t)), Y, order=2)
    ag.gradcheck(lambda t: F.cross_entropy(ag.tensor(X), ag.softmax(t, axis=1), label_smoothing=0.1), Y, order=2)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: F.cross_entropy(x, LABELS, weight=np.arange(1.0, 4.0), label_smoothing=0.1),
        lambda x: F.nll_loss(x, [0, -100, 1, 2], weight=[1, 2, 3], reduction="none"),
        lambda x: F.mse_loss(x, Y),
        lambda x: F.huber_loss(x, ag.tensor(np.arange(12).reshape(4, 3))),
        lambda x: F.binary_cross_entropy_with_logits(x, BITS, pos_weight=np.ones(3)),
        lambda x: F.multi_margin_loss(x, LABELS, weight=np.ones(3)),
        lambda x: F.cosine_similarity(x, x),
        lambda x: F.gaussian_nll_loss(x, Y, P, full=True),
        lambda x: F.poisson_nll_loss(x, LABELS[:, None] + np.zeros((4, 3)), full=True),
    ],
)
def test_float32_stays_float32_whatever_the_targets_are(loss):
    x = ag.tensor(X.astype(np.float32), requires_grad=True)
    y = loss(x)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_lists_and_whole_numbers_are_taken_as_floats():
    assert float(F.mse_loss([1.0, 2.0], [0, 0])) == 2.5
    assert float(F.mse_loss(np.array([1, 2]), [0.5, 2.5])) == 0.25
    assert float(F.l1_loss(3, 1.5)) == 1.5
    assert float(F.nll_loss(np.array([[-1, -3]]), [1], weight=[0.5, 0.5], reduction="sum")) == 1.5
    assert float(F.cosine_similarity(np.array([3, 4]), [3, 4], dim=0)) == pytest.approx(1.0)
    assert float(F.cross_entropy([[0.0, 0.0]], [1])) == pytest.approx(np.log(2))


def test_weights_are_buffers_that_are_saved_and_converted():
    loss = nn.CrossEntropyLoss(weight=[1.0, 2.0, 3.0])
    assert list(loss.state_dict()) == ["weight"]
    assert loss.parameters() == []
    assert loss.double().weight.dtype == np.float64
    assert list(nn.BCEWithLogitsLoss(pos_weight=[2.0]).state_dict()) == ["pos_weight"]


def test_repr_shows_the_settings():
    assert repr(nn.MSELoss("none")) == "MSELoss(reduction='none')"
    assert repr(nn.HuberLoss("sum", 0.5).eval()) == "HuberLoss(reduction='sum', delta=0.5)"
    assert (
        repr(nn.CrossEntropyLoss([1.0, 2.0], ignore_index=0, label_smoothing=0.1))
        == "CrossEntropyLoss(weight=<Tensor of shape (2,)>, ignore_index=0, label_smoothing=0.1)"
    )
    assert repr(nn.CosineSimilarity(0, 1e-6)) == "CosineSimilarity(dim=0, eps=1e-06)"


x, signs = ag.tensor(X), [1, -1, 1, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.mse_loss(x, np.zeros(4)), r"mse_loss: input and target must have one shape, got \(4, 3\) and \(4"),
        (lambda: F.quadratic_loss(x, np.zeros((4, 1))), "quadratic_loss: input and target must have one shape"),
        (lambda: F.quadratic_loss(1.0, 2.0), r"quadratic_loss: takes examples along the first axis.*shape \(1,\)"),
        (lambda: F.l1_loss(x, X, "avg"), "l1_loss: reduction must be one of mean, sum, none; got 'avg'"),
        (lambda: nn.MSELoss("median"), "MSELoss: reduction must be one of mean, sum, none; got 'median'"),
        (lambda: nn.MSELoss("batchmean"), "MSELoss: reduction must be one of mean, sum, none; got 'batchmean'"),
        (lambda: nn.KLDivLoss("avg"), "KLDivLoss: reduction must be one of mean, sum, none, batchmean; got 'avg'"),
        (lambda: F.huber_loss(x, X, delta=0), "huber_loss: delta must be above 0, got 0; l1_loss is its limit"),
        (lambda: F.smooth_l1_loss(x, X, beta=-1), "smooth_l1_loss: beta must be at least 0, got -1"),
        (lambda: F.gaussian_nll_loss(x, X, np.ones(3)), r"gaussian_nll_loss: var must have .* \(4, 3\), .* got \(3,\)"),
        (lambda: F.gaussian_nll_loss(x, X, -P), "gaussian_nll_loss: variances are at least 0, got -0."),
        (lambda: F.binary_cross_entropy(x, X), "takes probabilities from 0 to 1, got numbers from -.*put a sigmoid"),
        (lambda: F.binary_cross_entropy(P, BITS, [1.0, 2.0]), r"weight of shape \(2,\) does not broadcast against"),
        (
            lambda: F.binary_cross_entropy_with_logits(x, BITS, pos_weight=[1.0, 2.0]),
            r"pos_weight of shape \(2,\) does not broadcast against input of shape \(4, 3\)",
        ),
        (lambda: F.hinge_loss(x, BITS), r"hinge_loss: labels are -1 and 1, got \[0.0, 1.0\]; use 2·y - 1 for 0 and 1"),
        (lambda: F.cross_entropy(x, [0, 1]), r"takes input \(N, C, ...\) and labels \(N, ...\), got.*\(2,\)"),
        (lambda: F.cross_entropy(ag.ones((2, 7, 5)), np.zeros((2, 7), int)), "classes are axis 1 of the input"),
        (lambda: F.cross_entropy(x, [0, 1, 2, 3]), "cross_entropy: labels go from 0 to 2, got some from 0 to 3"),
        (lambda: F.cross_entropy(x, [0, 1, 2, -1]), "cross_entropy: labels go from 0 to 2, got some from -1 to 2"),
        (lambda: F.cross_entropy(x, [0.0, 1.0, 2.0, 2.0]), "cross_entropy: labels are whole numbers.*got float64"),
        (lambda: F.cross_entropy(x, LABELS, label_smoothing=1.5), "label_smoothing goes from 0 to 1, got 1.5"),
        (lambda: F.cross_entropy(x, LABELS, weight=[1.0]), r"weight must have a number for each of 3 classes.*\(1,\)"),
        (lambda: F.cross_entropy(1.0, 0), r"cross_entropy: takes input \(N, C, ...\) or \(C,\), got a single number"),
        (lambda: F.nll_loss(x, [0, 1, 2, 3]), "nll_loss: labels go from 0 to 2"),
        (lambda: F.multi_margin_loss(x, LABELS, p=3), "multi_margin_loss: p must be 1 or 2, got 3"),
        (lambda: F.multi_margin_loss(x, [0, -100, 1, 1]), "multi_margin_loss: labels go from 0 to 2, got some from -1"),
        (lambda: F.multi_margin_loss(ag.ones((2, 3, 4)), LABELS), r"takes input \(N, C\) or \(C,\), got shape \(2, 3"),
        (lambda: F.hinge_embedding_loss(x, [1.0]), r"input and labels must have one shape, got \(4, 3\) and \(1,\)"),
        (lambda: F.margin_ranking_loss(x, X, BITS), "margin_ranking_loss: labels are -1 and 1, got"),
        (lambda: F.margin_ranking_loss(x, X[0], SIGNS), r"must have one shape, got \(4, 3\) and \(3,\)"),
        (lambda: F.triplet_margin_loss(x, X, X[0]), r"triplet_margin_loss: input and target must have one shape"),
        (lambda: F.triplet_margin_loss(x, X, X, margin=0.0), "triplet_margin_loss: margin must be above 0, got 0.0"),
        (lambda: F.pairwise_distance(x, X, p=0.5), "pairwise_distance: p must be at least 1, got 0.5"),
        (lambda: F.cosine_embedding_loss(x, X, 1), r"takes inputs \(N, D\) and labels \(N,\).*\(4, 3\) and \(\)"),
        (lambda: F.cosine_embedding_loss(x, X, [0, 1, 1, 0]), "cosine_embedding_loss: labels are -1 and 1, got"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ag.AutogradError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_errors_in_a_loss_say_that_it_was_the_loss():
    with pytest.raises(ag.ShapeError) as error:
        nn.CrossEntropyLoss(reduction="sum")(x, [1])
    assert error.value.__notes__ == ["in CrossEntropyLoss(reduction='sum')"]
