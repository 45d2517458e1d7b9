"""Labels as formulas write them."""

import pytest

from autograd_core import Value
from autograd_core.show import explain, labels, latex


@pytest.mark.parametrize(
    ("label", "stem", "subscript"),
    [
        ("x", "x", ""),
        ("x_1", "x", "1"),
        ("w_ij", "w", "ij"),
        ("W_{hh}", "W", "hh"),
        ("loss_2", "loss", "2"),
        ("loss_{val}", "loss", "val"),
        ("\\hat y", "\u0177", ""),
        ("\\hat{y}_1", "\u0177", "1"),
        ("\\bar\\alpha", "\u1fb1", ""),
        ("\\theta_{12}", "θ", "12"),
        ("\\Delta", "Δ", ""),
        ("x′_1", "x′", "1"),
        # and what is only text
        ("batch_size", "batch_size", ""),
        ("x_1_2", "x_1_2", ""),
        ("x_", "x_", ""),
        ("_x", "_x", ""),
        ("_1", "_1", ""),
        ("x_a b", "x_a b", ""),
        ("layers.0.weight_1", "layers.0.weight", "1"),
        ("C:\\new\\hatch", "C:\\new\\hatch", ""),
        ("\\hat", "\\hat", ""),
        ("", "", ""),
    ],
)
def test_parts(label, stem, subscript):
    assert labels.read(label) == (stem, subscript)


def test_tables_have_them_in_a_line_and_latex_as_it_writes_them():
    x, y = Value(2.0, "W_{hh}"), Value(3.0, r"\hat y")
    f = x * y
    f.backward()
    assert "W_hh" in explain(f)
    assert "∂v1/∂\u0177 = 2" in explain(f)
    assert r"\hat{y} &= 3" in latex(f)
    assert r"W_{\mathrm{hh}}" in latex(f)


def test_two_labels_that_look_the_same_are_told_apart():
    f = Value(2.0, "x_1") * Value(3.0, "x_{1}")
    assert "x_1#2" in explain(f)
