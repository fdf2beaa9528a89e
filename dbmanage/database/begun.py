# SPDX-License-Identifier: Apache-2.0
"""The note of a run, on PostgreSQL, on a revision that commits by itself.

It is written in the transaction that such a commit ends, and goes with the one
that records the revision: a revision that has none commits no part of itself.
"""

from __future__ import annotations

import contextlib

import sqlalchemy
from sqlalchemy import schema

from dbmanage import output
from dbmanage.database import journal
from dbmanage.database import waiting


class Begun:
    """The revisions that an earlier run, or this one, has committed a part of."""

    def __init__(self, connection: sqlalchemy.Connection, table: sqlalchemy.Table) -> None:
        self.earlier = set[str]()
        self._connection = connection
        self._table = table
        self.running = ''
        self._noted = set[str]()

    def load(self) -> None:
        """Read what earlier runs have left, before an attempt of this one."""
        self.take_back()
        self.earlier = {one.revision for one in journal.read(self._connection, self._table)}
        self._noted = set()
        self._connection.commit()

    def begin(self, revision: str) -> None:
        """Begin with a revision, perhaps for the second time."""
        self.running = revision
        if self.is_repeated:
            output.say(f'revision {revision} has committed a part of itself in an earlier run; '
                       'all of it is run again')

    @property
    def is_repeated(self) -> bool:
        """Whether the revision that runs was begun by an earlier run, too."""
        return self.running in self.earlier

    def write(self) -> None:
        """Note the revision that runs, before it commits; those before it have ended."""
        if self._noted == {self.running}:
            return
        self._send(schema.CreateTable(self._table, if_not_exists=True))
        self._send(self._table.delete().where(
            self._table.c.revision.in_({*self._noted, self.running})))
        self._send(self._table.insert().values(
            revision=self.running, number=0, statement='a commit of its own', done=False,
            fingerprint='', hash='', before='', reads='', answer='', answers='',
            runner=waiting.runner(), connection=0, started=sqlalchemy.func.now()))
        self._noted = {self.running}

    def clear(self, connection: sqlalchemy.Connection) -> None:
        """Forget what this run has ended, in the transaction that records it."""
        ended = self._noted | ({self.running} & self.earlier)
        if ended:
            connection.execute(self._table.delete().where(self._table.c.revision.in_(ended)))

    def take_back(self) -> None:
        """Forget what this run has noted, for nothing of it was committed."""
        noted = self._noted - self.earlier
        self._connection.rollback()
        if noted:
            # Where this fails the note was rolled back, or the connection is lost.
            with contextlib.suppress(self._connection.dialect.loaded_dbapi.Error):
                self._send(self._table.delete().where(self._table.c.revision.in_(noted)))
                self._connection.connection.commit()

    def forget(self) -> None:
        """Forget all: a person says where the database is."""
        if journal.read(self._connection, self._table):
            self._connection.execute(self._table.delete())

    def _send(self, statement: sqlalchemy.ClauseElement | schema.CreateTable) -> None:
        # On the driver's cursor: this is no statement of the revision that commits.
        self._connection.connection.cursor().execute(str(statement.compile(
            self._connection, compile_kwargs={'literal_binds': True})))
