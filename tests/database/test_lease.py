# SPDX-License-Identifier: Apache-2.0
"""The lease: one owner, who keeps it alive, and what becomes of a dead one's."""

import contextlib
import time

import sqlalchemy as sa

from dbmanage import errors
from dbmanage.database import lease
from tests import databases
from tests import processes

TTL = 1.0  # seconds
FOREVER = 1000.0


class LeaseTests:
    """Two runners and the row of a lease."""

    def setUp(self):
        super().setUp()
        self.database = self.engine()
        self.first = self.runner()
        self.first.create()

    def runner(self, ttl=FOREVER):
        """Return the lease as another runner sees it."""
        return lease.Lease(self.engine(), None, 'acme_lease', ttl)

    def row(self):
        """Return the row of the lease."""
        with self.database.connect() as connection:
            return connection.execute(sa.text('SELECT * FROM acme_lease')).one()

    def test_create(self):
        """There is one row, whoever comes first, and it is nobody's."""
        self.runner().create()

        self.assertEqual((1, None), self.row()[:2])
        self.assertIsNone(self.first.holder())

    def test_take(self):
        """A free lease is taken by one of two."""
        self.assertEqual((True, False), (self.first.take(), self.runner().take()))

    def test_taken_by_both_who_saw_it_free(self):
        """What was read is compared again: the second is too late."""
        row = self.row()
        taken = self.first._claim(row), self.runner()._claim(row)

        self.assertEqual((True, False), taken)

    def test_holder(self):
        """It is named: host, process, since when."""
        self.first.take()

        self.assertRegex(self.runner().holder(), (
            r'^\S+ process \d+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$'))

    def test_given_back(self):
        """The next one gets it."""
        self.first.take()
        with self.first.beating():
            pass

        self.assertIsNone(self.runner().holder())
        self.assertTrue(self.runner().take())

    def test_given_back_after_a_failure(self):
        """An exception does not keep it."""
        self.first.take()
        with contextlib.suppress(LookupError), self.first.beating():
            raise LookupError

        self.assertIsNone(self.row().owner)

    def test_stolen_without_a_beat(self):
        """Who sees no beat for the time to live takes it over, and no sooner."""
        self.first.take()
        thief = self.runner(TTL)
        started = time.monotonic()
        processes.until(thief.take, 'the lease')

        self.assertGreater(time.monotonic() - started, TTL)

    def test_not_stolen_while_it_beats(self):
        """However long a waiter waits."""
        first, thief = self.runner(TTL), self.runner(TTL)
        first.take()
        end = time.monotonic() + 3 * TTL
        with first.beating():
            while time.monotonic() < end:
                self.assertFalse(thief.take())

            self.assertIsNone(first.check())

    def test_late_waiter(self):
        """The time to live begins when a waiter first sees the row."""
        self.first.take()
        processes.until(self.runner(TTL).take, 'the lease')

        self.assertFalse(self.runner(TTL).take())

    def test_lost(self):
        """The loser hears of it before the next statement."""
        owner = self.runner(TTL)
        owner.take()
        processes.until(self.runner(TTL).take, 'the lease')
        with self.assertRaises(errors.Busy) as caught:
            owner.check()

        self.assertIn('another runner has taken over the lease', str(caught.exception))

    def test_loser_does_not_give_back(self):
        """It is another's by now."""
        owner, thief = self.runner(TTL), self.runner(TTL)
        owner.take()
        processes.until(thief.take, 'the lease')
        with owner.beating():
            pass

        self.assertIsNotNone(self.row().owner)
        self.assertIsNone(thief.check())

    def test_fence(self):
        """The transaction of the owner is let through."""
        self.first.take()
        before = self.row().beat
        with self.database.begin() as connection:
            self.first.fence(connection)

        self.assertEqual(before + 1, self.row().beat)

    def test_fence_of_a_loser(self):
        """What the loser was about to record is not recorded."""
        owner = self.runner(TTL)
        owner.take()
        processes.until(self.runner(TTL).take, 'the lease')
        with self.assertRaises(errors.Busy), self.database.begin() as connection:
            connection.execute(sa.text("UPDATE acme_lease SET runner = 'loser'"))
            owner.fence(connection)

        self.assertNotEqual('loser', self.row().runner)

    def test_released(self):
        """A person may take it from whoever has it; the owner hears of it."""
        owner = self.runner(TTL)
        owner.take()
        self.runner().release()

        self.assertIsNone(self.row().owner)
        with self.assertRaises(errors.Busy), self.database.begin() as connection:
            owner.fence(connection)


class LeaseOnMariaDB(LeaseTests, databases.MariaDB):
    """The lease on a single server."""
