# SPDX-License-Identifier: Apache-2.0
"""Random alterations make of a table of SQLite what they make on PostgreSQL."""

import random

import sqlalchemy as sa

from tests import databases
from tests.alter import altering

MADE = """
op.create_table('p', sa.Column('id', sa.Integer(), primary_key=True),
                sa.Column('u', sa.String(9), unique=True))
op.create_table(
    't', sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column('order', sa.Integer(), sa.ForeignKey('p.id', ondelete='CASCADE')),
    sa.Column('Name', sa.String(9), nullable=False, server_default="it's"),
    sa.Column('a b', sa.Text(), index=True), sa.Column('parent', sa.Integer()),
    sa.ForeignKeyConstraint(['parent'], ['t.id']), sa.UniqueConstraint('Name', 'a b'),
    sa.CheckConstraint('"order" < 100'))
op.create_index('part', 't', ['a b'], postgresql_where=sa.text('"order" > 0'),
                sqlite_where=sa.text('"order" > 0'))
op.execute("INSERT INTO p VALUES (1, 'x')")
op.execute("INSERT INTO t VALUES (1, 1, 'x', NULL, NULL), (2, NULL, 'x', 'y', 1)")
"""
DROP = """
found = sorted(one['name'] for one in sa.inspect(op.get_bind()).get_{}('t'))
if found:
    op.drop_constraint(found[0], 't', type_='{}')
"""
NEW = ('sa.String(9)', "sa.Integer(), sa.ForeignKey('p.id')", 'sa.Text(), unique=True',
       "sa.String(9), nullable=False, server_default='7'", 'sa.Integer(), index=True',
       "sa.Integer(), server_default='3'")


class OracleTests(altering.AlteringTestCase):
    """A seeded walk; each failure is told with its seed and its revision."""

    def test_walks(self):
        """The schema, with its names, and the rows are those of PostgreSQL."""
        for seed in range(6):
            with self.subTest(seed):
                self.setUp()
                body = '\n'.join(_walk(random.Random(seed)))
                self.alter([], MADE, body)
                found = _state(self.database)
                wanted = self._on_postgresql()

                self.assertEqual(wanted, found, body)

    def _on_postgresql(self):
        other = databases.PostgreSQL()
        other.setUp()
        self.addCleanup(other.doCleanups)
        self.configure(database={'connection': other.url})
        result = self.run_command('upgrade', 'head')
        self.assertEqual(0, result.code, result.err)
        return _state(other.engine())


def _walk(dice):
    """Yield operations that PostgreSQL can do one after the other.

    No constraint is there twice: of these SQLAlchemy finds one on SQLite.
    """
    columns = ['order', 'Name', 'a b', 'parent']
    unique = set()
    change = 'drop'
    for number in range(14):
        column = dice.choice(columns)
        new = f'n {number}'
        kind = dice.choice(['add', 'add', 'drop', 'rename', 'nullable', 'text', 'default', 'unique',
                            'check', 'foreign key', 'constraint'])
        if kind == 'drop' and len(columns) > 2:
            columns.remove(column)
            yield f"op.drop_column('t', {column!r})"
        elif kind == 'rename':
            columns[columns.index(column)] = new
            unique |= {new} if column in unique else set()
            yield f"op.alter_column('t', {column!r}, new_column_name={new!r})"
        elif kind == 'unique' and column not in unique:
            unique.add(column)
            yield f"op.create_unique_constraint(None, 't', ['id', {column!r}])"
        elif kind == 'check':
            yield f"op.create_check_constraint(None, 't', '\"{column}\" IS NULL OR id > 0')"
        elif kind == 'nullable':
            yield f"op.alter_column('t', {column!r}, nullable=True)"
        elif kind == 'default':
            yield f"op.alter_column('t', {column!r}, server_default={dice.choice([None, '5'])!r})"
        elif kind == 'text' and column.startswith(('Name', 'a b')):
            yield f"op.alter_column('t', {column!r}, type_=sa.Text())"
        elif kind == 'foreign key' and 'parent' in columns:
            yield {'drop': "op.drop_constraint('t_parent_fkey', 't', type_='foreignkey')",
                   'create': "op.create_foreign_key(None, 't', 't', ['parent'], ['id'], "
                             "ondelete='SET NULL')"}[change]
            change = {'drop': 'create', 'create': 'drop'}[change]
        elif kind == 'constraint':
            yield DROP.format(*dice.choice([
                ('unique_constraints', 'unique'), ('check_constraints', 'check')])).strip()
        else:
            columns.append(new)
            yield f"op.add_column('t', sa.Column({new!r}, {dice.choice(NEW)}))"


def _state(engine):
    """Return what there is of the table, in words that both databases have."""
    inspector = sa.inspect(engine)
    columns = inspector.get_columns('t')
    with engine.connect() as connection:
        rows = connection.execute(sa.text('SELECT * FROM t ORDER BY id')).all()
    return {
        'columns': [(one['name'], type(one['type'].as_generic()).__name__, one['nullable'],
                     one['default'] is None) for one in columns],
        'primary key': inspector.get_pk_constraint('t')['constrained_columns'],
        'unique': sorted((one['name'], one['column_names'])
                         for one in inspector.get_unique_constraints('t')),
        'foreign keys': sorted((one['name'], one['constrained_columns'], one['referred_table'],
                                one['referred_columns'], one['options'])
                               for one in inspector.get_foreign_keys('t')),
        'checks': sorted(one['name'] for one in inspector.get_check_constraints('t')),
        'indexes': sorted((one['name'], one['column_names'], bool(one['unique']))
                          for one in inspector.get_indexes('t')
                          if not one.get('duplicates_constraint')),
        'rows': [tuple(row) for row in rows],
    }
