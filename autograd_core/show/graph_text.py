"""A graph in the languages of two programs that draw graphs from text: Graphviz's dot, and Mermaid, of Markdown."""

from __future__ import annotations

from autograd_core.show.captions import SYMBOLS, quantity
from autograd_core.show.snapshot import Entry, Snapshot
from autograd_core.show.svg import GRADIENT, VALUE


def dot(snapshot: Snapshot) -> str:
    """For Graphviz, from the leaves on the left to the result."""
    lines = ["digraph {", "  rankdir=LR", '  node [fontname="Helvetica"]']
    for n, entry in enumerate(snapshot.entries):
        shape = "ellipse" if entry.op else "plaintext" if entry.role == "constant" else "box"
        label = "".join(
            f'<TR><TD><FONT COLOR="{colour}">{_html(text)}</FONT></TD></TR>' for text, colour in _lines(entry)
        )
        lines.append(f'  n{n} [shape={shape}, label=<<TABLE BORDER="0" CELLSPACING="0">{label}</TABLE>>]')
    lines += [f"  n{source} -> n{n}" for n, entry in enumerate(snapshot.entries) for source in entry.inputs]
    return "\n".join([*lines, "}", ""])


def mermaid(snapshot: Snapshot) -> str:
    """For Mermaid, from the leaves on the left to the result."""
    lines = ["flowchart LR"]
    for n, entry in enumerate(snapshot.entries):
        label = "<br>".join(_entities(text) for text, _ in _lines(entry))  # a colour would need style, and end entities
        before, after = ('(["', '"])') if entry.op else ('["', '"]')
        lines.append(f"  n{n}{before}{label}{after}")
    lines += [f"  n{source} --> n{n}" for n, entry in enumerate(snapshot.entries) for source in entry.inputs]
    return "\n".join([*lines, ""])


def _lines(entry: Entry) -> list[tuple[str, str]]:
    """What is written on a node, and in which colour: its name or op, its value, its gradient."""
    black = "black"
    title = SYMBOLS.get(entry.op_name, entry.op_name) if entry.op else entry.name
    lines = [(title, black)]
    value = quantity(entry.value)
    if value not in ("", title):
        lines.append((f"{entry.label} = {value}" if entry.op and entry.label else value, VALUE))
    if entry.kind:
        lines.append((entry.kind, black))
    if entry.value_spread is not None and not value:
        lines.append((f"from {quantity(entry.value_spread.low)} to {quantity(entry.value_spread.high)}", VALUE))
    if entry.gradient is not None and entry.role in ("node", "box"):
        lines.append((f"gradient {quantity(entry.gradient)}", GRADIENT))
    return lines


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _entities(text: str) -> str:
    """Text that Mermaid does not read: marks that may mean something to it by their numbers."""
    return "".join(c if c.isalnum() or not c.isascii() or c in " .,+-=()" else f"#{ord(c)};" for c in text)
