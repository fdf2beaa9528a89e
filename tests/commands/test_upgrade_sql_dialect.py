# SPDX-License-Identifier: Apache-2.0
"""``--sql --dialect``: for a database that is not there."""

import subprocess
import sys

from tests import base
from tests import databases
from tests import timelines

CHECK = "sa.CheckConstraint('id > 0', name='ck_one')"
DROPS_A_CHECK = "op.drop_constraint('ck_one', 'one', type_='check')"
WITHOUT_DRIVERS = """
import sys
for name in ('psycopg2', 'pymysql', 'sqlite3', 'MySQLdb'):
    sys.modules[name] = None
import dbmanage
sys.exit(dbmanage.main(argv=sys.argv[1:]))
"""


class DialectTests(base.CommandTestCase):
    """A service without a connection."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))
        self.configure(database={'connection': None})

    def test_without_a_connection(self):
        """Nothing but the dialect is needed."""
        for dialect in ('postgresql', 'mysql', 'mariadb', 'sqlite'):
            with self.subTest(dialect):
                result = self.run_command('upgrade', 'head', '--sql', '--dialect', dialect)

                self.assertEqual((0, ''), (result.code, result.err))
                self.assertIn(f'-- acme: upgrade to 002 from base, for {dialect}\n', result.out)

    def test_without_a_driver(self):
        """No driver is imported, with a connection or without one."""
        for connection in (None, 'postgresql://u:p@h/d', 'mysql://u:p@h/d', 'mariadb://u:p@h/d'):
            with self.subTest(connection):
                self.configure(database={'connection': connection})
                argv = [] if connection else ['--dialect', 'postgresql']
                done = subprocess.run(
                    [sys.executable, '-c', WITHOUT_DRIVERS, '--config-file', self.config_file,
                     'upgrade', 'head', '--sql', *argv],
                    env=self._environ(), text=True, capture_output=True, check=False)

                self.assertEqual((0, ''), (done.returncode, done.stderr))
                self.assertIn('CREATE TABLE two', done.stdout)

    def test_neither(self):
        """The option that is missing is named."""
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('[database] connection is not set', result.err)

    def test_other_than_the_connection(self):
        """It wins over the connection."""
        self.configure(database={'connection': 'postgresql://u:p@h/d'})
        result = self.run_command('upgrade', 'head', '--sql', '--dialect', 'sqlite')

        self.assertIn('.bail on', result.out)

    def test_stamp(self):
        """It goes with ``stamp``, too."""
        result = self.run_command('stamp', '002', '--sql', '--dialect', 'mariadb')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('-- acme: stamp 002 from base, for mariadb\n', result.out)

    def test_unknown_dialect(self):
        """Those that there are are named."""
        result = self.run_command('upgrade', 'head', '--sql', '--dialect', 'oracle')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn("'postgresql', 'mysql', 'mariadb', 'sqlite'", result.err)

    def test_connection_of_another_dialect(self):
        """A database that has no script is named."""
        self.configure(database={'connection': 'mssql://u:p@h/d'})
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('there is no --sql for mssql', result.err)

    def test_without_sql(self):
        """It goes with --sql alone."""
        result = self.run_command('upgrade', 'head', '--dialect', 'sqlite')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('--dialect goes with --sql', result.err)

    def test_mariadb_and_mysql(self):
        """What they spell in different ways is spelled for each."""
        self._drop_a_check()
        for dialect, spelling in [('mariadb', 'DROP CONSTRAINT'), ('mysql', 'DROP CHECK')]:
            with self.subTest(dialect):
                result = self.run_command('upgrade', 'head', '--sql', '--dialect', dialect)

                self.assertIn(f'ALTER TABLE one {spelling} ck_one;', result.out)

    def test_name_of_the_dialect(self):
        """To a revision both are ``mysql``, as they are online."""
        self.service(timelines.line('one', """
            op.execute(f'SELECT {op.get_bind().dialect.name}, {op.get_context().dialect.name}')
            """))
        for dialect in ('mariadb', 'mysql'):
            result = self.run_command('upgrade', 'head', '--sql', '--dialect', dialect)

            self.assertIn('SELECT mysql, mysql;', result.out)

    def test_infinity(self):
        """MariaDB and MySQL have none, and the drivers send none."""
        for value in ("float('inf')", "float('nan')", "__import__('decimal').Decimal('NaN')"):
            self.service(timelines.line('one', f"""
                op.bulk_insert(sa.table('one', sa.column('id')), [{{'id': {value}}}])
                """))
            for dialect in ('mariadb', 'mysql'):
                with self.subTest(f'{dialect} {value}'):
                    result = self.run_command('upgrade', 'head', '--sql', '--dialect', dialect)

                    self.assertEqual((1, ''), (result.code, result.out))
                    self.assertIn('cannot be written as SQL: there is no literal for', result.err)

    def test_connection_of_mysql(self):
        """It does not tell MariaDB from MySQL, and most are MariaDB's."""
        self._drop_a_check()
        for scheme in ('mysql', 'mysql+pymysql', 'mariadb', 'mariadb+mariadbconnector'):
            with self.subTest(scheme):
                self.configure(database={'connection': f'{scheme}://u:p@h/d'})
                result = self.run_command('upgrade', 'head', '--sql')

                self.assertEqual((0, ''), (result.code, result.err))
                self.assertIn('from base, for mariadb\n', result.out)
                self.assertIn('DROP CONSTRAINT ck_one;', result.out)

    def _drop_a_check(self):
        self.service(timelines.line(
            f"op.create_table('one', sa.Column('id', sa.Integer()), {CHECK})", DROPS_A_CHECK))


class MariaDBTests(databases.MariaDB, base.CommandTestCase):
    """A script for MariaDB, on MariaDB."""

    def test_drop_of_a_check(self):
        """The client takes it."""
        self.service(timelines.line(
            f"op.create_table('one', sa.Column('id', sa.Integer()), {CHECK})", DROPS_A_CHECK))
        done = self.client(self.run_command('upgrade', 'head', '--sql').out)

        self.assertEqual((0, ''), (done.returncode, done.stderr))

    def test_sql_mode(self):
        """It is that of the online run, whatever the server's."""
        body = """
            op.create_table('one', sa.Column('name', sa.String(2)))
            op.execute("INSERT INTO one VALUES ('too long')")
            """
        for mode, code in [('TRADITIONAL', 1), ('ANSI', 0)]:
            with self.subTest(mode):
                self.url = self._create()
                self.configure(database={'connection': self.url, 'mysql_sql_mode': mode})
                self.service(timelines.line(body))
                done = self.client(self.run_command('upgrade', 'head', '--sql').out)

                self.assertEqual(code, done.returncode, done.stderr)
