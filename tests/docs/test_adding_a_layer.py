"""docs/adding-a-layer.md: its blocks run as they are written, one after the other, and what it promises is so."""

import copy
import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-layer.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(blocks, names):
    """Execute the blocks; those with prompts must print what they say. Returns how many lines were compared."""
    compared = 0
    for number, block in enumerate(blocks):
        if block.startswith(">>> "):
            test = doctest.DocTestParser().get_doctest(block, names, f"block {number}", str(PAGE), 0)
            told = []
            result = doctest.DocTestRunner().run(test, out=told.append, clear_globs=False)
            assert result.failed == 0, "".join(told)
            names |= test.globs
            compared += sum(bool(example.want) for example in test.examples)
        else:
            exec(compile(block, str(PAGE), "exec"), names)
    return compared


@pytest.fixture
def names():
    names = {"__name__": "page"}
    assert run(BLOCKS, names) >= 6
    return names


def test_a_block_that_prints_something_else_is_noticed():
    with pytest.raises(AssertionError, match="Expected:"):
        run([">>> 1 + 1\n3\n"], {})


def test_the_case_of_the_page_passes_and_fails_for_another_formula(names):
    cases = {name: found for name, found in names.items() if name.startswith("test_")}
    assert len(cases) == 1
    (case,) = cases.values()
    case()
    names["LayerScale"].forward = lambda self, x: ag.tensor(x) + self.weight
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        case()


def test_repr_is_the_call_and_every_argument_is_kept(names):
    for arguments in ((3,), (3, 0.5)):
        layer = names["LayerScale"](*arguments)
        assert repr(eval(repr(layer), names)) == repr(layer)
        assert "?" not in repr(layer)


def test_state_copies_conversion_freezing_and_saving_follow(names, tmp_path):
    layer = names["LayerScale"](3, 0.5)
    layer.weight.assign(np.array([1, 2, 3], np.float32))
    other = names["LayerScale"](3)
    other.load_state_dict(layer.state_dict())
    nn.save_weights(layer, tmp_path / "layer.safetensors")
    saved = names["LayerScale"](3)
    nn.load_weights(saved, tmp_path / "layer.safetensors")
    for twin in (other, saved, copy.deepcopy(layer)):
        assert twin.weight.tolist() == [1, 2, 3]
    assert layer.double().weight.dtype == np.float64
    layer.freeze()
    assert layer.summary(np.ones((2, 3))).splitlines()[-1].split() == ["total", "0", "3", "6"]


def test_gradients_reach_input_and_parameter(names):
    layer = names["LayerScale"](2, 0.5).double()
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=np.float64, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert layer.weight.grad.tolist() == [4.0, 6.0]


def test_the_export_and_the_files_that_the_page_names_are_there():
    text = PAGE.read_text(encoding="utf-8")
    root = PAGE.parents[1]
    assert sorted({"LayerScale", *nn.layers.linear.__all__}) == re.findall(
        r'"(\w+)"', re.search(r"__all__ = .*", text)[0]
    )
    named = set(re.findall(r"`((?:nn|tests|autograd_core)/[\w/.]+)`", text))
    assert len(named) >= 7
    assert [path for path in named if not (root / path).exists()] == []
