"""The answer to `device = "cuda" if cuda.is_available() else "cpu"`, with which many programs begin: "cpu"."""


def is_available() -> bool:
    """Whether there are graphics processors to compute on: no."""
    return False


def device_count() -> int:
    """How many of them there are: none."""
    return 0


def manual_seed_all(seed: int) -> None:
    """Nothing, as in PyTorch on a machine without them; `autograd_core.manual_seed` is the CPU's."""


manual_seed = manual_seed_all
