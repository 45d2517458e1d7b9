"""Train, evaluate and predict from the command line: `python -m nn --help`.

Exit codes: 0 done; 1 the training diverged; 2 the input cannot be used, said in one line; 130 and 143 stopped by Ctrl-C
and SIGTERM; 141 nobody reads the output.
"""

import argparse
import contextlib
import functools
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import optim
from nn.atomic_write import check_writable, remove_partial_files, write_atomically
from nn.command_options import Command, parse
from nn.data import DATASETS, Splits
from nn.data.pictures import read_picture
from nn.errors import DivergenceError, OutputError, ParallelError, SettingsError
from nn.file_lock import FileLock
from nn.models import AUGMENTATIONS, DEFAULT_MODEL, RECIPES
from nn.parallel import Communicator, DataParallel, communicator, started_with
from nn.training.checkpoint import Checkpoint
from nn.training.evaluation import evaluate
from nn.training.interruption import Interruption, end_quietly_on_signals, expect_signals
from nn.training.learning_curve import learning_curve_png
from nn.training.pictures import Pictures, as_input
from nn.training.position import Position, Score
from nn.training.progress import Progress, describe
from nn.training.saving import Checkpoints, HistoryFile
from nn.training.settings import Settings, fingerprint
from nn.training.trainer import Trainer

CHECKPOINT, HISTORY, LEARNING_CURVE = "checkpoint.safetensors", "history.json", "learning_curve.png"
LOCK = ".training.lock"


class UsualOptimizer(NamedTuple):
    """How an optimiser is made, and the rate it takes where the recipe is for another one."""

    make: Callable[..., optim.Optimizer]
    lr: float


OPTIMIZERS = {
    "sgd": UsualOptimizer(optim.SGD, lr=0.1),
    "momentum": UsualOptimizer(functools.partial(optim.SGD, momentum=0.9), lr=0.02),
    "nesterov": UsualOptimizer(functools.partial(optim.SGD, momentum=0.9, nesterov=True), lr=0.02),
    "adagrad": UsualOptimizer(optim.Adagrad, lr=0.01),
    "rmsprop": UsualOptimizer(optim.RMSprop, lr=1e-3),
    "adam": UsualOptimizer(optim.Adam, lr=1e-3),
    "adamw": UsualOptimizer(optim.AdamW, lr=1e-3),
    "nadam": UsualOptimizer(optim.NAdam, lr=1e-3),
    "radam": UsualOptimizer(optim.RAdam, lr=1e-3),
    "lion": UsualOptimizer(optim.Lion, lr=2e-4),
}
SCHEDULES: dict[str, Callable[[float, int], optim.schedules.Schedule]] = {
    "constant": lambda lr, steps: optim.schedules.constant(lr),
    "linear": lambda lr, steps: optim.schedules.linear(lr, steps, final=0.01),
    "cosine": lambda lr, steps: optim.schedules.cosine(lr, steps),
    "one-cycle": lambda lr, steps: optim.schedules.one_cycle(lr, steps),
}


def train(options: argparse.Namespace) -> int:
    """Train a model, or go on with a training; started by mpirun, together with other processes."""
    together = communicator()
    try:
        directory: Path = options.out or Path("runs", options.model or DEFAULT_MODEL)
        taken = f"a training in {directory} is going on already"
        lock = FileLock(directory / LOCK, taken=taken, advice="choose another --out")
        with lock if together.rank == 0 else contextlib.nullcontext():
            return _train_in(directory, options, together)
    except ag.AutogradError as error:
        if together.size == 1:
            raise
        together.abort(*_last_words(error))


def _train_in(directory: Path, options: argparse.Namespace, together: Communicator) -> int:
    """What `train` does, as the only one in the directory."""
    is_first, saved = together.rank == 0, None
    if is_first:
        saved = _saved_training(directory, resume=options.resume)
        check_writable(directory, (CHECKPOINT, HISTORY, LEARNING_CURVE))
        for name in (HISTORY, LEARNING_CURVE):
            remove_partial_files(directory / name)
    splits, settings = _data_and_settings(options, together, saved)
    train, validation = (
        Pictures(part, settings.objective, settings.classes) for part in (splits.train, splits.validation)
    )
    history = HistoryFile(directory / HISTORY, notes={"settings": asdict(settings), "test": None})
    trainer = _trainer(
        settings,
        len(train),
        compile=None if options.compile else False,
        parallel=DataParallel(settings.shards, communicator=together) if settings.shards else None,
        callbacks=[
            Checkpoints(directory / CHECKPOINT, every_seconds=options.save_every, notes={"settings": asdict(settings)}),
            history,
            Progress("images"),
        ],
    )
    if saved is not None:
        saved.restore(trainer)
    if is_first:
        _introduce(settings, trainer, splits)
    with Interruption() as interruption:
        finished = trainer.fit(
            train,
            validation,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            seed=settings.seed,
            augment=AUGMENTATIONS[settings.augmentation],
            interrupted=interruption.requested,
        )
    if not finished:
        if is_first:
            print(f"stopped {_where(trainer.position)}, which is saved; --resume goes on from there", file=sys.stderr)
        codes = together.gather(np.array(interruption.exit_code))  # a signal may have come to one of several alone
        together.wait(codes)
        return int(codes.value.max())
    test = trainer.evaluate(Pictures(splits.test, settings.objective, settings.classes))
    if is_first:
        history.notes["test"] = test
        history.write(trainer.history)
        _conclude(directory, settings, trainer, test)
    return 0


def _data_and_settings(
    options: argparse.Namespace, together: Communicator, saved: Checkpoint | None
) -> tuple[Splits, Settings]:
    """The data, and the settings on which the first process decides."""
    asked = {
        name: value
        for name in ("model", "optimizer", "lr", "schedule", "augmentation", "batch_size", "epochs", "seed", "shards")
        if (value := getattr(options, name)) is not None
    }
    is_first = together.rank == 0
    chosen = b""
    if is_first:
        splits = DATASETS[options.dataset].load(options.data_dir)
        if saved is None:
            asked.setdefault("shards", max(8, together.size) if together.size > 1 else 0)
            settings = _new_settings(options.dataset, asked, splits)
        else:
            settings = _resumed_settings(saved, asked, splits)
        if together.size > 1 and not settings.shards:
            raise SettingsError(
                f"cannot resume with {together.size} processes: the training was started without --shards, and they"
                " would end at other weights; go on without mpirun, or choose another --out"
            )
        chosen = json.dumps(asdict(settings)).encode()
    settings = Settings.from_json(json.loads(together.broadcast(chosen)))
    if not is_first:  # by now a data set that had to be fetched is in the cache
        splits = DATASETS[options.dataset].load(options.data_dir)
        if fingerprint(splits) != settings.data:
            raise ParallelError(f"process {together.rank} has other data than process 0; give all the same --data-dir")
    return splits, settings


def _saved_training(directory: Path, *, resume: bool) -> Checkpoint | None:
    path = directory / CHECKPOINT
    if not os.path.lexists(path):
        return None
    if not resume:
        raise OutputError(f"{path} exists already; go on with it by --resume, or choose another --out")
    return Checkpoint.load(path)


def _new_settings(dataset: str, asked: dict[str, Any], splits: Splits) -> Settings:
    """The model's recipe, unless something else is asked for."""
    model = asked.get("model", DEFAULT_MODEL)
    recipe = RECIPES[model]
    optimizer = asked.get("optimizer", recipe.optimizer)
    settings = {
        "model": model,
        "image_size": splits.image_shape,
        "classes": splits.classes,
        "loss": recipe.loss,
        "optimizer": optimizer,
        "lr": recipe.lr if optimizer == recipe.optimizer else OPTIMIZERS[optimizer].lr,
        "schedule": recipe.schedule,
        "augmentation": recipe.augmentation,
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "seed": 0,
        "data": fingerprint(splits),
        "dataset": dataset,
    }
    return Settings(**(settings | asked))


def _resumed_settings(saved: Checkpoint, asked: dict[str, Any], splits: Splits) -> Settings:
    settings = Settings.of_checkpoint(saved)
    for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if getattr(settings, name) not in known:
            raise saved.error(f"the checkpoint's {name} {getattr(settings, name)!r} is unknown here")
    return settings.going_on(asked, splits, saved.position.epoch)


def _trainer(settings: Settings, examples: int, **more: Any) -> Trainer:
    model = settings.build_model()
    steps = settings.epochs * math.ceil(examples / settings.batch_size)
    return Trainer(
        model,
        settings.objective.loss,
        OPTIMIZERS[settings.optimizer].make(model.parameters(), lr=settings.lr),
        schedule=SCHEDULES[settings.schedule](settings.lr, steps),
        metrics=["accuracy"],
        **more,
    )


def _introduce(settings: Settings, trainer: Trainer, splits: Splits) -> None:
    parameters = sum(parameter.size for parameter in trainer.model.parameters())
    steps = settings.epochs * math.ceil(len(splits.train) / settings.batch_size)
    schedule = SCHEDULES[settings.schedule](settings.lr, steps)
    course = f" rising from {schedule(0):g}," if schedule(0) < settings.lr else ""
    course += f" falling to {schedule(steps):g}" if schedule(steps) < settings.lr else ""
    print(f"model: {settings.model}, {parameters:,} parameters")
    print(
        f"recipe: {settings.optimizer}, rate {settings.lr:g}{course}, mini-batches of {settings.batch_size},"
        f" {settings.epochs} epoch{'s' * (settings.epochs > 1)}, augmentation {settings.augmentation},"
        f" seed {settings.seed}"
    )
    print(
        f"data: {len(splits.train):,} to train on, {len(splits.validation):,} to validate, {len(splits.test):,}"
        f" to test; {splits.image_shape[0]}x{splits.image_shape[1]}, {splits.classes} classes"
    )
    if (parallel := trainer.parallel) is not None:
        threads = ag.get_num_threads()
        print(
            f"mini-batches in {parallel.shards} shards, computed by {parallel.processes}"
            f" process{'es' * (parallel.processes > 1)} of {threads} thread{'s' * (threads > 1)}"
        )
    if trainer.position.epoch == settings.epochs:
        print("this training is complete already")
    elif trainer.position.step:
        print(f"going on {_where(trainer.position)}")
    sys.stdout.flush()


def _conclude(directory: Path, settings: Settings, trainer: Trainer, test: Score) -> None:
    print(f"test: {describe(test)}")
    print(f"checkpoint: {directory / CHECKPOINT}")
    print(f"history: {directory / HISTORY}")
    print(f"learning curve: {_draw_curve(directory, settings, trainer, test)}")


def _draw_curve(directory: Path, settings: Settings, trainer: Trainer, test: Score) -> str:
    """Where the learning curve is, or why it is not."""
    if len(trainer.history) < 2:
        return "not drawn, since one epoch is a point"
    try:
        png = learning_curve_png(trainer.history, f"{settings.model}: test {describe(test)}")
    except ModuleNotFoundError:
        return "not drawn, since matplotlib is missing (pip install 'autograd-core[plot]')"
    write_atomically(directory / LEARNING_CURVE, png)
    return str(directory / LEARNING_CURVE)


def _where(position: Position) -> str:
    if position.batch == 0:
        return f"after epoch {position.epoch}"
    return f"in epoch {position.epoch + 1} after mini-batch {position.batch}"


def evaluate_checkpoint(options: argparse.Namespace) -> int:
    """Print how well a trained model does on the test images."""
    checkpoint = Checkpoint.load(options.checkpoint)
    settings = Settings.of_checkpoint(checkpoint)
    splits = DATASETS[settings.dataset].load(options.data_dir)
    settings.check_form(splits)
    model = checkpoint.restore_model(settings.build_model())
    if fingerprint(splits) != settings.data:
        print("note: the model was trained on another data set than this", file=sys.stderr)
    pictures = Pictures(splits.test, settings.objective, settings.classes)
    test = evaluate(model, settings.objective.loss, pictures, ["accuracy"])
    print(f"test: {describe(test)} ({len(pictures):,} images)")
    return 0


def predict(options: argparse.Namespace) -> int:
    """Print the class of each picture, and the probability of every class."""
    checkpoint = Checkpoint.load(options.checkpoint)
    settings = Settings.of_checkpoint(checkpoint)
    model = checkpoint.restore_model(settings.build_model()).eval()
    objective = settings.objective
    pictures = [read_picture(path, settings.image_size, invert=options.invert) for path in options.pictures]
    for path, picture in zip(options.pictures, pictures, strict=True):
        for note in picture.notes:
            print(f"note: {path}: {note}", file=sys.stderr)
    with ag.no_grad():
        outputs = model(ag.tensor(as_input(np.stack([picture.pixels for picture in pictures]))))
    for path, probabilities in zip(options.pictures, objective.probabilities(outputs.numpy()), strict=True):
        print(f"{path}: {probabilities.argmax()}")
        for first in range(0, len(probabilities), 10):
            row = probabilities[first : first + 10]
            print("   " + "".join(f"  {label}: {share:.4f}" for label, share in enumerate(row, start=first)))
    if objective.note:
        print(f"({objective.note})")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a trained model as an ONNX file."""
    import nn.onnx

    checkpoint = Checkpoint.load(options.checkpoint)
    settings = Settings.of_checkpoint(checkpoint)
    model = checkpoint.restore_model(settings.build_model())
    pictures = as_input(np.zeros((2, *settings.image_size), np.uint8))
    try:
        nn.onnx.export(
            model, pictures, options.model, input_names=["pictures"], output_names=["outputs"], dynamic={0: "batch"}
        )
    except ModuleNotFoundError as error:
        raise SettingsError(str(error)) from error
    print(f"{options.model}: {settings.model}, pictures (batch, 1, {settings.image_size[0]}, {settings.image_size[1]})")
    return 0


def playground(options: argparse.Namespace) -> int:
    """Serve the playground until Ctrl-C."""
    import asyncio
    import webbrowser

    from nn.playground.server import serve

    def ready(address: str) -> None:
        print(f"playground: {address}\n(for this machine alone; Ctrl-C ends it)", flush=True)
        if not options.no_browser:
            webbrowser.open(address)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(lambda parameters, rate: optim.SGD(parameters, lr=rate), options.port, ready))
    return 0


COMMANDS: dict[str, Command] = {
    "train": train,
    "evaluate": evaluate_checkpoint,
    "predict": predict,
    "export": export,
    "playground": playground,
}


def _last_words(error: ag.AutogradError) -> tuple[str, int]:
    """What is said of an error, in one line, and the exit code."""
    return f"error: {' '.join(str(error).split())}", 1 if isinstance(error, DivergenceError) else 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    expect_signals()
    try:
        options = parse(arguments, COMMANDS, optimizers=OPTIMIZERS, schedules=SCHEDULES)
        if options.run is not train and started_with() > 1:
            raise SettingsError("only train is for several processes; leave mpirun out")
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except ag.AutogradError as error:
        words, code = _last_words(error)
        print(words, file=sys.stderr)
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes stdout at exit, and would complain there once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    exit_code = main()
    end_quietly_on_signals()
    sys.exit(exit_code)
