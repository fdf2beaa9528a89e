# SPDX-License-Identifier: Apache-2.0
"""What a look at a database means for this code."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence

from dbmanage.database import look

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

_SHOWN = 5  # tables


@dataclasses.dataclass(frozen=True)
class State:
    """The name of a state, a line about it, and the exit code of a check."""

    name: str
    line: str
    code: int
    missing: Sequence[files.Revision] = ()
    unknown: Sequence[str] = ()


def of(
    found: look.Found, revisions: timeline.Timeline, models: Collection[str] | None,
    lengths: Mapping[str, int | None] = types.MappingProxyType({}),
) -> State:
    """Return the state of a database; the first that is true of these.

    ``models`` are the tables that the models describe, None where nobody knows;
    ``lengths`` how many statements a begun revision has, where that is known.
    Raises Failed for a version table that no upgrade can have left.
    """
    unknown = [one for one in found.recorded or () if one not in revisions]
    if unknown or found.foreign:
        return _strange(found, unknown, revisions, models)
    at = revisions.known(found.recorded or ())
    missing = revisions.plan('heads', at)
    begun = _begun(found, revisions, lengths)
    if begun and not found.holder:
        return State('partly_applied', f'partly applied: {begun}', 6, missing)
    if found.recorded is None:
        return _unversioned(found, missing)
    if not missing:
        return State('at_head', f'at head: {", ".join(at) or "there is no revision"}', 0)
    line = f'behind: at {", ".join(at) or "base"}, {_count(missing)} to apply'
    return State('behind', f'{line}, of which {begun}' if begun else line, 3, missing)


def _strange(
    found: look.Found, unknown: Sequence[str], revisions: timeline.Timeline,
    models: Collection[str] | None,
) -> State:
    """Tell newer code of this service from another service, if that can be told.

    Both have revisions that this code lacks. Only a newer database has others that
    it knows, or has the tables of this service.
    """
    if found.foreign:
        return State('foreign', f'foreign: {found.foreign}', 7)
    at = ', '.join(one or "''" for one in unknown)
    ours = found.tables & set(models or ())
    if any(one in revisions for one in found.recorded or ()) or ours:
        return State('newer', f'newer than this code: at {at}, which this code does not have', 7,
                     unknown=unknown)
    if models:
        return State('foreign', (
            f'foreign: at {at}, which this code does not have, and without any table of the '
            f'models; {look.FOREIGN}'), 7, unknown=unknown)
    return State('newer_or_foreign', (
        f'newer or foreign: at {at}, which this code does not have; without models nothing '
        'tells whether the version table is that of another service'), 7, unknown=unknown)


def _unversioned(found: look.Found, missing: Sequence[files.Revision]) -> State:
    names = sorted(found.tables)
    if not names:
        return State(
            'empty', f'empty: no table, no revision, {_count(missing)} to apply', 3, missing)
    more = ', ...' if len(names) > _SHOWN else ''
    return State('unversioned', (
        f'never versioned, but not empty: {len(names)} table{"" if len(names) == 1 else "s"}, '
        f'{", ".join(names[:_SHOWN])}{more}'), 3, missing)


def _begun(
    found: look.Found, revisions: timeline.Timeline, lengths: Mapping[str, int | None],
) -> str:
    """Say how far each begun revision is, and how far it has to go, if that is known."""
    how = 'is being applied' if found.holder else 'stopped'
    begun = dict.fromkeys(one.revision for one in found.entries)
    return '; '.join(f'{one}{"" if one in revisions else ", which this code does not have,"} '
                     f'{how} {_progress(found, one, lengths.get(one))}' for one in begun)


def _progress(found: look.Found, revision: str, length: int | None) -> str:
    entries = [one for one in found.entries if one.revision == revision]
    if not entries[0].number:
        return ('after it had committed a part of itself' if entries[0].runner else
                'in a script, the rest of whose statements is to be run by hand')
    done = sum(one.done for one in entries)
    last = entries[-1]
    begun = '' if last.done else f', statement {last.number} was begun and may be done'
    count = f'{done} of {length}' if length else f'{done}'
    return f'after {count} statement{"" if (length or done) == 1 else "s"}{begun}'


def _count(revisions: Sequence[files.Revision]) -> str:
    return f'{len(revisions)} revision{"" if len(revisions) == 1 else "s"}'
