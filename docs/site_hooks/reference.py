"""The reference: for each file with public names, a page of what those names say of themselves."""

import importlib
import inspect
import sys
from collections import defaultdict
from types import ModuleType

PACKAGES = {
    "The engine": ["autograd_core", "autograd_core.fft", "autograd_core.linalg"],
    "Networks": [
        "nn",
        "nn.functions",
        "nn.initial",
        "nn.models",
        "nn.penalties",
        "nn.scalar",
        "nn.data",
        "nn.data.augmentation",
        "nn.data.preparation",
        "nn.training",
        "nn.parallel",
        "nn.plots",
        "nn.search",
        "nn.sklearn",
        "nn.onnx",
    ],
    "Optimisers": ["optim", "optim.schedules"],
}


def public_names(packages: list[str]) -> dict[str, list[str]]:
    """The public names of `packages`, by the module that defines them.

    What a package takes over from another, as nn.functions does the engine's activations, is on that one's pages.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for package in map(importlib.import_module, packages):
        for name in getattr(package, "__all__", None) or _own(package):
            thing = getattr(package, name)
            if inspect.ismodule(thing):
                continue
            home = getattr(thing, "__module__", package.__name__)
            if vars(sys.modules.get(home, package)).get(name) is not thing:
                home = package.__name__  # an alias, or a constant: where it is exported
            if home.partition(".")[0] != packages[0]:
                continue
            if name not in found[home]:
                found[home].append(name)
    return dict(sorted(found.items()))


def page(module: str, names: list[str]) -> str:
    """The page of `module`: what it says of itself, and then its public names."""
    members = "".join(f"        - {name}\n" for name in names)
    return f"# `{module}`\n\n::: {module}\n    options:\n      members:\n{members}"


def _own(module: ModuleType) -> list[str]:
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]
