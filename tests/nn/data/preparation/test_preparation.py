"""What holds for every preparation, and for chains of them."""

import numpy as np
import pytest

import autograd_core as ag
from nn.data import preparation
from nn.data.preparation import (
    Centre,
    Chain,
    ClipIQR,
    ClipQuantiles,
    ClipZScore,
    FillMissing,
    MinMaxScale,
    PCAWhiten,
    Standardise,
    UnitVariance,
    ZCAWhiten,
)
from nn.errors import StateError

MAKE_EVERY_ONE = [
    Centre,
    lambda: Chain(FillMissing(), ClipIQR(), Standardise()),
    ClipIQR,
    ClipQuantiles,
    ClipZScore,
    FillMissing,
    MinMaxScale,
    PCAWhiten,
    Standardise,
    UnitVariance,
    ZCAWhiten,
]
every_one = pytest.mark.parametrize("make", MAKE_EVERY_ONE, ids=lambda make: getattr(make, "__name__", "Chain"))
TRAIN = np.random.default_rng(0).normal([1, -5, 100], [1, 10, 0.1], (50, 3))
TEST = np.random.default_rng(1).normal([1, -5, 100], [2, 20, 0.2], (20, 3))


def test_no_preparation_is_left_out_here():
    assert {type(make()).__name__ for make in MAKE_EVERY_ONE} | {"Preparation"} == set(preparation.__all__)


@every_one
def test_used_before_it_has_learned_it_says_so(make, refuses):
    for use in ("transform", "inverse_transform"):
        with refuses("has learned nothing yet; call fit with the training data first", error=StateError):
            getattr(make(), use)(TEST)
    with refuses("learned nothing yet", error=StateError):
        make().state_dict()


@every_one
def test_only_the_training_data_decide_and_nothing_given_is_changed(make):
    train, test = TRAIN.copy(), TEST.copy()
    prepare = make().fit(train)
    together = prepare.transform(test)
    one_by_one = np.concatenate([prepare.transform(test[i : i + 1]) for i in range(len(test))])
    np.testing.assert_allclose(together, one_by_one, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(train, TRAIN)
    np.testing.assert_array_equal(test, TEST)
    assert not np.shares_memory(together, test)
    assert not np.shares_memory(prepare.inverse_transform(together), together)


@every_one
def test_a_second_fit_forgets_the_first(make):
    again = make().fit(TEST * 3).fit(TRAIN)
    np.testing.assert_array_equal(again.transform(TEST), make().fit(TRAIN).transform(TEST))


@every_one
def test_state_can_be_kept_and_taken_over(make):
    fitted = make().fit(TRAIN)
    state = fitted.state_dict()
    assert all(isinstance(array, np.ndarray) and array.dtype == np.float64 for array in state.values())
    other = make()
    other.load_state_dict(state)
    expected = fitted.transform(TEST)
    for array in state.values():
        array[...] = np.nan  # neither of the two depends on what was handed over
    np.testing.assert_array_equal(other.transform(TEST), expected)
    np.testing.assert_array_equal(fitted.transform(TEST), expected)


@every_one
def test_state_of_something_else_is_refused_and_changes_nothing(make, refuses):
    prepare = make().fit(TRAIN)
    state, before = prepare.state_dict(), prepare.transform(TEST)
    (last, *_) = reversed(state)
    for wrong in (
        {},
        state | {"foreign": TRAIN},
        {name: array for name, array in state.items() if name != last},
        state | {last: np.full_like(state[last], np.nan)},
        state | {last: np.zeros((5, 4))},
        state | {last: np.float64(1)},
        state | {last: "one"},
    ):
        with refuses(error=StateError):
            prepare.load_state_dict(wrong)
    np.testing.assert_array_equal(prepare.transform(TEST), before)


@every_one
def test_dtypes_are_kept_and_whole_numbers_become_floats(make):
    exact = make().fit(TRAIN).transform(TEST)
    rounded = make().fit(TRAIN.astype(np.float32)).transform(TEST.astype(np.float32))
    assert (exact.dtype, rounded.dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(rounded, exact, rtol=1e-3, atol=2e-3)
    whole = np.arange(12).reshape(4, 3) ** 2
    assert make().fit(whole).transform(whole).dtype == ag.get_default_dtype()
    np.testing.assert_allclose(
        make().fit(whole).transform(whole), make().fit(whole.astype(float)).transform(whole.astype(float)), atol=1e-5
    )


@every_one
def test_whole_images_are_features_too(make):
    images = np.random.default_rng(2).random((40, 3, 4))
    flat = make().fit_transform(images.reshape(40, 12))
    result = make().fit_transform(images)
    np.testing.assert_allclose(result.reshape(40, -1), flat, rtol=1e-10, atol=1e-10)


@every_one
def test_shapes_and_kinds_that_do_not_fit_are_refused(make, refuses):
    prepare = make().fit(TRAIN)
    for wrong in (TEST[:, :2], TEST[0], TEST[None]):
        with refuses("expected the shape (any, 3) that it learned", str(wrong.shape)):
            prepare.transform(wrong)
    with refuses("arrays of numbers", "<U3"):
        prepare.transform(np.array([["one"]]))
    with refuses("arrays of numbers", "of shape ()"):
        prepare.fit(3.0)
    with refuses("nothing to learn from", "(0, 3)"):
        make().fit(TRAIN[:0])
    assert prepare.transform(TEST[:0]).shape == (0, 3)


@every_one
def test_infinity_is_always_a_mistake(make, refuses):
    broken = TEST.copy()
    broken[3, 1] = broken[7, 0] = -np.inf
    for use in (make().fit(TRAIN).transform, make().fit):
        with refuses("2 values are no finite numbers, the first -inf in example 3, feature 1"):
            use(broken)


@pytest.mark.parametrize("make", [Centre, UnitVariance, Standardise, MinMaxScale, PCAWhiten, ZCAWhiten])
def test_missing_values_are_to_be_filled_in_before(make, refuses):
    broken = TEST.copy()
    broken[2, 2] = np.nan
    with refuses("1 values are no finite numbers, the first nan in example 2, feature 2; FillMissing takes care"):
        make().fit(TRAIN).transform(broken)


@pytest.mark.parametrize("make", [Centre, UnitVariance, Standardise, MinMaxScale, PCAWhiten, ZCAWhiten])
def test_what_can_be_undone_comes_back(make):
    prepare = make().fit(TRAIN)
    np.testing.assert_allclose(prepare.inverse_transform(prepare.transform(TEST)), TEST, rtol=1e-9)


def test_targets_of_one_dimension_and_predictions_that_are_tensors():
    prices = np.array([100.0, 300.0, 200.0])
    scale = Standardise().fit(prices)
    np.testing.assert_allclose(scale.transform(prices).mean(), 0, atol=1e-15)
    predictions = ag.tensor([0.0], requires_grad=True) * 2
    assert scale.inverse_transform(predictions).tolist() == [200.0]


def test_steps_of_a_chain_learn_from_what_those_before_make():
    train = np.array([[1.0], [2.0], [3.0], [np.nan], [1000.0]])
    chain = Chain(FillMissing("median"), ClipQuantiles(0, 0.75), MinMaxScale()).fit(train)
    assert chain.transform(train)[:, 0].tolist() == [0, 0.5, 1, 0.75, 1]
    assert chain.inverse_transform([[0.5]]).tolist() == [[2.0]]
    assert list(chain.state_dict()) == ["0.value", "1.low", "1.high", "2.offset", "2.scale"]


def test_chains_in_chains_keep_their_state_too():
    def make():
        return Chain(Chain(Centre(), UnitVariance()), *[Centre()] * 10, PCAWhiten(2))

    chain, other = make().fit(TRAIN), make()
    other.load_state_dict(chain.state_dict())
    np.testing.assert_array_equal(other.transform(TEST), chain.transform(TEST))
    assert "0.1.scale" in chain.state_dict()


def test_a_chain_takes_preparations_and_names_what_is_not_its_own(refuses):
    with refuses("Chain takes preparations like Standardise()"):
        Chain(Standardise)
    with refuses("Chain of 1 has no 1.offset; was it saved by another chain?", error=StateError):
        Chain(Centre()).load_state_dict({"1.offset": [0.0]})
    with refuses("Centre: expected a state of offset, scale, got none", error=StateError):
        Chain(Centre()).load_state_dict({})
