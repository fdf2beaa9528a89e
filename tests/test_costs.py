# SPDX-License-Identifier: Apache-2.0
"""What a command costs, counted: modules, files. Nothing here is timed."""

import json
import textwrap

from tests import base
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
DRIVERS = {'sqlite3', 'psycopg2', 'pymysql'}
ENGINES = {'sqlalchemy', 'alembic', 'mako', 'oslo_db.sqlalchemy', 'oslo_db.exception'}


class NothingToDoTests:
    """``upgrade`` at head, ``current`` and ``wait``."""

    driver: str

    def test_modules(self):
        """The one driver is loaded, no engine, no revision; each file is opened once."""
        self.service(timelines.line('one', 'two', 'three'))
        timelines.record(self.engine(), '003')
        for argv in (('upgrade', 'head'), ('upgrade', '003'), ('current', '--check'),
                     ('wait',)):
            with self.subTest(argv):
                code, modules, opened = self._counted(*argv)

                self.assertEqual((0, {self.driver}, 3), (code, modules & DRIVERS, opened))
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
