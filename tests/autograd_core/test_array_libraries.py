"""Libraries of other people that take any array of the array API standard take Tensors, and gradients flow through.

scipy looks once, when it is imported, whether it is to do so: hence an interpreter of its own for it, and for
scikit-learn, which asks for the same.
"""

import os
import subprocess
import sys

import array_api_compat
import array_api_extra
import numpy as np
import pytest
from einops import array_api as einops

import autograd_core as ag

rng = np.random.default_rng(0)
A, B = rng.random((4, 3)), rng.random((4, 3))


def test_array_api_compat_knows_tensors():
    x = ag.tensor(A)
    assert array_api_compat.is_array_api_obj(x)
    assert array_api_compat.array_namespace(x, ag.ones(2)) is ag
    assert array_api_compat.device(x) == "cpu"
    assert array_api_compat.to_device(x, "cpu") is x
    assert array_api_compat.size(x) == 12


@pytest.mark.parametrize(
    ("function", "more", "numpy"),
    [
        (array_api_extra.cov, (), np.cov),
        (array_api_extra.kron, (ag.tensor(B),), lambda a: np.kron(a, B)),
        (array_api_extra.sinc, (), np.sinc),
        (einops.rearrange, ("(a c) b -> b a c",), lambda a: a.reshape(-1, 2, 3).transpose(2, 0, 1)),
        (einops.reduce, ("a b -> b", "mean"), lambda a: a.mean(0)),
        (einops.repeat, ("a b -> a b k",), lambda a: np.repeat(a[..., None], 2, -1)),
    ],
)
def test_array_api_extra_and_einops_compute_and_differentiate(function, more, numpy):
    named = {"c": 2} if "(a c) b -> b a c" in more else {"k": 2} if "a b -> a b k" in more else {}
    np.testing.assert_allclose(function(ag.tensor(A), *more, **named).numpy(), numpy(A), rtol=1e-12)
    ag.gradcheck(lambda x: function(x, *more, **named), A)


OF_SCIPY_AND_SKLEARN = """
import numpy as np, scipy.integrate, scipy.special, scipy.stats, sklearn
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
import autograd_core as ag
rng = np.random.default_rng(0)
A, B = rng.random((4, 3)), rng.random((5, 3))

def same(function, *arrays, differentiable=True):
    ours, theirs = function(*map(ag.tensor, arrays)), function(*arrays)
    assert isinstance(ours, ag.Tensor) or isinstance(theirs, float), type(ours)
    rtol = 1e-7 if isinstance(theirs, float) else 1e-9  # of scikit-learn's, which are means in float32
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=rtol)
    if differentiable:
        ag.gradcheck(function, *arrays)

same(scipy.special.softmax, A)
same(scipy.stats.skew, A)
same(scipy.stats.gmean, A)
same(scipy.integrate.trapezoid, A)
same(scipy.special.erf, A, differentiable=False)  # by numpy, within scipy
with sklearn.config_context(array_api_dispatch=True):
    same(rbf_kernel, A, B)
    same(lambda a, b: euclidean_distances(a, b), A, B)
    same(lambda a, b: mean_squared_error(a, b, multioutput="raw_values"), A, B[:4])
    same(accuracy_score, np.array([0, 1, 1]), np.array([0, 1, 0]), differentiable=False)
    same(lambda a: PCA(2, svd_solver="full").fit_transform(a), A, differentiable=False)
    tracked = ag.tensor(A, requires_grad=True)
    try:
        scipy.special.erf(tracked)
    except ag.GraphError as error:
        assert "does not become a numpy array by itself" in str(error)
    else:
        raise AssertionError("a gradient was lost without a word")
"""


def test_scipy_and_scikit_learn_compute_and_differentiate():
    environment = os.environ | {"SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", OF_SCIPY_AND_SKLEARN], capture_output=True, text=True, env=environment, check=False
    )
    assert not done.returncode, done.stderr
