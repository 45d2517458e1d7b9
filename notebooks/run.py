"""Runs the notebooks from top to bottom and keeps what they show: `python notebooks/run.py [name.ipynb ...]`.

A file is written only if something in it has changed. Another processor rounds differently, so that a trained network
is a little better or worse there, and another matplotlib sets a label a pixel further: where the outputs say the same
as those that stand there, the old ones stay; else all are new, so that those of a file are of one run. What a notebook
writes to stderr fails it, since it would stand in the file.
"""

import base64
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[+-]?\d+)?")
_RELATIVE, _ABSOLUTE = 0.1, 0.05  # what numbers of a training may differ by from one machine to another
_PIXELS = 0.03  # of the greatest difference, on the mean over a picture
_COMPILING = "autograd_core: compiling kernels, once; later runs load them from the cache"
_NEVER_LEFT = ("image/svg+xml", "text/html")  # what is computed in doubles and rounded: the same everywhere


def run(path: Path) -> bool:
    """Run the notebook at `path`; whether the file has changed."""
    import nbclient
    import nbformat

    old = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(old, as_version=4)
    here = {"metadata": {"path": HERE}}
    nbclient.NotebookClient(notebook, timeout=600, record_timing=False, resources=here).execute()
    new = json.loads(nbformat.writes(notebook))
    tidy(new, json.loads(old))
    text = json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if text == old:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def tidy(new: dict[str, Any], old: dict[str, Any]) -> None:
    """Take out of `new` what says only when and where it was run; if it repeats the outputs of `old`, keep these.

    Raises RuntimeError if a cell has written to stderr.
    """
    new["metadata"] = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(new["cells"]):
        cell["id"] = f"cell-{number:02}"
        cell["metadata"] = {}
        if cell["cell_type"] != "code":
            continue
        for output in [output for output in cell["outputs"] if output.get("name") == "stderr"]:
            text = "".join(output["text"])
            if text.strip() != _COMPILING:
                raise RuntimeError(f"a cell wrote to stderr: {text}")
            cell["outputs"].remove(output)
        cell["outputs"] = _joined(cell["outputs"])
        for output in cell["outputs"]:
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = _smaller(output["data"]["image/png"])
    now, was = ([cell for cell in cells["cells"] if cell["cell_type"] == "code"] for cells in (new, old))
    if all(
        len(a["outputs"]) == len(b["outputs"]) and all(map(alike, a["outputs"], b["outputs"]))
        for a, b in zip(was, now, strict=True)
    ):
        for a, b in zip(was, now, strict=True):
            b["outputs"] = a["outputs"]


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was printed in pieces, as the kernel happened to send it, in one."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if joined and output["output_type"] == joined[-1]["output_type"] == "stream":
            output["text"] = [*joined.pop()["text"], *output["text"]]
        joined.append(output)
    for output in joined:
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"]).splitlines(keepends=True)
    return joined


def _smaller(png: str) -> str:
    """The picture in 256 colours, which are enough for a plot, and a third of the bytes in the repository."""
    from PIL import Image

    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def alike(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two outputs of a cell say the same: the same words, numbers that are close, pictures that are."""
    if old["output_type"] != new["output_type"]:
        return False
    if old["output_type"] == "stream":
        return _close("".join(old["text"]), "".join(new["text"]))
    if old.get("data", {}).keys() != new.get("data", {}).keys():
        return False
    return all(
        _same_picture(was, is_) if kind == "image/png" else was == is_ if kind in _NEVER_LEFT else _close(was, is_)
        for kind, was, is_ in (
            (kind, "".join(content), "".join(new["data"][kind])) for kind, content in old["data"].items()
        )
    )


def _close(old: str, new: str) -> bool:
    """The same text but for numbers, and those close; how they are padded is no difference."""
    if _NUMBER.sub("", old).split() != _NUMBER.sub("", new).split():
        return False
    was, is_ = ([float(number.replace(",", "")) for number in _NUMBER.findall(text)] for text in (old, new))
    return len(was) == len(is_) and bool(np.allclose(was, is_, rtol=_RELATIVE, atol=_ABSOLUTE))


def _same_picture(old: str, new: str) -> bool:
    if old == new:
        return True
    from PIL import Image

    was, is_ = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L").resize((64, 64)), np.float64) / 255
        for png in (old, new)
    )
    return bool(np.abs(was - is_).mean() < _PIXELS)


def main(names: list[str]) -> None:
    """Run those notebooks, or all."""
    from nn.data import mnist

    mnist()  # so that the notebooks find it in the cache, and say nothing of where it came from
    for path in map(Path, names) if names else sorted(HERE.glob("*.ipynb")):
        print(f"{path.name}: {'changed' if run(path) else 'unchanged'}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
