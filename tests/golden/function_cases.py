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
SPREAD = np.array([[[[0, 3], [21, 7]], [[12, 13], [1, 24]]]])  # places in images of 5 by 5, or 6 by 5

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
    "max_pool1d indices": case("max_pool1d", "real 2 3 9", 3, 2, 1, return_indices=True),
    "max_pool2d indices": case("max_pool2d", "real 2 3 7 6", (3, 2), 2, 1, return_indices=True),
    "max_pool2d indices ceil": case("max_pool2d", "real 2 3 6 5", 3, 2, return_indices=True, ceil_mode=True),
    "max_pool2d dilation": case("max_pool2d", "real 2 3 7 8", 3, 1, 1, (2, 3)),
    "max_pool3d indices": case("max_pool3d", "real 1 2 4 5 6", 2, (2, 1, 2), dilation=2, return_indices=True),
    "MaxPool2d dilation": of_layer("MaxPool2d", 2, 2, 1, 2, True, True, of=("real 2 3 7 6",)),
    "MaxPool1d dilation": of_layer("MaxPool1d", 2, dilation=3, of=("real 2 9",)),
    "MaxUnpool1d": of_layer("MaxUnpool1d", 2, of=("real 1 1 3", np.array([[[1, 2, 5]]]))),
    "MaxUnpool2d": of_layer("MaxUnpool2d", 2, 3, of=("real 1 2 2 2", SPREAD, (6, 5))),
    "MaxUnpool2d single": of_layer("MaxUnpool2d", (2, 2), 2, of=("real 2 2 2", SPREAD[0] % 16)),
    "MaxUnpool3d": of_layer("MaxUnpool3d", 2, of=("real 2 1 1 2 2", np.arange(8).reshape(2, 1, 1, 2, 2) * 3)),
    "max_unpool1d": case("max_unpool1d", "real 2 3", np.array([[1, 2, 5], [0, 3, 4]]), 2),
    "max_unpool2d": case("max_unpool2d", "real 1 2 2 2", SPREAD, 2, 2, 0, output_size=(5, 5)),
    "max_unpool3d": case("max_unpool3d", "real 1 1 2 2", np.array([[[[0, 3], [17, 30]]]]), 2),
    "conv1d single": case("conv1d", "real 2 7", "real 3 2 3", "real 3", padding=1),
    "conv2d single": case("conv2d", "real 2 5 4", "real 3 2 2 2", "real 3", stride=2),
    "conv3d single": case("conv3d", "real 2 3 4 4", "real 3 2 2 2 2"),
    "conv_transpose1d single": case("conv_transpose1d", "real 2 7", "real 2 3 3", "real 3", stride=2),
    "conv_transpose2d single": case("conv_transpose2d", "real 2 3 4", "real 2 3 2 2"),
    "conv_transpose3d single": case("conv_transpose3d", "real 2 3 2 2", "real 2 1 2 2 2"),
    "max_pool2d single": case("max_pool2d", "real 2 6 5", 2, return_indices=True),
    "max_pool3d single": case("max_pool3d", "real 2 4 4 5", 2),
    "avg_pool1d single": case("avg_pool1d", "real 2 9", 2),
    "avg_pool2d single": case("avg_pool2d", "real 2 6 5", 2, ceil_mode=True),
    "avg_pool3d single": case("avg_pool3d", "real 2 4 4 5", 2),
    "adaptive_avg_pool2d single": case("adaptive_avg_pool2d", "real 2 6 5", (3, None)),
    "adaptive_max_pool1d single": case("adaptive_max_pool1d", "real 2 9", 4),
    **{
        f"grid_sample {mode} {padding}{' corners' * corners}": case(
            "grid_sample", "real 2 2 3 4", "unit 2 3 2 2", mode=mode, padding_mode=padding, align_corners=corners
        )
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for corners in (False, True)
    },
    "grid_sample volumes": case("grid_sample", "real 1 1 2 3 4", "unit 1 2 2 2 3", align_corners=False),
    "grid_sample volumes reflection": case(
        "grid_sample", "real 1 1 2 3 4", "unit 1 2 2 2 3", padding_mode="reflection", align_corners=True
    ),
    "affine_grid": case("affine_grid", "real 2 2 3", (2, 3, 4, 5), align_corners=False),
    "affine_grid corners": case("affine_grid", "real 2 2 3", (2, 3, 1, 5), align_corners=True),
    "affine_grid volumes": case("affine_grid", "real 1 3 4", (1, 1, 2, 3, 4), align_corners=False),
    "interpolate bicubic": case("interpolate", "real 1 2 4 5", scale_factor=2, mode="bicubic"),
    "interpolate bicubic size": case("interpolate", "real 1 2 7 5", (4, 9), mode="bicubic"),
    "interpolate bicubic corners": case("interpolate", "real 1 2 4 5", (7, 3), mode="bicubic", align_corners=True),
    "interpolate bicubic fraction": case("interpolate", "real 1 2 4 5", scale_factor=(1.3, 2.6), mode="bicubic"),
    "Upsample bicubic": of_layer("Upsample", scale_factor=3, mode="bicubic", of=("real 1 2 3 4",)),
}
