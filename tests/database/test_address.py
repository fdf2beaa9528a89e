# SPDX-License-Identifier: Apache-2.0
"""The connection option: what is understood, and what is refused."""

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

# Characters that a URL, oslo.config or a format might trip over.
PASSWORDS = ('100%sure', 'p@ss@word', 'pa$$word$1', 'p%40@/:w', '%(x)s{y}#z')
SEES_DIALECT = "assert op.get_bind().dialect.name == '{}', op.get_bind().dialect.name"


class RefusedTests(base.CommandTestCase):
    """A connection that cannot be one: exit 2, one line."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))

    def test_not_a_url(self):
        """The option and the form of a URL are named."""
        for connection in ('nonsense', 'sqlite', '://', 'postgresql://u:secret@h:port/d'):
            with self.subTest(connection):
                self._assert_refused(
                    connection, '[database] connection is not a database URL '
                    '(dialect://user@host/database)')

    def test_unknown_dialect(self):
        """The dialect is named."""
        for connection in ('nope://u:secret@h/d', 'postgresql+nope://u:secret@h/d'):
            with self.subTest(connection):
                self._assert_refused(
                    connection, '[database] connection: there is no dialect '
                    f"'{connection.partition(':')[0]}'")

    def test_missing_driver(self):
        """The driver is named, and the module that is missing."""
        self._assert_refused(
            'postgresql+pg8000://u:secret@h/d', "[database] connection: the driver of "
            "'postgresql+pg8000' is not installed (No module named 'pg8000')")

    def test_no_database(self):
        """A server holds many databases."""
        self._assert_refused(
            'mysql://u:secret@127.0.0.1:1', '[database] connection names no database')

    def test_unknown_parameter(self):
        """What the driver says of it is shown."""
        for dialect in ('postgresql', 'mysql'):
            with self.subTest(dialect):
                self._assert_refused(
                    f'{dialect}://u:secret@127.0.0.1:1/d?nope=1',
                    f'the driver does not take the connection of the {dialect} database d')

    def test_unknown_charset(self):
        """It is the driver that does not know it."""
        self._assert_refused(
            'mysql://u:secret@127.0.0.1:1/d?charset=nope', 'the driver does not take')

    def test_dollar(self):
        """A $ that is not doubled is explained; what follows it is not shown."""
        self.configure()
        self.config_file.write_text(
            '[database]\nconnection = mysql://u:pa$secret@127.0.0.1:1/d\n')
        result = self.run_command('current', '--traceback')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('[database] connection refers with $', result.err)
        self.assertIn('$ itself is written $$', result.err)
        self.assertNotIn('secret', result.err)

    def _assert_refused(self, connection, reason):
        self.configure(database={'connection': connection})
        for command in ('current',), ('upgrade', 'head'):
            result = self.run_command(*command)

            self.assertEqual((2, ''), (result.code, result.out), result.err)
            self.assertIn(f'db-manage: error: {reason}', result.err)
            self.assertEqual(1, len(result.err.splitlines()))
            self.assertNotIn('secret', result.err)


class SchemeTests:
    """A scheme without a driver means the driver that is shipped."""

    def test_schemes(self):
        """A revision sees the dialect's one name, whatever the scheme."""
        for scheme in self.schemes:
            with self.subTest(scheme):
                self.service({'001.py': base.revision_file(
                    '001', None, SEES_DIALECT.format(self.dialect))})
                url = sa.make_url(self.url).set(drivername=scheme)
                self.configure(database={
                    'connection': url.render_as_string(hide_password=False)})
                self.run_command('stamp', 'base')
                result = self.run_command('upgrade', 'head')

                self.assertEqual((0, ''), (result.code, result.out), result.err)


class SchemesOfPostgreSQL(SchemeTests, databases.PostgreSQL, base.CommandTestCase):
    """The schemes that mean psycopg2."""

    schemes = ('postgres', 'postgresql', 'postgresql+psycopg2')
    dialect = 'postgresql'


class SchemesOfMariaDB(SchemeTests, databases.MariaDB, base.CommandTestCase):
    """The schemes that mean PyMySQL."""

    schemes = ('mysql', 'mariadb', 'mysql+pymysql', 'mariadb+pymysql')
    dialect = 'mysql'


class PasswordTests:
    """A user whose password has characters that mean something elsewhere."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))
        self.database = self.engine(isolation_level='AUTOCOMMIT')
        self.user = f'u{sa.make_url(self.url).database[-20:]}'

    def test_quoted(self):
        """Quoted for a URL, every password is taken."""
        for password in PASSWORDS:
            with self.subTest(password):
                self._create_user(password)
                url = sa.make_url(self.url).set(username=self.user, password=password)
                self._assert_taken(url.render_as_string(hide_password=False))

    def test_as_it_is(self):
        """A sign that is no escape, and an at sign, need no quoting."""
        for password in PASSWORDS:
            if '%40' not in password:
                with self.subTest(password):
                    self._create_user(password)
                    self._assert_taken(self._unquoted(password))

    def test_environment(self):
        """In the environment a $ is doubled, as it is in a file."""
        self._create_user('pa$$word$1')
        self.configure(database={'connection': None})
        url = self._unquoted('pa$$word$1').replace('$', '$$')
        result = self.run_process('upgrade', 'head', env={'OS_DATABASE__CONNECTION': url})

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def _unquoted(self, password):
        url = sa.make_url(self.url)
        return f'{self.dialect}://{self.user}:{password}@{url.host}:{url.port}/{url.database}'

    def _assert_taken(self, connection):
        self.configure(database={'connection': connection})
        for command in ('upgrade', 'head'), ('current',):
            result = self.run_command(*command)

            self.assertEqual(0, result.code, result.err)


class PasswordOnPostgreSQL(PasswordTests, databases.PostgreSQL, base.CommandTestCase):
    """A role of PostgreSQL."""

    dialect = 'postgresql'

    def setUp(self):
        super().setUp()
        self._execute(f'CREATE ROLE {self.user} SUPERUSER LOGIN')
        self.addCleanup(self._execute, f'DROP ROLE {self.user}')
        self.addCleanup(self._execute, f'REASSIGN OWNED BY {self.user} TO CURRENT_USER')

    def _create_user(self, password):
        self._execute(f"ALTER ROLE {self.user} PASSWORD '{password}'")

    def _execute(self, statement):
        with self.database.connect() as connection:
            connection.exec_driver_sql(statement.replace('%', '%%'))


class PasswordOnMariaDB(PasswordTests, databases.MariaDB, base.CommandTestCase):
    """An account of MariaDB."""

    dialect = 'mysql'

    def setUp(self):
        super().setUp()
        self.addCleanup(self._execute, f"DROP USER IF EXISTS {self.user}@'127.0.0.1'")

    def _create_user(self, password):
        self._execute(
            f"CREATE OR REPLACE USER {self.user}@'127.0.0.1' IDENTIFIED BY '{password}'")
        self._execute(
            f"GRANT ALL ON {sa.make_url(self.url).database}.* TO {self.user}@'127.0.0.1'")

    def _execute(self, statement):
        with self.database.connect() as connection:
            connection.exec_driver_sql(statement.replace('%', '%%'))


class ParameterTests(databases.PostgreSQL, base.CommandTestCase):
    """``[database] connection_parameters``."""

    def test_appended(self):
        """They are the connection's, beside those of the URL."""
        self.service({'001.py': base.revision_file(
            '001', None, 'op.execute("CREATE TABLE seen AS SELECT '
            "left(current_setting('application_name'), 8) AS a,"
            " current_setting('search_path') AS s\")")})
        self.configure(database={
            'connection': f'{self.url}?options=-csearch_path%3Dpublic',
            'connection_parameters': 'application_name=nightly'})
        result = self.run_command('upgrade', 'head')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual([('nightly ', 'public')], databases.rows(self.engine())['seen'])
