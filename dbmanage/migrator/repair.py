# SPDX-License-Identifier: Apache-2.0
"""What a person decides about a partly applied revision, or a lost lock."""

from __future__ import annotations

import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic.runtime import migration

from dbmanage import errors
from dbmanage import output
from dbmanage.database import journal
from dbmanage.database import kind
from dbmanage.database import lock
from dbmanage.database import look
from dbmanage.database import note

if typing.TYPE_CHECKING:
    from dbmanage import migrator
    from dbmanage.migrator import working

_BEGUN = 'repair --mark-done {0}:{1}: statement {1} was done, skip it'
_CHOICES = (
    'run upgrade again: it resumes where it can',
    'repair --resume: go on, though the file, or what it reads, has changed since',
    _BEGUN,
    'repair --redo {0}:{1}: run statement {1} and what follows again',
    'repair --mark-applied {0}: all of it is done, record it',
    'repair --forget {0}: nothing of it is left, begin anew',
)
# No journal knows what a script has done.
_CHOICES_AFTER_A_SCRIPT = ('run the rest of the script', *_CHOICES[4:])
_CHOICES_AFTER_A_COMMIT = (
    'run upgrade again: all of it is run again',
    'stamp {0}: the rest of it is done by hand, record it',
    _CHOICES[5],
)

_FORMS = {'mark_done': 'REV:N', 'redo': 'REV:N', 'mark_applied': 'REV', 'forget': 'REV'}


class Repair:
    """The journal and the lock of a service, for people."""

    def __init__(self, owner: migrator.Migrator) -> None:
        self._migrator = owner
        self._table = journal.table(owner.tables.schema, owner.tables.journal)

    def repair(self, resume: bool, wait: float | None, **choices: str | None) -> output.Answer:
        """Show what is partly applied, or do the one thing that was chosen."""
        chosen = {name: value for name, value in choices.items() if value is not None}
        if resume + len(chosen) > 1:
            raise errors.UsageError('repair does one thing at a time')
        if not resume and not chosen:
            return self.show()
        if resume:
            return self._resume(wait)
        (name, value), = chosen.items()
        place = _place(str(value), _FORMS[name])
        with self._migrator.database.reading() as connection:
            self._entries(connection, *place)  # a wrong call waits for nobody
        with self._migrator.locked(wait) as work:
            act: Callable[..., None] = getattr(self, f'_{name}')
            act(work, self._entries(work.connection, *place))
            work.lock.fence(work.connection)
            work.connection.commit()
        return self.show()

    def whole_heads(self) -> list[str]:
        """Return the revisions that the database is at, and not on the way from.

        Raises PartlyApplied where something of another one is applied.
        """
        heads = self._migrator.heads()
        with self._migrator.database.reading() as connection:
            note.refuse(connection, self._migrator.tables)
            begun = {one.revision for one in journal.read(connection, self._table)}
        if begun:
            raise errors.PartlyApplied(
                f'revision {", ".join(sorted(begun))} is partly applied; run upgrade again, '
                'or see repair')
        return heads

    def show(self) -> output.Answer:
        """List the statements of the revisions that are partly applied."""
        with self._migrator.database.reading() as connection:
            entries = self._read(connection)
        if not entries:
            output.say('nothing is partly applied')
        lines = [line(one) for one in entries]
        last = {one.revision: one for one in entries}
        choices = [choice.format(one.revision, one.number)
                   for one in last.values() for choice in _choices(one)]
        return output.Answer(
            {'partly_applied': [document(one) for one in entries], 'choices': choices},
            [*lines, *choices])

    def unlock(self, yes: bool) -> output.Answer:
        """Say who holds the lock; release a Galera lease if ``yes``."""
        owner = self._migrator
        with owner.database.reading() as connection, lock.seen(
                owner.database, connection, owner.tables, owner.options.lease) as place:
            holder = lock.holder(place)
            released = bool(yes and holder and place.kind == kind.GALERA)
            if released:
                lock.release(place)
        if holder and not released:
            output.say('unlock --yes releases it' if place.kind == kind.GALERA else
                       'the lock ends with its process; there is nothing to release')
        return output.Answer({'holder': holder, 'released': released}, [
            f'{"released, it was" if released else "held by"} {holder}' if holder else 'free'])

    def _resume(self, wait: float | None) -> output.Answer:
        with self._migrator.locked(wait) as work:
            entries = self._read(work.connection)
            for revision in sorted({one.revision for one in entries if one.number}):
                journal.accept(work.connection, self._table, revision,
                               self._migrator.revisions.get(revision).fingerprint)
            work.connection.commit()
        if not entries:
            output.say('nothing is partly applied')
            return output.Answer({'from': [], 'to': [], 'changed': False, 'applied': []})
        return self._migrator.upgrade(min(one.revision for one in entries), wait)

    def _read(self, connection: sqlalchemy.Connection) -> list[journal.Entry]:
        return look.begun(connection, self._migrator.tables)

    def _entries(
        self, connection: sqlalchemy.Connection, revision: str, number: int,
    ) -> list[journal.Entry]:
        """Return the entries of a revision from a number on; UsageError if none."""
        found = [one for one in self._read(connection)
                 if one.revision == revision and one.number >= number]
        if not found or (number and found[0].number != number):
            place = f'{revision}:{number}' if number else revision
            raise errors.UsageError(f'{place} is not in the journal; repair shows what is')
        return found

    def _mark_done(self, work: working.Working, entries: Sequence[journal.Entry]) -> None:
        journal.mark_done(work.connection, self._table, entries[0])

    def _redo(self, work: working.Working, entries: Sequence[journal.Entry]) -> None:
        self._drop(work, entries[0])

    _forget = _redo

    def _drop(self, work: working.Working, entry: journal.Entry) -> None:
        if entry.number:
            journal.forget(work.connection, self._table, entry)
        elif work.begun:
            work.begun.forget()
        else:
            note.forget(work.connection, self._migrator.tables)

    def _mark_applied(self, work: working.Working, entries: Sequence[journal.Entry]) -> None:
        """Record the revision as if its statements had been run just now."""
        revision = self._migrator.revisions.get(entries[0].revision)

        def steps(_heads: Sequence[str], _context: Any) -> Sequence[migration.MigrationStep]:
            step = self._migrator.revisions.step(revision)
            step.migration_fn = lambda **_kw: None
            return [step]

        def recorded(ctx: migration.MigrationContext, **_rest: Any) -> None:
            work.lock.fence(typing.cast(Any, ctx.connection))
            self._drop(work, entries[0])

        work.connection.commit()
        self._migrator.revisions.run(steps, {
            **self._migrator.configure(work.connection),
            'transaction_per_migration': True, 'on_version_apply': recorded})


def _choices(last: journal.Entry) -> Sequence[str]:
    """Return what there is to choose after a statement."""
    if last.number:
        return [choice for choice in _CHOICES if choice != _BEGUN or not last.done]
    return _CHOICES_AFTER_A_COMMIT if last.runner else _CHOICES_AFTER_A_SCRIPT


def line(entry: journal.Entry) -> str:
    """Return the line about a statement."""
    return (f'{entry.revision}:{entry.number} {"done" if entry.done else "begun"}  '
            f'{" ".join(entry.statement.split())[:100]}')


def document(entry: journal.Entry) -> dict[str, Any]:
    """Return the JSON object of a statement."""
    return {'revision': entry.revision, 'number': entry.number, 'done': entry.done,
            'statement': entry.statement, 'runner': entry.runner}


def _place(text: str, form: str) -> tuple[str, int]:
    """Return the revision and the number that are chosen; 0 without one."""
    revision, colon, number = text.partition(':')
    wanted = form.partition(':')
    counts = number.isdecimal() and int(number) > 0
    if not revision or colon != wanted[1] or counts != bool(wanted[2]):
        raise errors.UsageError(f'{text!r} is not of the form {form}')
    return revision, int(number or 0)
