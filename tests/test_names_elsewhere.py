"""Every row of the table of names is run: the call gives what the row says, or an error with what to write instead."""

import math
import re

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import functions_elsewhere, names_table, operators
from autograd_core.methods import arithmetic, conversions, places, reductions, shapes

TABLE = names_table.TABLE
ROWS = [(section, row) for section, rows in TABLE.items() for row in rows]
ARRAYS = {
    "x": np.array([[1.0, -2.0, 3.5], [4.0, 5.0, -6.0]]),
    "y": np.array([[2.0, 3.0, -1.0], [0.5, -4.0, 2.5]]),
    "z": np.arange(24.0).reshape(2, 3, 4) % 7,
    "v": np.array([0.5, -1.5, 2.0]),
    "s": np.arange(9.0).reshape(3, 3) ** 2,
    "m": np.array([[True, False, True], [True, True, False]]),
    "i": np.array([[0, 2], [1, 0]]),
    "p": np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]),
}


def here():
    names = {letter: ag.tensor(array) for letter, array in ARRAYS.items()}
    names["p"] = nn.Parameter(ARRAYS["p"])
    net = nn.Linear(3, 2)
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    names |= {"net": net, "optimizer": optimizer}
    return names | {"torch": ag, "nn": nn, "F": nn.functional, "optim": optim, "math": math}


def arrays(result):
    """What came, as arrays, a pair or list as several."""
    if isinstance(result, (tuple, list)) and any(hasattr(part, "shape") for part in result):
        return [array for part in result for array in arrays(part)]
    return [np.asarray(result.detach() if isinstance(result, ag.Tensor) else result)]


@pytest.mark.parametrize(("section", "row"), ROWS, ids=[f"{section} {row.call}" for section, row in ROWS])
def test_a_row_gives_what_it_says_or_says_what_to_write(section, row):
    if not row.works:
        with pytest.raises(AttributeError, match=re.escape(f"write {row.ours}")) as caught:
            eval(row.call, here())
        assert caught.value.name == row.name
        return
    result = eval(row.call, here())
    if row.numpy:
        expected = arrays(eval(row.numpy, ARRAYS | {"np": np, "math": math}))
        for found, wanted in zip(arrays(result), expected, strict=True):
            assert found.dtype == wanted.dtype
            if wanted.dtype.kind == "U":
                assert found == wanted
            else:
                np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-12)


METHODS = (
    arithmetic.Arithmetic,
    conversions.Conversions,
    places.Places,
    reductions.Reductions,
    shapes.Shapes,
)


def test_every_function_of_pytorch_has_a_row():
    missing = set(functions_elsewhere.__all__) - {row.name for row in TABLE["autograd_core"] if row.works}
    assert not missing
    assert ag.as_tensor(found := ag.ones(2)) is found
    with ag.inference_mode():
        assert not ag.is_grad_enabled()
    assert ag.as_tensor(found, dtype=ag.double).dtype == ag.float64


def test_every_method_has_a_row():
    own = {name for kind in (*METHODS, operators.Operators) for name in vars(kind) if not name.startswith("_")}
    without = own - {row.name for row in TABLE["Tensor"] if row.works}
    assert without == {"draw", "show", "step", "stepper", "update_in_place"}
    assert len(own) > 130
