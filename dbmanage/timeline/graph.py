# SPDX-License-Identifier: Apache-2.0
"""The graph of the revisions: Alembic's, order and all, without Alembic.

What is out of the ordinary (a step as in REV+2, a branch as in LABEL@head) is
not told here; Alembic is asked for it. tests/timeline/test_equivalence.py
compares the two.
"""

from __future__ import annotations

import functools
import graphlib
import operator
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

from dbmanage.timeline import files

# Alembic takes the beginning of a longer id, if it has as many characters.
SHORTEST_PREFIX = 4
_Ways = Callable[[files.Revision], Iterable[str]]


class Graph:
    """Sound revisions, each linked to those around it."""

    def __init__(self, found: Iterable[files.File]) -> None:
        self.revisions = {file.revision: files.Revision(file) for file in found}
        self.labels = {label: one for one in self.revisions.values()
                       for label in one.file.branch_labels}
        self._link()
        for one in set(self.labels.values()):
            self._spread(one)

    @functools.cached_property
    def heads(self) -> list[str]:
        """The ids that no other follows in a branch, in the order of the files."""
        return [id_ for id_, one in self.revisions.items() if not one.nextrev]

    @functools.cached_property
    def effective_heads(self) -> list[str]:
        """The heads that no other revision depends on, either."""
        return [id_ for id_ in self.heads if not self.revisions[id_].dependents]

    def resolve(self, name: str) -> list[files.Revision] | None:
        """Return what an id, its beginning, a label or a symbol means.

        None is returned for whatever else it may be.
        """
        if name in self.revisions or name in self.labels:
            return [self.revisions.get(name) or self.labels[name]]
        if name == 'base':
            return []
        if name == 'heads' or (name == 'head' and len(self.heads) < 2):
            return [self.revisions[id_] for id_ in (
                self.heads if name == 'head' else self.effective_heads)]
        if name == 'head' or '@' in name or name.startswith('-'):
            return None
        found = [one for one in (*self.revisions, *self.labels)
                 if len(one) >= SHORTEST_PREFIX and one.startswith(name)]
        return self.resolve(found[0]) if len(found) == 1 else None

    def lineage(self, ids: Iterable[str]) -> set[str]:
        """Return the ids and those of all that they need."""
        return self._reach(ids, lambda one: one.needs)

    def between(self, lower: Sequence[str], name: str) -> list[files.Revision] | None:
        """Return what a name needs and the lower ids lack, in Alembic's order.

        Each comes before all that it needs. None is returned where Alembic would
        perhaps refuse.
        """
        ends = self.resolve(name)
        if ends is None or not self.revisions.keys() >= {*lower}:
            return None
        there = self.lineage(lower)
        if len(lower) > 1 and any(self.lineage([id_]) & {*lower} > {id_} for id_ in lower):
            return None
        upper = [one.revision for one in ends]
        return self._ordered(self.lineage(upper) - there, upper)

    def _ordered(self, ids: Iterable[str], ends: Iterable[str]) -> list[files.Revision] | None:
        position = {id_: number for number, id_ in enumerate(self.revisions)}
        todo, found = set(ids), list[files.Revision]()
        ahead, at = sorted(todo.intersection(ends), key=position.__getitem__), 0
        while ahead:
            blocked = self._above(ahead, at) if len(ahead) > 1 else None
            if blocked is not None:
                at = blocked
                continue
            one = self.revisions[ahead[at]]
            found.append(one)
            todo.remove(one.revision)
            below = [id_ for id_ in one.needs if id_ in todo and id_ not in ahead]
            ahead[at:at + 1] = below[:1]
            ahead += below[1:]
            at = at if below else max(at - 1, 0)
        return None if todo else found

    def _above(self, ahead: Sequence[str], at: int) -> int | None:
        """Return which of the others needs the one at a place, if one does."""
        bit = self._lineages[ahead[at]].bit_length() - 1
        return next((place for place, id_ in enumerate(ahead)
                     if place != at and self._lineages[id_] >> bit & 1), None)

    @functools.cached_property
    def _lineages(self) -> dict[str, int]:
        """What each revision needs, as a set of bits; its own is the highest."""
        order = graphlib.TopologicalSorter(
            {id_: one.needs for id_, one in self.revisions.items()}).static_order()
        found = dict[str, int]()
        for number, id_ in enumerate(order):
            found[id_] = functools.reduce(
                operator.or_, (found[below] for below in self.revisions[id_].needs), 1 << number)
        return found

    def _link(self) -> None:
        for one in self.revisions.values():
            for parent in one.needs:
                self.revisions[parent].nextrev.append(one.revision)
        needy = {one.revision: self._dependencies(one)
                 for one in self.revisions.values() if one.dependencies}
        for id_, needed in needy.items():
            below = self._reach([id_], lambda one: one.down_revisions) - {id_}
            covered = {name for other in needy.keys() & below for name in needy[other]}
            one = self.revisions[id_]
            one.needs = tuple(dict.fromkeys(
                (*one.needs, *(name for name in needed if name not in covered))))
            for name in needed:
                self.revisions[name].dependents.append(id_)

    def _dependencies(self, one: files.Revision) -> list[str]:
        return list(dict.fromkeys(
            self.labels[name].revision if name in self.labels else name
            for name in one.dependencies))

    def _spread(self, start: files.Revision) -> None:
        """Give the labels of a revision to its branch.

        They go up to the heads; and down to the branch point or the merge, unless
        there is one of them above.
        """
        above = self._reach([start.revision], lambda one: one.nextrev)
        for id_ in above:
            self.revisions[id_].branch_labels.update(start.file.branch_labels)
        if any(self.revisions[id_].is_crossing for id_ in above):
            return
        below = start
        while below.down_revisions:
            below = self.revisions[below.down_revisions[0]]
            if below.is_crossing:
                return
            below.branch_labels.update(start.file.branch_labels)

    def _reach(self, ids: Iterable[str], ways: _Ways) -> set[str]:
        seen, ahead = set[str](), [*ids]
        while ahead:
            id_ = ahead.pop()
            if id_ not in seen:
                seen.add(id_)
                ahead.extend(ways(self.revisions[id_]))
        return seen
