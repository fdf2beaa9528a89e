# SPDX-License-Identifier: Apache-2.0
"""What of a run is committed, so that no rollback reaches it."""

import re
from collections.abc import Callable

import sqlalchemy
from sqlalchemy import event

_READS = re.compile(r'\s*(?:select|show)\b', re.IGNORECASE)
_COMMITS = re.compile(r'\s*(?:commit|end)\b', re.IGNORECASE)


class Kept:
    """What the commits of a connection keep.

    ``revisions`` counts those that are committed with their version row. A
    revision commits in the middle with ``autocommit_block()``, or by hand:
    ``part`` tells whether something is committed of one that is not recorded.
    ``unsure`` is true while the answer to a commit is out: if the connection
    is lost then, nobody knows whether it was done. ``before_commit`` is called
    before what is sent may commit, and ``before_part`` if that is a part of a
    revision. On SQLite a revision's own commits do nothing. On PostgreSQL they set
    ``is_cut``: Alembic may not know, and would refuse an ``autocommit_block()`` of a
    later revision in the transaction that is no more.
    """

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self.revisions = self.statements = 0
        self.part = ''
        self.unsure = self.is_cut = False
        self.before_commit: Callable[[], None] | None = None
        self.before_part: Callable[[], None] | None = None
        self._running = ''
        self._recorded = self._changes = 0
        self._is_whole = connection.dialect.name == 'sqlite'
        self._is_shared = connection.dialect.name == 'postgresql'
        event.listen(connection, 'commit', self._commit)
        event.listen(connection, 'begin', self._begin)
        event.listen(connection, 'before_cursor_execute', self._send)
        event.listen(connection, 'after_cursor_execute', self._sent)

    def begin(self, revision: str) -> None:
        """Begin with a revision, perhaps for the second time."""
        self._running = revision
        self.statements = self._changes = 0

    def record(self) -> None:
        """Note that the version row of the revision is written."""
        self._running = ''
        self._recorded += 1

    def record_before(self, revisions: int) -> None:
        """Note that the version row is that of so many revisions before this one."""
        self._recorded += revisions

    def settle(self) -> None:
        """Note that what was sent has ended well."""
        if self.unsure:
            self.keep()

    def roll_back(self) -> None:
        """Note that the transaction was rolled back; no revision runs."""
        self._running = ''
        self._changes = 0
        self._recorded = self.revisions

    def keep(self) -> None:
        """Note that what is recorded is committed, or will be whatever comes."""
        self.unsure = False
        self.revisions = self._recorded
        if self._changes or self.part != self._running:
            self.part = self._running if self._changes else ''

    def _commit(self, _connection: sqlalchemy.Connection) -> None:
        if self._is_whole and self._running:
            return
        if self.before_commit:
            self.before_commit()
        if self.before_part and self._running:
            self.before_part()
        self.is_cut = self.is_cut or self._is_shared and bool(self._running)
        self.unsure = True

    def _begin(self, _connection: sqlalchemy.Connection) -> None:
        self.settle()

    def _send(self, connection: sqlalchemy.Connection, _cursor: object, statement: str,
              *_rest: object) -> None:
        self.settle()
        if _commits(connection, statement):
            self._commit(connection)

    def _sent(self, connection: sqlalchemy.Connection, _cursor: object, statement: str,
              *_rest: object) -> None:
        self.statements += 1
        self._changes += not _READS.match(statement) and not _COMMITS.match(statement)
        self.settle()


def _commits(connection: sqlalchemy.Connection, statement: str) -> bool:
    autocommit = connection.get_execution_options().get('isolation_level') == 'AUTOCOMMIT'
    return autocommit or bool(_COMMITS.match(statement))
