# SPDX-License-Identifier: Apache-2.0
"""A name that means no revision: why, and what is near to it."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Collection
from collections.abc import Sequence

from dbmanage import errors
from dbmanage.timeline import graph

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

RELATIVE = re.compile(r'(?:(?P<branch>.+)@)?(?P<symbol>\w+)?(?P<steps>[+-]\d+)$')
SYMBOLS = ('head', 'heads')


def of(revisions: timeline.Timeline, name: str) -> Sequence[files.Revision]:
    """Return the revisions that a name means; UsageError if none."""
    if not name.rpartition('@')[2]:
        raise _unknown(revisions, name)
    found = revisions.graph.resolve(name)
    if found is not None:
        return found
    if name == 'head':
        raise _several_heads(revisions)
    if '@' not in name and not name.startswith('-'):
        raise _ambiguous(revisions, name) or _unknown(revisions, name)
    return _of_alembic(revisions, name)


def exactly(revisions: timeline.Timeline, name: str) -> Sequence[files.Revision]:
    """Return what an id, a head, base or a label means: no prefixes."""
    branch, _, rest = name.rpartition('@')
    plain = {*revisions.ids(), *revisions.labels(), *SYMBOLS, 'base'}
    if rest not in plain or (branch and branch not in plain):
        raise _unknown(revisions, name)
    return of(revisions, name)


def _of_alembic(revisions: timeline.Timeline, name: str) -> Sequence[files.Revision]:
    from alembic import util
    from alembic.script import revision as alembic_graph
    try:
        found = revisions.directory.get_revisions(name)
    except util.CommandError as e:
        if isinstance(e.__cause__, alembic_graph.MultipleHeads):
            raise _several_heads(revisions) from e
        raise _unknown(revisions, name) from e
    return [revisions.graph.revisions[one.revision] for one in found if one]


def _unknown(revisions: timeline.Timeline, name: str) -> errors.UsageError:
    """Return why a name means no revision, with what is near to it."""
    known = [*revisions.ids(), *sorted(revisions.labels()), *SYMBOLS]
    near = ([id_ for id_ in known if id_.startswith(name)]
            or difflib.get_close_matches(name, known, cutoff=0.3))[:3]
    hint = f' (did you mean {", ".join(near)}?)' if near else ''
    return errors.UsageError(f"Can't locate revision {name!r}{hint}")


def _ambiguous(revisions: timeline.Timeline, name: str) -> errors.UsageError | None:
    begun = [one for one in (*revisions.ids(), *sorted(revisions.labels()))
             if len(one) >= graph.SHORTEST_PREFIX and one.startswith(name)]
    return errors.UsageError(
        f'revision {name} is ambiguous: {", ".join(begun[:3])} ...') if begun else None


def unnamed_branch(
    revisions: timeline.Timeline, target: str, heads: Sequence[str],
    left: Sequence[files.Revision],
) -> str:
    """Say how steps are counted on one of several branches, if that is what lacks."""
    match = RELATIVE.match(target)
    branch, start, steps = match.groups() if match else (None, None, 0)
    at = {one.revision for one in revisions.resolve(start)} if start else {*heads}
    for _ in range(int(steps)):
        ways = [one for one in left if _follows(one, at) and (not branch or branch in {
            *one.branch_labels, *revisions.lineage([one])})]
        if len(at) > 1 and not branch:
            below = {id_ for one in ways for id_ in one.down_revisions}
            return _branches([revisions.get(id_) for id_ in at if id_ in below], target)
        if len(ways) > 1:
            return _branches(ways, target)
        at = {one.revision for one in ways}
    return ''


def _branches(ways: Sequence[files.Revision], target: str) -> str:
    rest = target.rpartition('@')[2]
    names = sorted(f'{_branch(one, ways)}@{rest}' for one in ways)
    return f'it does not say on which branch; name one: {", ".join(names)}' if names else ''


def _follows(revision: files.Revision, below: Collection[str]) -> bool:
    if not below:
        return not revision.down_revisions
    return not {*below}.isdisjoint(revision.down_revisions)


def _branch(head: files.Revision, heads: Sequence[files.Revision]) -> str:
    """Return the name of the branch of one of several revisions, be it its id."""
    others = {label for one in heads if one is not head for label in one.branch_labels}
    return min({*head.branch_labels} - others, default=head.revision)


def _several_heads(revisions: timeline.Timeline) -> errors.UsageError:
    found = [revisions.graph.revisions[id_] for id_ in revisions.heads()]
    heads = ', '.join(
        one.revision if branch == one.revision else f'{one.revision} ({branch}@head)'
        for one in found for branch in [_branch(one, found)])
    return errors.UsageError(
        f'there are several heads: {heads}; name one, or say heads for all of them')
