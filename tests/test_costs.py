# SPDX-License-Identifier: Apache-2.0
"""What a command costs, counted: modules, files. Nothing here is timed."""

import json
import textwrap

from tests import base
from tests import counted
from tests import databases
from tests import timelines

# Runs the command, then says what it has loaded and opened.
COUNTED = textwrap.dedent("""
    import json, sys
    opened = []
    sys.addaudithook(lambda event, found: opened.append(found[0]) if event == 'open' else None)
    import dbmanage
    code = dbmanage.main(argv=sys.argv[1:])
    files = [path for path in opened if '/acme/versions/' in str(path)]
    print(json.dumps([code, sorted(sys.modules), len(files)]), file=sys.__stderr__)
""")
ENGINES = {'sqlalchemy', 'alembic', 'mako', 'oslo_db.sqlalchemy', 'oslo_db.exception'}


class NothingToDoTests:
    """``upgrade`` at head, ``current`` and ``wait``."""

    driver: str
    questions = ['execute']

    def test_statements(self):
        """The version table is read once, and nothing is committed."""
        self.service(timelines.line('one', 'two', 'three'))
        timelines.record(self.engine(), '003')
        for argv in (('upgrade', 'head'), ('current',)):
            with self.subTest(argv), counted.driven() as found:
                result = self.run_command(*argv)

                self.assertEqual((0, self.questions), (result.code, found), result.err)

    def test_modules(self):
        """The one driver is loaded, no engine, no revision; each file is opened once."""
        self.service(timelines.line('one', 'two', 'three'))
        timelines.record(self.engine(), '003')
        for argv in (('upgrade', 'head'), ('upgrade', '003'), ('current', '--check'),
                     ('wait',)):
            with self.subTest(argv):
                code, modules, opened = self._counted(*argv)

                self.assertEqual((0, {self.driver}, 3), (code, modules & counted.DRIVERS, opened))
                self.assertEqual(set(), modules & ENGINES)

    def _counted(self, *argv):
        result = self.run_code(COUNTED, *argv)
        code, modules, opened = json.loads(result.err.splitlines()[-1])
        return code, set(modules), opened


class NothingToDoOnSQLite(NothingToDoTests, databases.SQLite, base.CommandTestCase):
    """With SQLite."""

    driver = 'sqlite3'


class NothingToDoOnPostgreSQL(NothingToDoTests, databases.PostgreSQL, base.CommandTestCase):
    """With PostgreSQL."""

    driver = 'psycopg2'


class NothingToDoOnMariaDB(NothingToDoTests, databases.MariaDB, base.CommandTestCase):
    """With MariaDB."""

    driver = 'pymysql'
    questions = ['execute'] * 3  # whether it is a cluster, what a script has left, the table


class PerRevisionTests:
    """``upgrade`` of an empty database: what each revision adds, of one table each."""

    statements: int  # for each revision, and how many commits
    commits: int

    def test_statements(self):
        """They grow by the same for each revision."""
        less, more = self._sent(20), self._sent(40)

        self.assertEqual((20 * self.statements, 20 * self.commits), (
            len(more) - len(less), more.count(counted.COMMIT) - less.count(counted.COMMIT)))

    def test_calls(self):
        """Twice the revisions take twice the function calls, in Python and C."""
        self._calls(40)  # what is imported, and what is kept
        few, some, many = self._calls(40), self._calls(80), self._calls(160)

        self.assertLess((many - some) / (some - few), 2.1)

    def _sent(self, length):
        with counted.statements() as sent:
            self._upgrade(length)
        return sent

    def _calls(self, length):
        with counted.calls() as calls:
            self._upgrade(length)
        return calls()

    def _upgrade(self, length):
        self.url = self._create()
        self.configure(database={'connection': self.url})
        self.service(timelines.line(*(f't{number}' for number in range(length))))
        result = self.run_command('upgrade', 'head')
        self.assertEqual((0, ''), (result.code, result.out), result.err)


class PerRevisionOnSQLite(PerRevisionTests, databases.SQLite, base.CommandTestCase):
    """The DDL alone: all of them are a transaction, with one version row."""

    statements, commits = 1, 0


class PerRevisionOnPostgreSQL(PerRevisionTests, databases.PostgreSQL, base.CommandTestCase):
    """The same, for up to a hundred."""

    statements, commits = 1, 0


class PerRevisionOnMariaDB(PerRevisionTests, databases.MariaDB, base.CommandTestCase):
    """The DDL, the version row and the end of its journal; the next DDL commits them.

    The row of the journal before the DDL is the driver's.
    """

    statements, commits = 3, 0
