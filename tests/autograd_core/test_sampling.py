"""Random tensors: the right distribution, reproducible, and clear about what cannot be drawn."""

import pickle

import numpy as np
import pytest

import autograd_core as ag


@pytest.fixture(autouse=True)
def seed():
    ag.manual_seed(0)


DRAWS = [
    lambda g=None: ag.rand(3, 2, generator=g),
    lambda g=None: ag.randn(3, 2, generator=g),
    lambda g=None: ag.randint(0, 10, (3, 2), generator=g),
    lambda g=None: ag.randperm(9, generator=g),
    lambda g=None: ag.bernoulli(ag.full((3, 2), 0.5), generator=g),
    lambda g=None: ag.multinomial([0.1, 0.2, 0.7], 5, replacement=True, generator=g),
    lambda g=None: ag.multinomial(np.ones((2, 20)), 20, generator=g),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_the_seed_and_the_generator_decide_what_is_drawn(draw):
    ag.manual_seed(3)
    first, second = draw().tolist(), draw().tolist()
    ag.manual_seed(3)
    assert draw().tolist() == first
    assert draw(np.random.default_rng(1)).tolist() == draw(np.random.default_rng(1)).tolist()
    assert draw().tolist() == second  # a generator of one's own leaves the default one alone
    assert first != second
    with pytest.raises(ag.DTypeError, match=r"generator: takes a numpy\.random\.Generator"):
        draw(5)


def test_shapes_and_dtypes():
    assert (ag.rand(2, 3).shape, ag.rand((2, 3)).shape, ag.randn(4).shape, ag.randn().shape) == (
        (2, 3),
        (2, 3),
        (4,),
        (),
    )
    assert ag.rand(1).dtype == ag.randn(1).dtype == np.float32
    assert ag.randn(1, dtype=np.float64).dtype == np.float64
    assert ag.randint(5).dtype == ag.randperm(3).dtype == ag.multinomial([1.0], 1).dtype == np.int64
    assert ag.randint(3, size=(2, 2)).shape == (2, 2)
    assert ag.randn(2, requires_grad=True).requires_grad
    assert not ag.rand(2).requires_grad
    assert ag.bernoulli(ag.ones(2, dtype=np.float64)).dtype == np.float64


def test_moments():
    n = 100_000
    u, z = ag.rand(n).numpy(), ag.randn(n).numpy()
    assert (u.min() >= 0, u.max() < 1) == (True, True)
    assert (u.mean(), u.var()) == pytest.approx((1 / 2, 1 / 12), abs=5e-3)
    assert (z.mean(), z.var()) == pytest.approx((0, 1), abs=0.02)
    assert np.bincount(ag.randint(2, 5, (n,)).numpy(), minlength=5) / n == pytest.approx(
        [0, 0, 1 / 3, 1 / 3, 1 / 3], abs=0.01
    )
    assert ag.bernoulli(ag.full(n, 0.3)).mean().item() == pytest.approx(0.3, abs=0.01)


def test_whole_numbers_below_one_are_drawn_in_a_size_that_follows_it():
    drawn = ag.randint(10, (3000,))
    assert drawn.shape == (3000,)
    assert sorted({*drawn.tolist()}) == list(range(10))
    assert ag.randint(10, size=(2, 3)).shape == (2, 3)
    assert ag.randint(5, 10, 4).shape == (4,)


def test_sizes_may_be_whole_numbers_of_any_kind():
    for size in (np.int64(3), ag.tensor(3), ag.tensor([3]), np.array([3]), [3], range(3, 4)):
        assert ag.rand(size).shape == (3,)


def test_permutation_has_every_number_once():
    assert sorted(ag.randperm(50).tolist()) == list(range(50))


@pytest.mark.parametrize("replacement", [True, False])
def test_multinomial_draws_in_proportion_to_the_weights(replacement):
    n = 50_000
    weights = ag.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 0.0]], requires_grad=True)
    rows = ag.concat([ag.broadcast_to(w, (n // 2, 3)) for w in weights.detach()])
    first = ag.multinomial(rows, 1, replacement).numpy().reshape(2, -1)
    assert np.bincount(first[0], minlength=3) / (n // 2) == pytest.approx([0, 0.25, 0.75], abs=0.02)
    assert np.bincount(first[1], minlength=3) / (n // 2) == pytest.approx([0.5, 0.5, 0], abs=0.02)
    assert not ag.multinomial(weights, 2, replacement).requires_grad


def test_multinomial_without_replacement_draws_the_rest_in_proportion_too():
    n = 50_000
    both = ag.multinomial(np.tile([1.0, 1.0, 2.0], (n, 1)), 2).numpy()
    assert (both[:, 0] != both[:, 1]).all()
    after_the_largest = both[both[:, 0] == 2, 1]
    assert (after_the_largest == 0).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.randint(3, 3), ag.ArgumentError, "low=3 up to high=3"),
        (lambda: ag.randint(1.5), ag.DTypeError, r"randint: high must be a whole number, got 1\.5"),
        (lambda: ag.randint(10, (3, -1)), ag.ArgumentError, "randint: a size must be at least 0, got -1"),
        (lambda: ag.randperm(-1), ag.ArgumentError, "randperm: n must be at least 0, got -1"),
        (lambda: ag.randperm(5.0), ag.DTypeError, r"randperm: n must be a whole number, got 5\.0"),
        (lambda: ag.randn(2.0), ag.DTypeError, r"randn: a size must be a whole number, got 2\.0"),
        (lambda: ag.randn(2, "3"), ag.DTypeError, "randn: a size must be a whole number, got '3'"),
        (lambda: ag.randn((2, 3), 4), ag.DTypeError, r"randn: a size must be a whole number, got \(2, 3\)"),
        (lambda: ag.rand(-1), ag.ArgumentError, "rand: a size must be at least 0, got -1"),
        (lambda: ag.rand(2, dtype=int), ag.DTypeError, "rand: draws float32 or float64, not int64"),
        (lambda: ag.bernoulli([0.5, 1.5]), ag.ArgumentError, "numbers from 0 to 1"),
        (lambda: ag.bernoulli([np.nan]), ag.ArgumentError, "numbers from 0 to 1"),
        (lambda: ag.multinomial([1.0, -1.0], 1), ag.ArgumentError, "finite and at least 0"),
        (lambda: ag.multinomial([1.0, np.nan], 1), ag.ArgumentError, "finite and at least 0"),
        (lambda: ag.multinomial([0.0, 0.0], 1, True), ag.ArgumentError, "0 positive weights, and 1 sample"),
        (lambda: ag.multinomial([1.0, 0.0], 2), ag.ArgumentError, "1 positive weights, and 2 sample"),
        (lambda: ag.multinomial(np.ones((1, 1, 1)), 1), ag.ArgumentError, r"shape \(n,\) or \(m, n\)"),
        (lambda: ag.multinomial([1.0], 0), ag.ArgumentError, "at least 1 sample"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_normal_draws_as_many_as_means_and_deviations_say():
    ag.manual_seed(0)
    drawn = ag.normal(3.0, 0.5, size=(100, 400))
    assert (drawn.shape, drawn.dtype) == ((100, 400), np.float32)
    assert (drawn.numpy().mean(), drawn.numpy().std()) == pytest.approx((3, 0.5), abs=0.01)
    means, deviations = ag.tensor([[-5.0], [5.0]], requires_grad=True), ag.tensor(np.array([0.0, 1e-3]))
    spread = ag.normal(means, deviations)
    np.testing.assert_allclose(spread, [[-5, -5], [5, 5]], atol=0.01)
    assert spread[:, 0].tolist() == [-5, 5]
    assert (spread.dtype, spread.requires_grad) == (np.float64, False)
    assert ag.normal(ag.zeros(3)).shape == (3,)
    for call, message in (
        (lambda: ag.normal(0.0, -1.0, 3), "normal: std must be at least 0, got -1"),
        (lambda: ag.normal(ag.zeros(2), 1.0, 3), "normal: takes a size with two numbers"),
    ):
        with pytest.raises(ag.ArgumentError, match=message):
            call()


def test_a_generator_draws_the_same_after_the_same_seed():
    g = ag.Generator(device="cpu").manual_seed(3)
    first = ag.randn(4, generator=g)
    later = pickle.loads(pickle.dumps(g))
    np.testing.assert_array_equal(ag.randn(4, generator=g), ag.randn(4, generator=later))
    np.testing.assert_array_equal(ag.randn(4, generator=g.manual_seed(3)), first)
    np.testing.assert_array_equal(first, ag.randn(4, generator=np.random.Generator(np.random.Philox(3))))
    assert g.initial_seed() == later.initial_seed() == 3
    assert g.seed() == g.initial_seed() != 3
    assert ag.Generator().random() == ag.Generator().random()
    with pytest.raises(ag.ArgumentError, match="manual_seed: takes a whole number of at least 0"):
        g.manual_seed(-1)


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "mps", "gpu"])
def test_there_is_one_device(device):
    calls = [
        lambda d: ag.tensor([1.0], device=d),
        lambda d: ag.zeros(2, 3, device=d),
        lambda d: ag.arange(3, device=d),
        lambda d: ag.full_like(ag.zeros(2), 1.0, device=d),
        lambda d: ag.rand(2, device=d),
        lambda d: ag.randint(0, 3, (2,), device=d),
        lambda d: ag.randperm(3, device=d),
        lambda d: ag.Generator(device=d),
        lambda d: ag.zeros(2).to(device=d),
        ag.device,
    ]
    for call in calls:
        call("cpu")
        call(ag.device("cpu"))
        with pytest.raises(ag.ArgumentError, match=f"there is no device '{device}' here.*give device='cpu'"):
            call(device)
    if device != "gpu":
        with pytest.raises(ag.ArgumentError, match="to: there is no device"):
            ag.zeros(2).to(device)
