"""What `python -m nn` can be asked for, and the errors where it is asked for something else."""

import argparse
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from nn.data import DATASETS
from nn.data.shards import MOST_SHARDS, is_number_of_shards
from nn.errors import SettingsError
from nn.models import AUGMENTATIONS, DEFAULT_MODEL, RECIPES

Command = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """Errors in one line, as everywhere else, instead of after the usage."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; see {self.prog} --help")


def _whole_number(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}, got {text!r}")
        return number

    return parse


def _power_of_two(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) < 9 else 0
    if not is_number_of_shards(number):
        raise argparse.ArgumentTypeError(f"must be a power of two from 1 to {MOST_SHARDS}, got {text!r}")
    return number


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return rate


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, got {text!r}")
    return seconds


def parse(
    arguments: Sequence[str] | None,
    commands: Mapping[str, Command],
    *,
    optimizers: Iterable[str],
    schedules: Iterable[str],
) -> argparse.Namespace:
    """What was asked for; `run` in it is the command to be called with it. Raises `SettingsError`."""
    parser = _parser(commands, optimizers, schedules)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:  # the command's own parser leaves them to this one, whose help would not help
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def _parser(
    functions: Mapping[str, Command], optimizers: Iterable[str], schedules: Iterable[str]
) -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m nn", description="Train small networks on pictures, evaluate them, predict.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    data_dir = _Parser(add_help=False)
    data_dir.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="four IDX files in the form of MNIST, plain or gzipped (default: "
        + "; ".join(f"${dataset.variable}, else {dataset.title}, fetched once" for dataset in DATASETS.values())
        + ")",
    )

    command = commands.add_parser(
        "train",
        parents=[data_dir],
        help="train a model and keep it with its history",
        description="Train a model; what is not given is as in its recipe (nn/models). Ctrl-C saves and stops.",
    )
    command.add_argument("dataset", choices=list(DATASETS), help="what to learn")
    command.add_argument(
        "--model",
        "--recipe",
        choices=list(RECIPES),
        help=f"what to train, by its recipe (default: {DEFAULT_MODEL})",
    )
    command.add_argument("--epochs", type=_whole_number(1), metavar="N", help="how often to go through the images")
    command.add_argument("--batch-size", type=_whole_number(1), metavar="N", help="images in a mini-batch")
    command.add_argument("--optimizer", choices=list(optimizers))
    command.add_argument("--lr", type=_rate, metavar="RATE", help="learning rate; where it changes, the highest")
    command.add_argument("--schedule", choices=list(schedules), help="how the learning rate changes over the training")
    command.add_argument("--augmentation", choices=list(AUGMENTATIONS), help="how images are changed by chance")
    command.add_argument(
        "--no-compile",
        dest="compile",
        action="store_false",
        help="take each step by Python: a little slower, the same weights up to rounding",
    )
    command.add_argument(
        "--shards",
        type=_power_of_two,
        metavar="N",
        help="cut each mini-batch into N parts, which processes started by mpirun share; the weights depend on N, not"
        " on their number (default with mpirun: 8, or as many as there are processes)",
    )
    command.add_argument("--seed", type=_whole_number(0), metavar="N", help="same seed, same weights (default: 0)")
    command.add_argument(
        "--save-every",
        type=_seconds,
        metavar="SECONDS",
        default=30.0,
        help="how often to save within an epoch, beside after each (default: 30)",
    )
    command.add_argument("--out", type=_directory, metavar="DIR", help="where results go (default: runs/MODEL)")
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on with the training in --out, with its own settings; if there is none, start it",
    )
    command.set_defaults(run=functions["train"], parser=command)

    command = commands.add_parser(
        "evaluate",
        parents=[data_dir],
        help="test a trained model",
        description="Print the loss and accuracy on the test images.",
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint.safetensors")
    command.set_defaults(run=functions["evaluate"], parser=command)

    command = commands.add_parser(
        "predict",
        help="classify pictures",
        description="Print the class of each picture and the probability of every class. Pictures are brought to the"
        " form that the model was trained on: grey, of its size and, like MNIST, light strokes on a dark ground. A note"
        " says what was done.",
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint.safetensors")
    command.add_argument("pictures", type=Path, nargs="+", metavar="IMAGE", help="a picture: PNG, JPEG, ...")
    command.add_argument(
        "--invert",
        action=argparse.BooleanOptionalAction,
        help="the pictures are dark on a light ground, or not (default: look at each)",
    )
    command.set_defaults(run=functions["predict"], parser=command)

    command = commands.add_parser(
        "export",
        help="write a trained model as an ONNX file",
        description="Write the model as an ONNX file, for onnxruntime and others: any number of pictures"
        " (N, 1, height, width), float32 from 0 to 1, light strokes on a dark ground, in; what it computes of them out."
        ' Needs pip install "autograd-core[onnx]".',
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint.safetensors")
    command.add_argument("model", type=Path, metavar="FILE", help="where the model goes: model.onnx")
    command.set_defaults(run=functions["export"], parser=command)

    command = commands.add_parser(
        "playground",
        help="watch a small network learn, in the browser",
        description="Serve a page, to this machine alone, on which a small network learns points of the plane. Ctrl-C"
        " ends it.",
    )
    command.add_argument(
        "--port", type=_whole_number(0), default=0, metavar="N", help="where to serve it (default: any that is free)"
    )
    command.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    command.set_defaults(run=functions["playground"], parser=command)
    return parser


def _directory(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("must name a directory, got nothing")
    return Path(text)
