# SPDX-License-Identifier: Apache-2.0
"""The lock of a Galera cluster: a row that one owner keeps alive.

GET_LOCK, LOCK TABLES and SELECT ... FOR UPDATE hold on one node alone. An
UPDATE that expects what was read before it is certified on every node, so
that of two one fails: https://galeracluster.com/library/documentation/
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlalchemy import schema

from dbmanage import errors
from dbmanage.database import held
from dbmanage.database import refusal
from dbmanage.database import waiting


def table(schema_name: str | None, name: str) -> sqlalchemy.Table:
    """Return the table of the lease; it has one row."""
    return sqlalchemy.Table(
        name, sqlalchemy.MetaData(schema=schema_name),
        sqlalchemy.Column('id', sqlalchemy.Integer, primary_key=True, autoincrement=False),
        sqlalchemy.Column('owner', sqlalchemy.String(36)),
        sqlalchemy.Column('beat', sqlalchemy.BigInteger, nullable=False),
        sqlalchemy.Column('runner', sqlalchemy.String(255)),
        sqlalchemy.Column('since', sqlalchemy.DateTime),
        mysql_engine='InnoDB')


def read(connection: sqlalchemy.Connection, lease: sqlalchemy.Table) -> Any:
    """Return the row of the lease; None where it was never made."""
    if not sqlalchemy.inspect(connection).has_table(lease.name, schema=lease.schema):
        return None
    return connection.execute(lease.select()).first()


def describe(row: Any) -> str:
    """Name the runner of a row, and since when it runs."""
    return f'{row.runner}, since {row.since:%Y-%m-%d %H:%M:%S} UTC'


class Lease(held.Held):
    """The lease as one process sees it; ``ttl`` is in seconds.

    It is taken from its owner only after its beat did not change for the time
    to live by the taker's own monotonic clock: no two clocks are compared.
    """

    def __init__(
        self, engine: sqlalchemy.Engine, schema_name: str | None, name: str, ttl: float,
    ) -> None:
        self.table = table(schema_name, name)
        self.ttl = ttl
        self._engine = engine
        self._owner = str(uuid.uuid4())
        self._mine = self.table.c.owner == self._owner
        self._seen: tuple[Any, float] = (None, 0.0)
        self._alive_at = 0.0
        self._lost = False
        self._over = threading.Event()

    def take(self) -> bool:
        """Claim the lease if it is free, or if its owner seems to be dead."""
        try:
            row = self._read()
            if row is None:
                self.create()
                row = self._read()
            if row.owner is not None and not self._is_stale(row):
                return False
            return self._claim(row)
        except refusal.REFUSALS as e:
            if refusal.is_transient(e):
                return False
            raise

    def holder(self) -> str | None:
        """Name the owner, and since when it has the lease; None without one."""
        row = self._read()
        if row is None or row.owner is None:
            return None
        return describe(row)

    def check(self) -> None:
        """Raise Busy if the lease was lost, or could have been by now."""
        # The fence of a loser has the row locked: a beat would wait for it.
        if not self._lost and time.monotonic() - self._alive_at > self.ttl / 2:
            self._beat()
        if self._lost:
            raise errors.Busy('another runner has taken over the lease; run it again')

    def verify(self) -> None:
        """Raise Busy if another runner has the lease by now."""
        self._beat()
        self.check()

    def fence(self, connection: sqlalchemy.Connection) -> None:
        """Touch the row of the lease in the transaction that is to commit.

        Whoever took it over has changed the row: one of the two fails.
        """
        touched = connection.execute(
            self.table.update().where(self._mine).values(beat=self.table.c.beat + 1))
        if touched.rowcount != 1:
            self._lost = True
            self.check()

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Keep the lease alive, and give it back at the end."""
        thread = threading.Thread(target=self._keep, name='lease', daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(self.ttl)
            with contextlib.suppress(*refusal.REFUSALS):
                self._update(self._mine, owner=None, runner=None, since=None)

    def release(self) -> None:
        """Give the lease back whoever has it."""
        self._update(self.table.c.id == 1, owner=None, runner=None, since=None)

    def create(self) -> None:
        """Make the table and its row; several runners may do so at once."""
        with self._engine.begin() as connection:
            connection.execute(schema.CreateTable(self.table, if_not_exists=True))
            connection.execute(self.table.insert().prefix_with('IGNORE').values(id=1, beat=0))

    def _read(self) -> Any:
        with self._engine.connect() as connection:
            return read(connection, self.table)

    def _is_stale(self, row: Any) -> bool:
        state = (row.owner, row.beat)
        if state != self._seen[0]:
            self._seen = state, time.monotonic()
        return time.monotonic() - self._seen[1] > self.ttl

    def _claim(self, row: Any) -> bool:
        expected = (self.table.c.owner == row.owner if row.owner else self.table.c.owner.is_(None))
        taken = self._update(
            expected & (self.table.c.beat == row.beat), owner=self._owner,
            runner=waiting.runner(), since=func.utc_timestamp())
        if taken:
            self._alive_at = time.monotonic()
        return taken

    def _update(self, where: Any, **values: Any) -> bool:
        with self._engine.begin() as connection:
            changed = connection.execute(self.table.update().where(where).values(
                beat=self.table.c.beat + 1, **values))
        return changed.rowcount == 1

    def _keep(self) -> None:
        while not self._over.wait(self.ttl / 4) and not self._lost:
            with contextlib.suppress(*refusal.REFUSALS):
                self._beat()

    def _beat(self) -> None:
        sent = time.monotonic()
        try:
            self._lost |= not self._update(self._mine)
        except refusal.REFUSALS as e:
            if refusal.is_transient(e):
                return
            raise
        self._alive_at = sent
