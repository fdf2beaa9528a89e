# SPDX-License-Identifier: Apache-2.0
"""The services on SQLite: their revisions, their schema, their rows."""

import itertools
import sqlite3

import sqlalchemy as sa

from tests import databases
from tests import timelines
from tests.adopters import adopters

_OWN = ('alembic_version', *databases.OWN_TABLES)


class SQLiteTests:
    """All revisions, unmodified.

    ``changes`` are the revisions that change rows, and in which columns of which
    tables; without a column it is the rows as a whole.
    """

    maxDiff = None
    changes: frozenset[tuple[str, str, str | None]] = frozenset()

    def test_schema(self):
        """At head it is that of PostgreSQL, table by table."""
        self.succeed('upgrade', 'head')
        found = _schema(self.database)
        wanted = self._on_postgresql()

        self.assertEqual(sorted(wanted), sorted(found))
        for table in wanted:
            with self.subTest(table):
                self.assertEqual(wanted[table], found[table])

    def test_rows(self):
        """A revision keeps the rows that are there, of every table."""
        for number in range(1, self.count + 1):
            before = self._rows()
            self.succeed('upgrade', f'{number:03}')
            self._assert_kept(f'{number:03}', before, self._rows())
            self._insert(number)

        self.assertEqual([self.head], timelines.recorded(self.database))
        self.assertEqual([], self._query('PRAGMA foreign_key_check'))
        self.assertEqual([('ok',)], self._query('PRAGMA integrity_check'))

    def _on_postgresql(self):
        other = databases.PostgreSQL()
        other.setUp()
        self.addCleanup(other.doCleanups)
        self.configure(database={'connection': other.url})
        self.succeed('upgrade', 'head')
        return _schema(other.engine())

    def _assert_kept(self, revision, before, after):
        for table in before.keys() & after.keys():
            if (revision, table, None) in self.changes:
                continue
            columns = [name for name in before[table][0] if name in after[table][0]
                       and (revision, table, name) not in self.changes]
            self.assertEqual(_picked(before[table], columns), _picked(after[table], columns),
                             f'{table} in {revision}')

    def _rows(self):
        """Return the names of the columns, and the rows, of each table."""
        tables = [name for name, in self._query(
            "SELECT name FROM sqlite_master WHERE type = 'table'") if name not in _OWN]
        found = {}
        for table in tables:
            columns = [row[1] for row in self._query(f'PRAGMA table_info("{table}")')]
            listed = ', '.join(f'"{column}"' for column in columns)
            found[table] = columns, self._query(f'SELECT {listed} FROM "{table}" ORDER BY rowid')
        return found

    def _insert(self, number):
        """Insert two rows into each table: of values, and of NULLs where there may be."""
        inspector = sa.inspect(self.database)
        with sqlite3.connect(self.database.url.database) as connection:
            for table, row in itertools.product(
                    inspector.get_table_names(), (2 * number, 2 * number + 1)):
                if table in _OWN:
                    continue
                columns = inspector.get_columns(table)
                values = [_value(column, row) for column in columns]
                names = ', '.join(f'"{column["name"]}"' for column in columns)
                marks = ', '.join('?' * len(columns))
                connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)

    def _query(self, statement):
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]


class SaharaOnSQLite(SQLiteTests, adopters.Sahara, adopters.SQLite):
    """Sahara on SQLite."""

    changes = frozenset({('029', 'node_group_templates', 'is_protected'),
                         ('029', 'cluster_templates', 'is_protected')})


class MistralOnSQLite(SQLiteTests, adopters.Mistral, adopters.SQLite):
    """Mistral on SQLite."""

    changes = frozenset({
        ('029', 'workbooks_v2', 'namespace'), ('038', 'delayed_calls_v2', None),
        ('044', 'mistral_metrics', None)})


def _picked(table, columns):
    names, rows = table
    places = [names.index(column) for column in columns]
    return [tuple(row[place] for place in places) for row in rows]


def _value(column, row):
    """Return what a column has in a row; what refers to a row has its number."""
    name, type_ = column['name'], column['type'].as_generic()
    if row % 2 and column['nullable'] and name not in ('spec', 'key'):
        return None
    if isinstance(type_, sa.Boolean):
        return row // 2 % 2
    if isinstance(type_, sa.Integer):
        return row + 100
    if isinstance(type_, sa.Float):
        return row + 0.5
    if isinstance(type_, sa.DateTime):
        return f'2020-01-01 00:00:{row % 60:02}.000000'
    if isinstance(type_, sa.LargeBinary):
        return b'\0%d' % row
    if name.lower().endswith('id'):
        return f'id {row}'
    return f'{{"{row}": "{name}"}}' if type_.length is None else f'{row} {name}'[:type_.length]


def _schema(engine):
    """Return of each table what is the same on SQLite and on PostgreSQL."""
    inspector = sa.inspect(engine)
    return {table: {
        'columns': [(one['name'], _type(one['type']), one['nullable'], _default(one))
                    for one in inspector.get_columns(table)],
        'primary key': [inspector.get_pk_constraint(table)[key]
                        for key in ('name', 'constrained_columns')],
        # Mistral has one twice. Of these SQLAlchemy finds one on SQLite.
        'unique': {(*one['column_names'],): one['name'] for one in sorted(
            inspector.get_unique_constraints(table), key=lambda one: one['name'])},
        'foreign keys': sorted(
            (one['name'], one['constrained_columns'], one['referred_table'],
             one['referred_columns'], one['options'])
            for one in inspector.get_foreign_keys(table)),
        'indexes': sorted((one['name'], one['column_names'], bool(one['unique']))
                          for one in inspector.get_indexes(table)
                          if not one.get('duplicates_constraint')),
        'checks': sorted(one['name'] for one in inspector.get_check_constraints(table)),
    } for table in inspector.get_table_names() if table not in databases.OWN_TABLES}


def _type(type_):
    generic = type_.as_generic()
    return f'{type(generic).__name__} {getattr(generic, "length", "")}'


def _default(column):
    """Return the default; that of a number which counts by itself is none."""
    return None if str(column['default']).startswith('nextval(') else column['default']
