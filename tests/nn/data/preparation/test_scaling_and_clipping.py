import numpy as np
import pytest

from nn.data.preparation import Centre, ClipIQR, ClipQuantiles, ClipZScore, MinMaxScale, Standardise, UnitVariance
from nn.errors import StateError

TRAIN = np.random.default_rng(0).gamma(2.0, [1.0, 50.0, 1e-6], (200, 3)) + np.array([0, 1e4, 0])


def test_centred_scaled_and_standardised_features_have_the_moments_that_the_names_promise():
    centred, scaled, both = (make().fit_transform(TRAIN) for make in (Centre, UnitVariance, Standardise))
    np.testing.assert_allclose(centred, TRAIN - TRAIN.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scaled, TRAIN / TRAIN.std(axis=0), rtol=1e-12)
    np.testing.assert_allclose(both.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(both.std(axis=0), 1, rtol=1e-12)


def test_least_and_most_become_the_limits():
    for low, high in ((0.0, 1.0), (-1.0, 1.0), (5.0, 7.5)):
        scaled = MinMaxScale(low, high).fit_transform(TRAIN)
        np.testing.assert_allclose(scaled.min(axis=0), low, atol=1e-12)
        np.testing.assert_allclose(scaled.max(axis=0), high, rtol=1e-12)
        np.testing.assert_allclose(np.diff(scaled[:, 0]) / np.diff(TRAIN[:, 0]), (high - low) / np.ptp(TRAIN[:, 0]))


@pytest.mark.parametrize("make", [Centre, UnitVariance, Standardise, MinMaxScale, ClipZScore, ClipIQR, ClipQuantiles])
def test_a_constant_feature_is_not_blown_up(make):
    # 0.1 summed three times and divided is not 0.1: the deviation would be 1e-17, and dividing by it make noise of it.
    constant = np.full((3, 1), 0.1)
    expected = 0.1 if make in (UnitVariance, ClipZScore, ClipIQR, ClipQuantiles) else 0.0
    prepare = make().fit(constant)
    assert prepare.transform(constant).ravel().tolist() == [expected] * 3
    assert prepare.inverse_transform(prepare.transform(constant)).ravel().tolist() == [0.1] * 3
    assert np.isfinite(prepare.transform([[0.3]])).all()


def test_one_number_for_each_channel_or_for_everything():
    images = np.random.default_rng(1).normal([[[[0]], [[5]]]], [[[[1]], [[3]]]], (50, 2, 4, 4))
    by_channel = Standardise(axes=(0, 2, 3)).fit(images)
    np.testing.assert_allclose(by_channel.transform(images).mean(axis=(0, 2, 3)), 0, atol=1e-12)
    assert by_channel.transform(images[:, :, :2]).shape == (50, 2, 2, 4)  # their size is not fixed
    whole = Standardise(axes=None).fit(images)
    np.testing.assert_allclose(whole.transform(images), (images - images.mean()) / images.std(), atol=1e-12)


def test_single_precision_learns_in_double():
    # A million times 1000.1 does not add up in single precision.
    values = np.tile(np.float32([1000.0, 1000.2]), 500_000)
    assert Centre().fit(values).state_dict()["offset"][0] == pytest.approx(1000.1, abs=1e-5)


def test_outliers_are_brought_to_the_limits_learned():
    numbers = np.array([*range(1, 100), 1000.0])
    test = np.array([-1e6, 50.0, 1e6, np.nan])

    def limits(clip):
        low, middle, high, missing = clip.fit(numbers).transform(test)
        assert middle == 50
        assert np.isnan(missing)
        return low, high

    assert limits(ClipZScore(2)) == pytest.approx(
        (numbers.mean() - 2 * numbers.std(), numbers.mean() + 2 * numbers.std())
    )
    assert limits(ClipQuantiles(0.1, 0.9)) == pytest.approx(tuple(np.quantile(numbers, [0.1, 0.9])))
    first, third = np.quantile(numbers, [0.25, 0.75])
    assert limits(ClipIQR()) == pytest.approx((first - 1.5 * (third - first), third + 1.5 * (third - first)))


def test_missing_values_do_not_move_the_limits():
    with_missing = np.array([1.0, np.nan, 2.0, 3.0, np.nan])
    for make in (ClipZScore, ClipQuantiles, ClipIQR):
        expected = make().fit(with_missing[~np.isnan(with_missing)]).state_dict()
        assert make().fit(with_missing).state_dict() == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MinMaxScale(1, 1), "MinMaxScale: low is 1 and high 1, expected low < high"),
        (lambda: MinMaxScale(0, np.inf), "MinMaxScale: low and high is inf"),
        (lambda: ClipZScore(-1), "ClipZScore: threshold is -1"),
        (lambda: ClipQuantiles(0.9, 0.1), "ClipQuantiles: low is 0.9 and high 0.1"),
        (lambda: ClipQuantiles(1, 99), "ClipQuantiles: low and high is 99, expected a number of 0 to 1"),
        (lambda: ClipIQR("far"), "ClipIQR: factor is 'far'"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message, refuses):
    with refuses(message):
        make()


def test_a_state_that_would_divide_by_zero_is_refused(refuses):
    with refuses("Standardise: the state", error=StateError):
        Standardise().load_state_dict({"offset": [1.0], "scale": [0.0]})
