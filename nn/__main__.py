"""Train, evaluate and predict from the command line: `python -m nn --help`.

Exit codes: 0 done; 1 the training diverged; 2 the input cannot be used, said in one line; 130 and 143 stopped by Ctrl-C
and SIGTERM; 141 nobody reads the output.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import autograd_core as ag
import optim
from nn.atomic_write import check_writable
from nn.data import Splits, mnist
from nn.data.pictures import read_picture
from nn.errors import DivergenceError, OutputError, SettingsError
from nn.models import RECIPES
from nn.training.checkpoint import Checkpoint
from nn.training.interruption import Interruption
from nn.training.report import describe
from nn.training.session import CHECKPOINT, HISTORY, LEARNING_CURVE, Session
from nn.training.settings import Settings, fingerprint
from nn.training.trainer import Position, Trainer, as_input, evaluate

OPTIMIZERS = {"sgd": optim.SGD, "adam": optim.Adam}
USUAL_LR = {"sgd": 0.1, "adam": 1e-3}  # where the model's recipe is for the other optimiser
SCHEDULES: dict[str, Callable[[float, int], optim.schedules.Schedule]] = {
    "constant": lambda lr, steps: optim.schedules.constant(lr),
    "linear": lambda lr, steps: optim.schedules.linear(lr, steps, final=0.01),
}


def train(options: argparse.Namespace) -> int:
    """Train a model, or go on with a training."""
    directory: Path = options.out or Path("runs", options.model or "lenet5")
    saved = _saved_training(directory, resume=options.resume)
    check_writable(directory)
    splits = mnist(options.data_dir)
    asked = {
        name: value
        for name in ("model", "optimizer", "lr", "batch_size", "epochs", "seed")
        if (value := getattr(options, name)) is not None
    }
    settings = _new_settings(asked, splits) if saved is None else _resumed_settings(saved, asked, splits)
    trainer = _trainer(settings, splits)
    session = Session(directory, settings, trainer, saved)
    _introduce(session, splits)
    with Interruption() as interruption:
        finished = session.run(interruption.requested)
    if not finished:
        print(f"stopped {_where(session.position)}, which is saved; --resume goes on from there", file=sys.stderr)
        return interruption.exit_code
    _conclude(session, splits)
    return 0


def _saved_training(directory: Path, *, resume: bool) -> Checkpoint | None:
    path = directory / CHECKPOINT
    if not os.path.lexists(path):
        return None
    if not resume:
        raise OutputError(f"{path} exists already; go on with it by --resume, or choose another --out")
    return Checkpoint.load(path)


def _new_settings(asked: dict[str, Any], splits: Splits) -> Settings:
    """The model's recipe, unless something else is asked for."""
    model = asked.get("model", "lenet5")
    recipe = RECIPES[model]
    optimizer = asked.get("optimizer", recipe.optimizer)
    settings = {
        "model": model,
        "image_size": splits.image_shape,
        "classes": splits.classes,
        "loss": recipe.loss,
        "optimizer": optimizer,
        "lr": recipe.lr if optimizer == recipe.optimizer else USUAL_LR[optimizer],
        "schedule": recipe.schedule,
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "seed": 0,
        "data": fingerprint(splits),
    }
    return Settings(**(settings | asked))


def _resumed_settings(saved: Checkpoint, asked: dict[str, Any], splits: Splits) -> Settings:
    return saved.settings.going_on(asked, splits, finished_epochs=saved.position.epoch)


def _trainer(settings: Settings, splits: Splits) -> Trainer:
    model = settings.build_model()
    steps = settings.epochs * math.ceil(len(splits.train) / settings.batch_size)
    return Trainer(
        model=model,
        objective=settings.objective,
        optimizer=OPTIMIZERS[settings.optimizer](model.parameters(), lr=settings.lr),
        schedule=SCHEDULES[settings.schedule](settings.lr, steps),
        train=splits.train,
        validation=splits.validation,
        classes=settings.classes,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=settings.seed,
    )


def _introduce(session: Session, splits: Splits) -> None:
    settings = session.settings
    parameters = sum(parameter.size for parameter in session.trainer.model.parameters())
    last_lr = session.trainer.schedule(session.trainer.batches_per_epoch * settings.epochs)
    falling = f" falling to {last_lr:g}" if last_lr < settings.lr else ""
    print(f"model: {settings.model}, {parameters:,} parameters")
    print(
        f"recipe: {settings.optimizer}, rate {settings.lr:g}{falling}, mini-batches of {settings.batch_size},"
        f" {settings.epochs} epochs, seed {settings.seed}"
    )
    print(
        f"data: {len(splits.train):,} to train on, {len(splits.validation):,} to validate, {len(splits.test):,}"
        f" to test; {splits.image_shape[0]}x{splits.image_shape[1]}, {splits.classes} classes"
    )
    if session.position.epoch == settings.epochs:
        print("this training is complete already")
    elif session.position != Position():
        print(f"going on {_where(session.position)}")
    sys.stdout.flush()


def _conclude(session: Session, splits: Splits) -> None:
    test = evaluate(session.trainer.model, session.trainer.objective, splits.test)
    session.write_history(test)
    try:
        session.draw_learning_curve(test)
        curve = str(session.directory / LEARNING_CURVE)
    except ModuleNotFoundError:
        curve = "not drawn, since matplotlib is missing (pip install 'autograd-core[plot]')"
    print(f"test: {describe(test)}")
    print(f"checkpoint: {session.directory / CHECKPOINT}")
    print(f"history: {session.directory / HISTORY}")
    print(f"learning curve: {curve}")


def _where(position: Position) -> str:
    if position.batch == 0:
        return f"after epoch {position.epoch}"
    return f"in epoch {position.epoch + 1} after mini-batch {position.batch}"


def _directory(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("must name a directory, got nothing")
    return Path(text)


def evaluate_checkpoint(options: argparse.Namespace) -> int:
    """Print how well a trained model does on the test images."""
    checkpoint = Checkpoint.load(options.checkpoint)
    splits = mnist(options.data_dir)
    checkpoint.settings.check_form(splits)
    model = checkpoint.build_model()
    if fingerprint(splits) != checkpoint.settings.data:
        print("note: the model was trained on another data set than this", file=sys.stderr)
    test = evaluate(model, checkpoint.settings.objective, splits.test)
    print(f"test: {describe(test)} ({len(splits.test):,} images)")
    return 0


def predict(options: argparse.Namespace) -> int:
    """Print the class of each picture, and the probability of every class."""
    checkpoint = Checkpoint.load(options.checkpoint)
    model = checkpoint.build_model().eval()
    size, objective = checkpoint.settings.image_size, checkpoint.settings.objective
    pictures = [read_picture(path, size, invert=options.invert) for path in options.pictures]
    with ag.no_grad():
        outputs = model(as_input(np.stack(pictures)))
    for path, probabilities in zip(options.pictures, objective.probabilities(outputs.numpy()), strict=True):
        print(f"{path}: {probabilities.argmax()}")
        for first in range(0, len(probabilities), 10):
            row = probabilities[first : first + 10]
            print("   " + "".join(f"  {label}: {share:.4f}" for label, share in enumerate(row, start=first)))
    if objective.note:
        print(f"({objective.note})")
    return 0


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


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return rate


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m nn", description="Train small networks on pictures, evaluate them, predict.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    data_dir = _Parser(add_help=False)
    data_dir.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="four IDX files in the form of MNIST, plain or gzipped (default: $MNIST_DIR, else MNIST, fetched once)",
    )

    command = commands.add_parser(
        "train",
        parents=[data_dir],
        help="train a model and keep it with its history",
        description="Train a model; what is not given is as in its recipe (nn/models). Ctrl-C saves and stops.",
    )
    command.add_argument("dataset", choices=["mnist"], help="what to learn")
    command.add_argument("--model", choices=list(RECIPES), help="default: lenet5")
    command.add_argument("--epochs", type=_whole_number(1), metavar="N", help="how often to go through the images")
    command.add_argument("--batch-size", type=_whole_number(1), metavar="N", help="images in a mini-batch")
    command.add_argument("--optimizer", choices=list(OPTIMIZERS))
    command.add_argument("--lr", type=_rate, metavar="RATE", help="learning rate; where it falls, the first")
    command.add_argument("--seed", type=_whole_number(0), metavar="N", help="same seed, same weights (default: 0)")
    command.add_argument("--out", type=_directory, metavar="DIR", help="where results go (default: runs/MODEL)")
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on with the training in --out, with its own settings; if there is none, start it",
    )
    command.set_defaults(run=train)

    command = commands.add_parser(
        "evaluate",
        parents=[data_dir],
        help="test a trained model",
        description="Print the loss and accuracy on the test images.",
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help=f"a {CHECKPOINT}")
    command.set_defaults(run=evaluate_checkpoint)

    command = commands.add_parser(
        "predict",
        help="classify PNG pictures",
        description="Print the class of each picture and the probability of every class. Pictures have the size that"
        " the model was trained on and, like MNIST, white strokes on black; --invert takes black on white.",
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help=f"a {CHECKPOINT}")
    command.add_argument("pictures", type=Path, nargs="+", metavar="IMAGE", help="a PNG picture")
    command.add_argument("--invert", action="store_true", help="the pictures are dark on a light ground")
    command.set_defaults(run=predict)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except ag.AutogradError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1 if isinstance(error, DivergenceError) else 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes stdout at exit, and would complain there once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
