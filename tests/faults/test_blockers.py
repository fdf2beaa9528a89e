# SPDX-License-Identifier: Apache-2.0
"""A reader that holds the table which a revision alters."""

import contextlib
import threading
import time

import sqlalchemy as sa

from tests import base
from tests import databases
from tests.faults import harness
from tests.faults import leftovers
from tests.faults import runs
from tests.faults import services

_TIMEOUT = 1  # seconds that a statement waits for a lock
_RETRY = 3  # seconds in all
_CREATE = "op.create_table('users', sa.Column('id', sa.Integer(), primary_key=True))"
_ALTER = "op.add_column('users', sa.Column('name', sa.String(50)))"
_INDEX = """
    with op.get_context().autocommit_block():
        op.create_index('ix_users_id', 'users', ['id'], postgresql_concurrently=True,
                        if_not_exists=True)
"""


class _ReaderTests(harness.FaultTests):
    """A table that is read while a revision alters it."""

    options = {'lock_timeout': _TIMEOUT, 'lock_retry': _RETRY}

    statement = 'SELECT * FROM users'
    change = _ALTER

    def setUp(self):
        super().setUp()
        self.serve(services.line(_CREATE, self.change))
        self.upgrade('001')

    @contextlib.contextmanager
    def _reader(self):
        """Hold the table by an open transaction; yield the server's number of it."""
        with self._second().connect() as connection:
            connection.execute(sa.text(self.statement))
            yield connection.scalar(sa.text(self.session))

    @contextlib.contextmanager
    def _other_client(self):
        """Read the table all the time; yield how many seconds each read took."""
        over = threading.Event()
        waits = []
        thread = threading.Thread(target=self._read, args=[over, waits])
        thread.start()
        try:
            yield waits
        finally:
            over.set()
            thread.join()

    def _read(self, over, waits):
        while not over.wait(0.05):
            started = time.monotonic()
            with self.database.begin() as connection:
                connection.execute(sa.text('SELECT * FROM users')).all()
            waits.append(time.monotonic() - started)

    def _second(self):
        # Past pgbouncer, where there is one: its sessions have other numbers.
        return sa.create_engine(getattr(self, 'direct_url', self.url), poolclass=sa.NullPool)


class BlockerTests(_ReaderTests):
    """The upgrade backs off, so that nobody waits behind it for long."""

    def test_reader_that_stays(self):
        """Busy, after retries that name the reader; others wait no longer than allowed."""
        with self._reader() as session, self._other_client() as waits:
            run = self.start('upgrade', 'head')
            code = run.wait()

        self.assertEqual(5, code, str(run))
        self.assertIn(str(session), run.said)
        self.assertIn('trying again', run.said)
        self.assertGreater(len(waits), 1)
        self.assertLess(max(waits), _TIMEOUT + 1)
        self.assertEqual([], leftovers.find(self.database))
        self.upgrade('head')

    def test_reader_that_goes(self):
        """The upgrade is done as soon as the reader is."""
        with self._reader():
            run = self.start('upgrade', 'head')
            runs.until(lambda: 'trying again' in run.said or run.is_over, 'a retry')

        self.assertEqual(0, run.wait(), str(run))
        self.assertEqual(['002'], run.applied)


class BlockerOnPostgreSQL(BlockerTests, databases.PostgreSQL, base.CommandTestCase):
    """A reader on PostgreSQL."""

    session = 'SELECT pg_backend_pid()'


class BlockerBehindPgBouncer(BlockerTests, databases.PgBouncer, base.CommandTestCase):
    """A reader on PostgreSQL; the upgrade goes by pgbouncer."""

    session = 'SELECT pg_backend_pid()'


class IndexOnPostgreSQL(_ReaderTests, databases.PostgreSQL, base.CommandTestCase):
    """A writer that CREATE INDEX CONCURRENTLY waits for, on PostgreSQL."""

    session = 'SELECT pg_backend_pid()'
    statement = 'INSERT INTO users VALUES (1)'
    change = _INDEX

    def test_invalid_index(self):
        """The index that was given up is INVALID; the next run builds it again."""
        with self._reader() as session:
            run = self.start('upgrade', 'head')
            code = run.wait()
        left = leftovers.find(self.database)
        again = self.upgrade('head')

        self.assertIn(code, (5, 6), str(run))
        self.assertIn(str(session), run.said)
        self.assertEqual(['invalid index ix_users_id'], left)
        self.assertEqual(['002'], again.applied)
        self.assertEqual([], leftovers.find(self.database))


class BlockerOnMariaDB(BlockerTests, databases.MariaDB, base.CommandTestCase):
    """A reader on MariaDB."""

    session = 'SELECT CONNECTION_ID()'


class BlockerOnGalera(_ReaderTests, databases.Galera, base.CommandTestCase):
    """A reader on a node of Galera, which ends its transaction by itself."""

    session = 'SELECT CONNECTION_ID()'

    def test_reader_that_stays(self):
        """The upgrade is done at once; others do not wait for it."""
        lost = self.assertRaises(sa.exc.OperationalError)
        with lost, self._reader(), self._other_client() as waits:
            run = self.start('upgrade', 'head')
            code = run.wait()

        self.assertEqual(0, code, str(run))
        self.assertLess(max(waits), _TIMEOUT + 1)
