# SPDX-License-Identifier: Apache-2.0
"""Where a database stands: looked at, not touched."""

from __future__ import annotations

import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy

from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage.database import facade
from dbmanage.database import journal
from dbmanage.database import look
from dbmanage.database import refusal
from dbmanage.migrator import repair
from dbmanage.migrator import state

if typing.TYPE_CHECKING:
    from dbmanage import migrator


class Status:
    """The state of a service's database."""

    def __init__(
        self, owner: migrator.Migrator,
        length: Callable[[sqlalchemy.Connection, journal.Entry], int | None],
    ) -> None:
        """Take how to know the ``length`` of a revision from its last entry."""
        self._owner = owner
        self._length = length

    def status(self, check: bool) -> output.Answer:
        """Say where the database is, who works on it, and what it lacks.

        One try to connect tells: who asks again has a loop of their own.
        ``check`` makes an exit code of it: 3, 6 or 7 where a start of the
        service would be wrong.
        """
        owner = self._owner
        with look.looking(owner.database, owner.tables, owner.options.lease, 0) as eye:
            found = eye.found()
            lengths = self._lengths(eye.connection, found)
            result = state.of(found, owner.revisions, self._models(found), lengths)
            populated = self._populated(eye.connection, result)
        lacks = any(one is False for one in populated.values())
        return output.Answer(
            self._document(found, result, populated, lengths),
            self._lines(found, result, populated),
            code=(result.code or 3 * lacks) if check else 0)

    def unless(
        self, reached: Callable[[Sequence[str]], bool], patience: int,
    ) -> state.State | None:
        """Return the state of a database that has not recorded what is wanted.

        No statement waits longer than ``patience`` seconds for a table.
        """
        owner = self._owner
        with look.looking(owner.database, owner.tables, owner.options.lease, 0, patience) as eye:
            return None if reached(eye.recorded() or ()) else state.of(
                eye.found(), owner.revisions, None)

    def _lengths(
        self, connection: sqlalchemy.Connection, found: look.Found,
    ) -> dict[str, int | None]:
        """Return how many statements what is left half-way has.

        What somebody is at is not looked at: that may wait for a table.
        """
        last = {} if found.holder else {one.revision: one for one in found.entries if one.number}
        return {name: self._length(connection, one) for name, one in last.items()}

    def _models(self, found: look.Found) -> set[str] | None:
        """Return the tables of the models, where they decide something."""
        if all(one in self._owner.revisions for one in found.recorded or ()):
            return None
        try:
            metadata = facade.load(self._owner.service, self._owner.conf)
        except errors.UsageError as e:
            output.say(str(e))
            return None
        return {table.name for one in metadata for table in one.tables.values()} or None

    def _populated(
        self, connection: sqlalchemy.Connection, result: state.State,
    ) -> dict[str, bool | None]:
        """Ask each set of rows, in a transaction that may not write.

        The functions are of this code, and so are for the tables of its head.
        """
        service = self._owner.service
        answers = dict[str, bool | None].fromkeys(service.populate)
        if result.name == 'at_head' and service.populated:
            facade.load(service, self._owner.conf, service.populated.values())
            for name, place in service.populated.items():
                answers[name] = _ask(name, services.resolved(place), connection)
        return answers

    def _document(
        self, found: look.Found, result: state.State, populated: dict[str, bool | None],
        lengths: dict[str, int | None],
    ) -> dict[str, Any]:
        heads = self._owner.revisions.effective_heads()
        return {
            'state': result.name,
            'current': [{'revision': one, 'head': one in heads} for one in found.recorded or ()],
            'heads': heads,
            'missing': [{'revision': one.revision, 'message': one.message}
                        for one in result.missing],
            'unknown': list(result.unknown),
            'partly_applied': [repair.document(one) for one in found.entries],
            'statements': lengths,
            'tables': len(found.tables),
            'holder': found.holder,
            'populated': populated,
        }

    def _lines(
        self, found: look.Found, result: state.State, populated: dict[str, bool | None],
    ) -> list[str]:
        heads = self._owner.revisions.effective_heads()
        listed = result.missing if found.recorded is not None else ()
        lines = [result.line, *(f'  {one.revision} {one.message}' for one in listed),
                 *(repair.line(one) for one in found.entries if one.number)]
        if len(heads) > 1:
            lines.append(f'several heads: {", ".join(heads)}')
        lines.append(f'lock: held by {found.holder}' if found.holder else 'lock: free')
        words = {True: 'yes', False: 'no', None: 'unknown'}
        return lines + [f'populated: {name} {words[one]}' for name, one in populated.items()]


def _ask(
    name: str, is_there: Callable[[sqlalchemy.Connection], object],
    connection: sqlalchemy.Connection,
) -> bool:
    try:
        return bool(is_there(connection))
    except refusal.REFUSALS:  # told by the connection, with its name
        raise
    except Exception as e:  # noqa: BLE001 - the code of a service may raise anything
        raise errors.Failed(f'populated {name}: {errors.describe(e)}', e) from e
