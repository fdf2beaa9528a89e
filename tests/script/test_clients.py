# SPDX-License-Identifier: Apache-2.0
"""The ways in which a script is run, and what a client or a server may be set to."""

import sqlalchemy as sa

from tests import databases
from tests import timelines
from tests.script import scripts

TABLE = """
op.create_table('words', sa.Column('word', sa.String(20)))
words = sa.table('words', sa.column('word', sa.String()))
op.execute(words.insert().values(word='a\\\\b\\'ü✓ :x'))
"""
ROWS = [("a\\b'ü✓ :x",), ('second',)]


class ClientTests:
    """A script in a file."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line(TABLE, """op.execute("INSERT INTO words VALUES ('second')")"""))
        self.write(self.script('head'))

    def write(self, script):
        """Write the script to the file."""
        self.text = script
        self.file = self.directory / 'change.sql'
        self.file.write_text(script, 'utf-8')

    def check(self, text, *argv, **variables):
        """Run it on a new database; the second time it changes nothing."""
        self.use_another_database()
        own, environment = self._client()
        self._client = lambda: (own, environment | variables)
        try:
            with self.subTest(f'{text[:60]} {argv} {variables}'):
                done = self.client(text, *argv)
                self.assertEqual(['002'], self.recorded(), done.stderr)
                self.client(text, *argv)
                self.assertEqual(['002'], self.recorded())
                self.assertEqual(ROWS, databases.rows(self.database)['words'])
        finally:
            del self._client


class ClientsOnSQLite(ClientTests, databases.SQLite, scripts.ScriptTestCase):
    """sqlite3."""

    def test_ways(self):
        """From stdin, from a file, in a session."""
        for argv in ((), ('-bail',), ('-interactive',), ('-echo',), ('-safe',)):
            self.check(self.text, *argv)
        self.check(f'.read {self.file}\n')
        self.check('', f'.read {self.file}')

    def test_sqliterc(self):
        """What ~/.sqliterc sets is in nobody's way."""
        for line in ('.bail off\n.headers on\n.mode box\n.nullvalue X\n.changes on', 'BEGIN;',
                     'PRAGMA foreign_keys = ON;', '.output /dev/null', '.parameter set :x 1'):
            (self.directory / '.sqliterc').write_text(f'{line}\n')
            self.check(self.text)


class ClientsOnPostgreSQL(ClientTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """psql."""

    def test_ways(self):
        """From stdin, from a file, in a session, in a transaction."""
        for argv in ((), ('--single-transaction',), ('--single-line',), ('--echo-all',)):
            self.check(self.text, *argv)
        self.check(f'\\i {self.file}\n')

    def test_psqlrc(self):
        """What ~/.psqlrc sets is in nobody's way."""
        settings = ('AUTOCOMMIT off', 'ON_ERROR_ROLLBACK on', 'SINGLELINE on', 'x 1')
        file = self.directory / 'psqlrc'
        file.write_text(''.join(f'\\set {one}\n' for one in settings)
                        + "SET standard_conforming_strings = off;\nSET client_encoding = latin1;\n")
        self.check(f'\\i {file}\n\\i {self.file}\n')

    def test_settings_of_the_role(self):
        """Nor are the settings of a role, or of a database."""
        for option in ('standard_conforming_strings=off', 'client_encoding=latin1',
                       'default_transaction_isolation=serializable', 'datestyle=SQL,DMY'):
            self.check(self.text, PGOPTIONS=f'-c {option}')

    def test_index_without_autocommit(self):
        """What runs outside of a transaction does so."""
        self.service(timelines.line(TABLE, """
            op.execute("INSERT INTO words VALUES ('second')")
            with op.get_context().autocommit_block():
                op.create_index('ix', 'words', ['word'], postgresql_concurrently=True)
            """))
        self.check('\\set AUTOCOMMIT off\n' + self.script('head'))


class ClientsOnMariaDB(ClientTests, databases.MariaDB, scripts.ScriptTestCase):
    """mariadb."""

    def test_ways(self):
        """From stdin, in a session, with what a DBA has in ~/.my.cnf."""
        for argv in ((), ('--force',), ('--safe-updates',), ('--skip-comments',), ('--comments',),
                     ('--binary-mode',), ('--default-character-set=latin1',)):
            self.check(self.text, *argv)
        self.check(f'source {self.file}\n')

    def test_modes_of_the_server(self):
        """Its sql_mode counts for nothing, also where the online run keeps it."""
        for own in ('TRADITIONAL', '', 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'):
            self.configure(database={'mysql_sql_mode': own})
            self.write(self.script('head'))
            for mode in ('NO_BACKSLASH_ESCAPES', 'ANSI,NO_BACKSLASH_ESCAPES', 'ORACLE'):
                self.check(self.text, f"--init-command=SET SESSION sql_mode = '{mode}'")

    def test_settings_of_the_server(self):
        """Nor do other settings that a server may have."""
        for setting in ('autocommit = 0', 'group_concat_max_len = 4',
                        "collation_connection = 'utf8mb4_bin'"):
            self.check(self.text, f'--init-command=SET SESSION {setting}')

    def test_character_set_of_the_database(self):
        """It may be another than that of the script."""
        create = self.creation
        for character_set in ('utf8mb3', 'ucs2', 'utf8mb4 COLLATE utf8mb4_bin'):
            self.creation = f'CREATE DATABASE {{}} CHARACTER SET {character_set}'
            self.check(self.text)
        self.creation = create

    def test_rights(self):
        """Those on the tables of the database are enough."""
        database = sa.make_url(self.url).database
        name = f'dba_{database[-8:]}'
        with self.database.begin() as connection:
            connection.exec_driver_sql(f"CREATE USER {name}@'%%' IDENTIFIED BY 'secret'")
            connection.exec_driver_sql(
                f'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX ON {database}.*'
                f" TO {name}@'%%'")
        self.addCleanup(self._drop_user, name)
        argv, _ = self._client()
        self._client = lambda: ([*argv, f'--user={name}'], {'MYSQL_PWD': 'secret'})
        self.run_script(self.text)

        self.assertEqual(['002'], self.recorded())

    def _drop_user(self, name):
        with self.database.begin() as connection:
            connection.exec_driver_sql(f"DROP USER {name}@'%%'")
