"""The calls that make_golden_functions.py asks PyTorch about and test_golden_functions.py asks us.

Of functions and of layers that take more than numbers with a gradient. Names and arguments are the same on both sides;
no torch and no nn here.
"""

import numpy as np


def case(function, *inputs, **keywords):
    """A function or a layer by its name and what it is called with: "kind shape" is drawn, the rest as it stands.

    Kinds: "real", "unit" from -1.2 to 1.2, and "logits", which `log_softmax` makes into log-probabilities before the
    call. What is drawn has a gradient.
    """
    return function, inputs, keywords


def of_layer(function, *inputs, of, **keywords):
    """A layer made with these arguments, and what it is called with."""
    return function, of, {"made": (inputs, keywords)}


KINDS = ("real", "unit", "logits")


def is_drawn(x):
    return isinstance(x, str) and x.startswith(KINDS)


def drawn_shapes(case):
    """The kinds and shapes of what is drawn."""
    _, inputs, keywords = case
    words = [x.split() for x in (*inputs, *keywords.values()) if is_drawn(x)]
    return [(kind, tuple(map(int, shape))) for kind, *shape in words]


def call(case, nn, drawn, constant):
    """The case's result, computed by `nn` of what was drawn; `constant` makes an array of numbers what it takes."""
    function, inputs, keywords = case
    drawn = iter(drawn)

    def given(x):
        if is_drawn(x):
            tensor = next(drawn)
            return nn.functional.log_softmax(tensor, dim=-1) if x.startswith("logits") else tensor
        return constant(x) if isinstance(x, np.ndarray) else x

    inputs, keywords = [given(x) for x in inputs], {name: given(x) for name, x in keywords.items()}
    if "made" in keywords:
        args, keywords = keywords["made"]
        return getattr(nn, function)(*args, **keywords)(*inputs)
    return getattr(nn.functional, function)(*inputs, **keywords)


# Labels of three examples, one of them repeated, with padding that is no label; the same one after the other.
LABELS, SHORT = np.array([[1, 4, 2], [3, 3, -1], [2, -1, -1]]), np.array([1, 4, 2, 3, 3, 2])
LENGTHS, COUNTS = np.array([7, 6, 4]), np.array([3, 2, 1])
LONG = np.array([7, 2, 4])  # of the second, no path spells 3 3
WORDS, FLAT = np.array([[1, 4, 1], [0, 3, 4], [2, 2, 2]]), np.array([1, 4, 1, 0, 3, 4, 2])
STARTS = np.array([0, 3, 3, 4])  # the second bag is empty

CASES = {
    "ctc_loss": case("ctc_loss", "logits 7 3 5", LABELS, LENGTHS, COUNTS),
    "ctc_loss sum": case("ctc_loss", "logits 7 3 5", LABELS, LENGTHS, COUNTS, reduction="sum"),
    "ctc_loss none": case("ctc_loss", "logits 7 3 5", SHORT, LENGTHS, COUNTS, reduction="none"),
    "ctc_loss blank": case("ctc_loss", "logits 7 3 6", SHORT, (7, 5, 4), (3, 2, 1), blank=5),
    "ctc_loss impossible": case("ctc_loss", "logits 7 3 5", LABELS, LONG, COUNTS, zero_infinity=True),
    "ctc_loss empty": case("ctc_loss", "logits 4 2 3", np.array([[1, 2], [0, 0]]), (4, 3), (2, 0)),
    "ctc_loss single": case("ctc_loss", "logits 7 5", np.array([2, 2, 4]), np.array(6), np.array(3)),
    "CTCLoss": of_layer("CTCLoss", 0, "sum", True, of=("logits 7 3 5", LABELS, LONG, COUNTS)),
    "embedding_bag": case("embedding_bag", WORDS, "real 5 3"),
    "embedding_bag sum": case("embedding_bag", FLAT, "real 5 3", STARTS, mode="sum"),
    "embedding_bag mean": case("embedding_bag", FLAT, "real 5 3", STARTS),
    "embedding_bag max": case("embedding_bag", FLAT, "real 5 3", STARTS, mode="max"),
    "embedding_bag last": case(
        "embedding_bag", FLAT, "real 5 3", np.array([0, 2, 7]), mode="sum", include_last_offset=True
    ),
    **{
        f"embedding_bag padding {mode}": case("embedding_bag", WORDS, "real 5 3", mode=mode, padding_idx=2)
        for mode in ("mean", "sum", "max")
    },
    "embedding_bag weights": case(
        "embedding_bag", FLAT, "real 5 3", STARTS, mode="sum", per_sample_weights="real 7", padding_idx=-1
    ),
}
