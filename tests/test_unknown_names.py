"""An unknown name is answered, whether it is asked for as an attribute or imported."""

import importlib
import sys
import types

import pytest

from autograd_core import unknown_names

MISTYPED = [
    ("autograd_core", "maxx", "did you mean 'max'?"),
    ("autograd_core.fft", "rfft1", "did you mean 'rfft'?"),
    ("autograd_core.linalg", "chol", "did you mean 'cholesky'?"),
    ("autograd_core.show", "drew", "did you mean 'draw'?"),
    ("nn", "Liner", "did you mean 'Linear'?"),
    ("nn", "DataLoader", "write nn.data.Batches("),
    ("nn.data", "DataLoader", "write nn.data.Batches("),
    ("nn.data", "TensorDataset", "write nn.data.ArrayDataset("),
    ("nn.data.augmentation", "RandomCropp", "did you mean 'RandomCrop'?"),
    ("nn.data.preparation", "MinMaxScaler", "did you mean 'MinMaxScale'?"),
    ("nn.functional", "relux", "did you mean 'relu'?"),
    ("nn.functions", "relux", "did you mean 'relu'?"),
    ("nn.init", "xavier_norm_", "did you mean 'xavier_normal_'?"),
    ("nn.layers", "Liner", "did you mean 'Linear'?"),
    ("nn.models", "LeNet", "did you mean 'lenet5'?"),
    ("nn.onnx", "exprt", "did you mean 'export'?"),
    ("nn.parallel", "DistributedDataParallel", "did you mean 'DataParallel'?"),
    ("nn.plots", "loss_landscap", "did you mean 'loss_landscape'?"),
    ("nn.search", "bayes", "did you mean 'bayesian'?"),
    ("nn.sklearn", "Classifier", "did you mean 'NeuralClassifier'?"),
    ("nn.training", "Trainr", "did you mean 'Trainer'?"),
    ("nn.utils", "clip_grad_norm", "did you mean 'clip_grad_norm_'?"),
    ("nn.utils.rnn", "pack_padded", "did you mean 'pack_padded_sequence'?"),
    ("optim", "Adamm", "did you mean 'Adam'?"),
    ("optim.lr_scheduler", "StepRL", "did you mean 'StepLR'?"),
    ("optim.schedules", "cosin", "did you mean 'cosine'?"),
]


@pytest.mark.parametrize(("module", "name", "answer"), MISTYPED)
def test_asked_for_or_imported_it_is_answered(module, name, answer):
    with pytest.raises(AttributeError) as asked:
        getattr(importlib.import_module(module), name)
    assert str(asked.value).startswith(f"module {module!r} has no attribute {name!r}; {answer}")
    with pytest.raises(ImportError) as imported:
        exec(f"from {module} import {name}")
    assert str(imported.value).startswith(f"cannot import name {name!r} from {module!r}; {answer}")


def test_what_is_like_no_name_is_refused_in_the_same_way():
    with pytest.raises(ImportError, match=r"cannot import name 'zzz' from 'nn\.data'$"):
        exec("from nn.data import zzz")
    assert not hasattr(importlib.import_module("nn.data"), "zzz")


@pytest.fixture
def circle(monkeypatch):
    """A module with another in it that is still being loaded, so that it is no attribute yet."""
    module, inner = types.ModuleType("circle"), types.ModuleType("circle.inner")
    module.__getattr__ = unknown_names("circle", ["known"])
    monkeypatch.setitem(sys.modules, "circle", module)
    monkeypatch.setitem(sys.modules, "circle.inner", inner)
    return inner


def test_a_module_that_is_still_being_loaded_is_found(circle):
    found = {}
    exec("from circle import inner", found)
    assert found["inner"] is circle


def test_an_import_after_many_names_is_one_too(circle):
    names = "\n".join(f"name_{i} = {i}" for i in range(300))  # so that the name's number takes two bytes
    with pytest.raises(ImportError, match="from 'circle'; did you mean 'known'"):
        exec(f"{names}\nfrom circle import knwon", {})
