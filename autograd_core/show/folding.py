"""Graphs too large to be drawn node by node: the nodes of a module are one box, and those of one op at one level.

Which module a node is of, `scope.py` finds out. A level is the number of times that the way from the leaves to a node
went from one box into another; so no box depends on another that depends on it, and there are as many boxes of a
module as there are times that the graph comes back to it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Literal

from autograd_core.errors import ArgumentError
from autograd_core.show.scope import Scope
from autograd_core.show.snapshot import Box, Reading, Snapshot, check_limit, clean, nearest
from autograd_core.value import CONSTANT

INSIDE = 200
"""Nodes of a box of one op that can be looked into."""
_READABLE = 100
"""Nodes of a module that are shown one by one where one looks into it: many are the same, once for each example."""
_PICTURES, _ENTRIES = 300, 5000
"""Of how many boxes the insides are kept, and how many nodes there are in these at most."""
_NO_MODULES = 1 << 30
"""A level deeper than that of any module."""
_MERGED = 3000
"""Among so many boxes and nodes it is found out which boxes of a module can be one."""


@dataclass(frozen=True, eq=False, slots=True)
class Cluster:
    """What a box is of: a module, by all names around it, an op, or leaves that have the same users.

    Of each kind at a level there is one, so that they are compared by identity: there may be 100,000 nodes.
    """

    of: Literal["module", "op", "leaves"]
    name: Any
    level: int = 0


def take_folded(reading: Reading, scope: Scope, limit: int, depth: int | None = None) -> Snapshot:
    """The graph; the modules of `scope` are boxes, of which the outermost `depth` levels are opened.

    Of more than `limit` nodes those of one op at one level are a box, too.
    Errors: ArgumentError for a limit below 1, and a depth below 0 or without modules.
    """
    check_limit(limit)
    if depth is not None and (not isinstance(depth, Integral) or depth < 0 or not scope.names):
        raise ArgumentError(
            f"show: depth={depth!r}; it says how many levels of modules are opened, a whole number from 0 on"
            + ", and needs module=, which has them" * (not scope.names)
        )
    scope.check(reading.order)
    folder = _Folder(reading, scope, limit)
    view, snapshot = folder.picture(reading.order, depth or 0)
    folder.look_inside(view, snapshot, depth or 0)
    return snapshot


class _Folder:
    """One graph being folded."""

    def __init__(self, reading: Reading, scope: Scope, limit: int) -> None:
        self.reading = reading
        self.scope = scope
        self.limit = limit
        self.around = scope.around_nodes(reading.order)

    def picture(
        self, nodes: Sequence[Any], level: int, outer: _View | None = None, box: Box | None = None
    ) -> tuple[_View, Snapshot]:
        """These nodes, in which modules of a level are boxes: all, or those in a `box` of the view `outer`."""
        folded = ""
        keys = self._keys(nodes, level)
        view = None
        foldable = box is None or box.of == "module"  # what is in a box of one op is to be seen
        limit = self.limit if box is None else min(self.limit, _READABLE)
        if not foldable or sum(key.of == "op" for key in keys.values()) <= limit:
            of_modules = {node: key if key.of == "module" else None for node, key in keys.items()}
            view = _View(nodes, of_modules, False, self.scope, outer, box)
        if view is None or (foldable and len(view.items) > limit):
            view = _View(nodes, keys, True, self.scope, outer, box)
            folded = f"{len(nodes):,} nodes; those of one op at one level are one"
        shown = set(view.items)
        if foldable and len(shown) > self.limit:
            shown = nearest(view.ends[-1], self.limit, view.inputs_of)
            view.whole = False
            folded = f"only what is nearest to the result, of {len(nodes)} nodes; … stands for others"
        snapshot = self.reading.snapshot([end for end in view.ends if end in shown], view.inputs_of, shown)
        if len(shown) < len(view.items):
            ends = [replace(e, name="…") if e.role == "beyond" else e for e in snapshot.entries]
            snapshot = replace(snapshot, entries=tuple(ends))
        whole = f"Inside {box.name}" if box else ""
        return view, replace(snapshot, whole=whole, folded=folded, insides={})

    def _keys(self, nodes: Sequence[Any], level: int) -> dict[Any, Cluster]:
        """What each computed node could be in a box with, of its own level."""
        known: dict[Any, Cluster] = {}
        keys: dict[Any, Cluster] = {}
        for node in nodes:
            if not node.parents:
                continue
            around = self.around.get(node, ())
            if len(around) > level:
                around = around[: level + 1]
                keys[node] = known.get(around) or known.setdefault(around, Cluster("module", around))
            else:
                op = node.op.name
                keys[node] = known.get(op) or known.setdefault(op, Cluster("op", op))
        if (result := self.reading.start) in keys and keys[result].of == "op":
            keys[result] = Cluster("op", result)  # which is always seen by itself
        return keys

    def look_inside(self, view: _View, snapshot: Snapshot, level: int) -> None:
        """Give a snapshot the pictures of what is in its boxes, and these of theirs, outer ones first."""
        waiting = deque([(view, snapshot, level)])
        pictures, entries = _PICTURES, _ENTRIES
        while waiting:
            view, snapshot, level = waiting.popleft()
            for place, box in enumerate(snapshot.nodes if view.whole else ()):  # of so many, none is worth a page
                if not isinstance(box, Box) or snapshot.entries[place].role != "box" or not (pictures and entries > 0):
                    continue
                if box.of == "module" or (box.of == "op" and len(box.members) <= INSIDE):
                    deeper = level + 1 if box.of == "module" else _NO_MODULES
                    inner, inside = self.picture(box.members, deeper, view, box)
                    snapshot.insides[place] = inside
                    pictures, entries = pictures - 1, entries - len(inside.entries)
                    waiting.append((inner, inside, deeper))


class _View:
    """Nodes and boxes, and from which of them each is made."""

    def __init__(
        self,
        nodes: Sequence[Any],
        keys: Mapping[Any, Cluster | None],
        by_op: bool,
        scope: Scope,
        outer: _View | None,
        box: Box | None,
    ) -> None:
        self.whole = True
        self._outer = outer
        self._scope = scope
        self._item: dict[Any, Any] = {}  # where each node is shown
        clusters = _merged(nodes, _levels(nodes, keys))
        leaf_users: dict[Any, dict[Any, None]] = defaultdict(dict)  # the clusters that use it, in order
        sources: dict[Any, dict[Any, None]] = defaultdict(dict)  # of a cluster, what it uses of others
        exits: set[Any] = {nodes[-1]} if box is None else set(box.exits)
        for node, cluster in clusters.items():
            for parent in node.parents:
                theirs = clusters.get(parent)
                if theirs is None:
                    leaf_users[parent][cluster] = None
                elif theirs is not cluster:
                    exits.add(parent)
                else:
                    continue
                sources[cluster][parent] = None
        of_leaves: dict[Any, Cluster] | None = {} if by_op else None
        members: dict[Any, list[Any]] = defaultdict(list)
        for node in nodes:
            cluster = clusters.get(node)
            if cluster is None:
                cluster = self._of_leaf(node, tuple(leaf_users[node]), of_leaves)
            members[cluster].append(node)
        self._fill_boxes(members, sources, exits)
        self.items = list(dict.fromkeys(self._item.values()))
        used = {source for item in self.items for source in self.inputs_of(item)}
        last = self._item[nodes[-1]]
        self.ends = [item for item in self.items if item not in used and item is not last] + [last]
        if box is not None:  # of which none is the result, and all come in the order in which the formula names them,
            self.ends.reverse()  # which a topological order for the backward pass has reversed

    def _fill_boxes(
        self, members: dict[Any, list[Any]], sources: dict[Any, dict[Any, None]], exits: Container[Any]
    ) -> None:
        """Make the boxes, with what they are made from and which of their nodes others use."""
        boxes: list[tuple[Box, Any]] = []
        for cluster, found in members.items():
            if isinstance(cluster, Cluster) and _is_box(cluster, found):
                used = found if cluster.of == "leaves" else [node for node in found if node in exits]
                name, kind = map(clean, _called(cluster, found, self._scope))
                item = Box(cluster.of, name, kind, found, exits=tuple(used))
                boxes.append((item, sources[cluster]))
                self._item.update(dict.fromkeys(found, item))
            else:
                self._item.update(zip(found, found, strict=True))  # an op alone, with its constants
        for item, before in boxes:
            known = dict.fromkeys(self._shown_as(parent) for parent in before if parent is not None)
            known.pop(item, None)  # in which its own parameters are
            item.parents = tuple(known) or ((None,) if None in before else ())

    def inputs_of(self, item: Any) -> Sequence[Any]:
        """What an item of this view is made from; a box comes once, however many of its nodes are used."""
        if isinstance(item, Box):
            return item.parents
        found = [None if parent is None else self._shown_as(parent) for parent in item.parents]
        boxes = {id(source) for source in found if isinstance(source, Box)}
        if len(found) == len(boxes) or not boxes:
            return found
        once = []
        for source in found:
            if not isinstance(source, Box) or id(source) in boxes:
                boxes.discard(id(source))
                once.append(source)
        return once

    def _shown_as(self, node: Any) -> Any:
        """The item that a node is in, here or outside."""
        view: _View | None = self
        while view is not None:
            if node in view._item:
                return view._item[node]
            view = view._outer
        return node

    def _of_leaf(self, leaf: Any, users: tuple[Any, ...], of_leaves: dict[Any, Cluster] | None) -> Any:
        """The cluster of a leaf: that of its only user, if it is a parameter of it or a constant, or its own.

        Of a graph that is too large leaves that have the same users are one, of those in `of_leaves`.
        """
        [user, *others] = users or (None,)
        if isinstance(user, Cluster) and not others:
            if getattr(leaf, "op", None) is CONSTANT:
                return user
            if user.of == "module" and self._scope.around_leaf(leaf)[: len(user.name)] == user.name:
                return user
        if of_leaves is None or not users:
            return leaf
        return of_leaves.get(users) or of_leaves.setdefault(users, Cluster("leaves", users))


def _levels(nodes: Sequence[Any], keys: Mapping[Any, Cluster | None]) -> dict[Any, Any]:
    """The cluster of each computed node: its key at its level, or the node itself."""
    levels: dict[Any, int] = {}
    clusters: dict[Any, Any] = {}
    known: dict[tuple[Cluster, int], Cluster] = {}
    for node in nodes:
        if not node.parents:
            continue
        key, level = keys[node], 0
        for parent in node.parents:
            before = levels.get(parent)
            if before is not None:
                if key is None or keys[parent] is not key:
                    before += 1
                if before > level:
                    level = before
        levels[node] = level
        if key is None:
            clusters[node] = node
        elif (key, level) in known:
            clusters[node] = known[key, level]
        else:
            clusters[node] = known[key, level] = Cluster(key.of, key.name, level)
    return clusters


def _merged(nodes: Sequence[Any], clusters: dict[Any, Any]) -> dict[Any, Any]:
    """The clusters; those of one module at several levels are one if nothing outside lies between them."""
    of_modules: dict[Any, list[Cluster]] = defaultdict(list)
    for cluster in dict.fromkeys(clusters.values()):
        if isinstance(cluster, Cluster) and cluster.of == "module":
            of_modules[cluster.name].append(cluster)
    several = [sorted(found, key=lambda c: c.level) for found in of_modules.values() if len(found) > 1]
    if not several or len(set(clusters.values())) > _MERGED:
        return clusters
    leads_to: dict[Any, set[Any]] = defaultdict(set)
    for node, cluster in clusters.items():
        for parent in node.parents:
            if parent in clusters and clusters[parent] is not cluster:
                leads_to[clusters[parent]].add(cluster)
    one: dict[Any, Any] = {}
    for found in several:
        first = found[0]
        for other in found[1:]:
            if _has_detour(leads_to, first, other) or _has_detour(leads_to, other, first):
                first = other
                continue
            one[other] = first
            leads_to[first] = (leads_to[first] | leads_to.pop(other, set())) - {first, other}
            for users in leads_to.values():
                if other in users:
                    users.remove(other)
                    users.add(first)
            leads_to[first].discard(first)
    return {node: one.get(cluster, cluster) for node, cluster in clusters.items()}


def _has_detour(leads_to: dict[Any, set[Any]], start: Any, end: Any) -> bool:
    """Whether a way leads from one cluster to another through a third."""
    waiting = [user for user in leads_to.get(start, ()) if user != end]
    seen = set(waiting)
    while waiting:
        for user in leads_to.get(waiting.pop(), ()):
            if user == end:
                return True
            if user not in seen:
                seen.add(user)
                waiting.append(user)
    return False


def _is_box(cluster: Cluster, members: Sequence[Any]) -> bool:
    if cluster.of == "op":
        return len(members) > 1 and sum(bool(node.parents) for node in members) > 1
    return cluster.of == "module" or len(members) > 1


def _called(cluster: Cluster, members: Sequence[Any], scope: Scope) -> tuple[str, str]:
    """A box's name, and what it is."""
    if cluster.of == "module":
        name = cluster.name[-1]
        return name, scope.kinds.get(name, "")
    if cluster.of == "op":
        computed = [node for node in members if node.parents]
        return f"{computed[0].op.name.lstrip('_')} × {len(computed)}", ""
    names = [scope.names.get(leaf) or getattr(leaf, "label", "") for leaf in members]
    first, last = min(names), max(names)
    prefix = first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
    prefix = prefix.rpartition(".")[0] or prefix
    return (f"{prefix}… × {len(members)}" if prefix else f"{len(members)} leaves"), ""
