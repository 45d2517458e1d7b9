import numpy as np
import pytest

from nn.data.preparation import PCAWhiten, ZCAWhiten

MIXED = np.random.default_rng(0).normal(size=(300, 4)) @ np.random.default_rng(1).normal(size=(4, 4)) + [5, 0, -3, 100]


def covariance(x):
    return np.cov(x.T, bias=True)


@pytest.mark.parametrize("make", [PCAWhiten, ZCAWhiten])
def test_whitened_features_are_uncorrelated_with_variance_one(make):
    white = make().fit_transform(MIXED)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(covariance(white), np.eye(4), atol=1e-11)


def test_principal_components_come_by_falling_variance_and_with_a_fixed_sign():
    pca = PCAWhiten().fit(MIXED)
    components = pca.state_dict()["inverse"]  # the directions, each as long as its deviation
    deviations = np.linalg.norm(components, axis=1)
    assert (np.diff(deviations) < 0).all()
    np.testing.assert_allclose(deviations**2, np.linalg.eigvalsh(covariance(MIXED))[::-1])
    assert (components[np.arange(4), abs(components).argmax(axis=1)] > 0).all()


def test_the_first_components_are_all_of_them_cut_off():
    np.testing.assert_array_equal(PCAWhiten(2).fit_transform(MIXED), PCAWhiten().fit_transform(MIXED)[:, :2])
    pca = PCAWhiten(2).fit(MIXED)
    left = MIXED - pca.inverse_transform(pca.transform(MIXED))
    assert (left**2).sum(axis=1).mean() == pytest.approx(np.linalg.eigvalsh(covariance(MIXED))[:2].sum())


def test_zca_is_the_symmetric_root_and_stays_closest_to_the_data():
    matrix = ZCAWhiten().fit(MIXED).state_dict()["matrix"]
    np.testing.assert_allclose(matrix, matrix.T)
    np.testing.assert_allclose(matrix @ covariance(MIXED) @ matrix, np.eye(4), atol=1e-11)


def test_eps_is_added_to_each_variance():
    variances = np.linalg.eigvalsh(covariance(MIXED))[::-1]
    white = PCAWhiten(eps=0.5).fit_transform(MIXED)
    np.testing.assert_allclose(white.var(axis=0), variances / (variances + 0.5))


def test_directions_without_variance_are_left_out_and_not_blown_up():
    flat = np.concatenate([MIXED[:, :2], MIXED[:, :1] * 3 - 1, np.full((300, 1), 7.7)], axis=1)
    pca, zca = PCAWhiten().fit(flat), ZCAWhiten().fit(flat)
    assert pca.transform(flat).shape == (300, 2)
    np.testing.assert_allclose(covariance(pca.transform(flat)), np.eye(2), atol=1e-11)
    assert abs(zca.transform(flat)).max() < 10
    for whiten in (pca, zca):
        np.testing.assert_allclose(whiten.inverse_transform(whiten.transform(flat)), flat, atol=1e-9)


def test_data_that_do_not_vary_have_nothing_to_whiten():
    same = np.full((3, 2, 2), 4.2)
    assert PCAWhiten().fit_transform(same).shape == (3, 0)
    assert (ZCAWhiten().fit_transform(same) == 0).all()
    assert (ZCAWhiten().fit(same).inverse_transform(same) == 4.2).all()


def test_images_keep_their_shape_or_become_components():
    images = MIXED.reshape(300, 2, 2)
    assert ZCAWhiten().fit_transform(images).shape == (300, 2, 2)
    pca = PCAWhiten(3).fit(images)
    assert pca.transform(images[:5]).shape == (5, 3)
    assert pca.inverse_transform(pca.transform(images[:5])).shape == (5, 2, 2)


def test_what_does_not_fit_is_refused(refuses):
    with refuses("PCAWhiten: n_components is 0"):
        PCAWhiten(0)
    with refuses("ZCAWhiten: eps is -1"):
        ZCAWhiten(-1)
    with refuses("PCAWhiten: expected the shape (any, 3) that it learned, got (2, 4)"):
        PCAWhiten(3).fit(MIXED).inverse_transform(MIXED[:2])
