"""repr of a layer is the call that makes it, from the signature of its `__init__` and the attributes of those names."""

import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn

VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
GOLDEN = Path(__file__).parents[1] / "golden"
ARGUMENTS = {  # where 4 for each argument without a default makes no layer
    "ModuleDict": (),
    "ModuleList": (),
    "Sequential": (),
    "TransformerDecoder": (nn.Linear(2, 3), 2),
    "TransformerEncoder": (nn.Linear(2, 3), 2),
    "Unflatten": (1, (2, 3)),
    "WeightNoise": (nn.Linear(2, 3),),
}
LAYERS = [name for name in nn.__all__ if inspect.isclass(found := getattr(nn, name)) and issubclass(found, nn.Module)]


def cases(name):
    spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for case, (args, keywords, *_) in module.CASES.items():
        given = (*args, *keywords.values())
        if not any(isinstance(value, np.ndarray) for value in given):  # of which the shape alone is shown
            yield case, args, keywords


def shapes(layer):
    return {name: array.shape for name, array in layer.state_dict().items()}


def made(name):
    kind = getattr(nn, name)
    required = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty and p.kind < 2]
    try:
        return kind(*ARGUMENTS.get(name, [4] * len(required)))
    except (ag.AutogradError, TypeError) as error:
        pytest.fail(f"4 for each of the {len(required)} arguments makes no {name} ({error}); give others in ARGUMENTS")


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_without_parts_keeps_what_it_was_given_by_the_names_of_its_arguments(name):
    layer = made(name)
    if layer.children():
        assert repr(layer).startswith(f"{name}(\n  (")
    elif type(layer).describe is nn.Module.describe:
        named = [p.name for p in inspect.signature(type(layer)).parameters.values() if p.kind not in VARIADIC]
        missing = [name for name in named if name not in vars(layer)]
        assert not missing, f"{name} must set the attributes {missing}, for repr shows what __init__ was given"
    else:
        assert name in ("Sequential", "ModuleList", "ModuleDict", "ParameterDict", "ParameterList")
        assert repr(layer) == f"{name}()"


@pytest.mark.parametrize(
    ("name", "args", "keywords"),
    [case for table in ("layer_cases", "loss_cases") for case in cases(table)]
    + [
        ("RNN", (3, 4, 2, "relu", False, True, 0.5, True), {}),
        ("LSTM", (3, 4, 2), {"bidirectional": True, "bias": False}),
        ("GRUCell", (3, 4, False), {}),
        ("RNNCell", (3, 4), {"nonlinearity": "relu"}),
        ("BatchNorm2d", (3, 1e-3, None, False, False), {}),
        ("InstanceNorm1d", (3,), {"affine": True}),
        ("GroupNorm", (2, 4), {"affine": False}),
        ("LayerNorm", ((2, 3), 1e-3), {"bias": False}),
        ("RMSNorm", (4,), {"eps": 0.5}),
        ("Embedding", (5, 3), {"padding_idx": -1}),
        ("Swish", (), {"learned": True}),
        ("Dropout", (0.2,), {}),
        ("GaussianNoise", (0.2,), {}),
        ("Heaviside", (0.5,), {}),
        ("Maxout", (3, 2, 3, False), {}),
    ],
)
def test_repr_is_the_call_that_makes_such_a_layer(name, args, keywords):
    layer = getattr(nn, name.split()[0])(*args, **keywords)
    again = eval(repr(layer), vars(nn))
    assert repr(again) == repr(layer)
    assert shapes(again) == shapes(layer)


class Scale(nn.Module):
    def __init__(self, features, start=1.0, *more, bias=True, table=None, apply=None, **named):
        self.start, self.bias, self.table = start, None if not bias else nn.Parameter([0.0]), table


def test_what_has_no_attribute_is_shown_as_unknown_rather_than_left_out():
    assert repr(Scale(3)) == "Scale(features=?, apply=?)"
    layer = Scale(3)
    layer.features, layer.apply = 3, None
    assert repr(layer) == "Scale(features=3)"


def test_numbers_are_shown_and_the_shapes_of_arrays():
    layer = Scale(3)
    layer.features, layer.apply, layer.start = np.int64(3), None, ag.tensor(0.1)
    layer.table = np.zeros((2, 3))
    assert repr(layer) == "Scale(features=3, start=0.1, table=<ndarray of shape (2, 3)>)"
    assert repr(Scale(3, bias=False)) == "Scale(features=?, bias=False, apply=?)"
    assert repr(nn.CrossEntropyLoss([1.0, 2.0])) == "CrossEntropyLoss(weight=<Tensor of shape (2,)>)"


def test_a_layer_without_arguments_and_one_that_is_half_made_have_a_repr_too():
    class Half(nn.Module):
        def __init__(self, width):
            self.text = repr(self)
            self.width = width

    assert Half(3).text == "Half(width=?)"
    assert repr(nn.Module()) == "Module()"


def test_a_description_of_ones_own_takes_its_place():
    class Named(Scale):
        def describe(self):
            return "by hand"

    assert repr(Named(3)) == "Named(by hand)"
