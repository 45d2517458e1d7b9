"""Which modules are this project's own: of them it is known what they do with an array, and where they look."""

PACKAGES = ("autograd_core", "nn", "optim")


def is_own(module: str | None) -> bool:
    """Whether a module of this name, as `__module__` says it, is one of this project's; a function may have none."""
    return (module or "").partition(".")[0] in PACKAGES
