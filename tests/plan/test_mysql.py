# SPDX-License-Identifier: Apache-2.0
"""What a plan says of MariaDB, against what the server agrees to."""

import contextlib
import json
import re

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

# A table of the same kind for each change.
SETUP = """
op.create_table('parents', sa.Column('id', sa.Integer(), primary_key=True))
for number in range({}):
    name = f't{{number:02}}'
    op.create_table(
        name, sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('parent_id', sa.Integer()), sa.Column('short', sa.String(20)),
        sa.Column('brief', sa.String(50)), sa.Column('middle', sa.String(100)),
        sa.Column('long', sa.Text()), sa.Column('state', sa.Enum('on', 'off')),
        sa.Column('amount', sa.Numeric(8, 2)),
        sa.Column('size', sa.Integer(), nullable=False, server_default='3'),
        sa.UniqueConstraint('short', name=f'uq_{{name}}'),
        sa.CheckConstraint('size > 0', name=f'ck_{{name}}'),
        sa.ForeignKeyConstraint(['parent_id'], ['parents.id'], name=f'fk_{{name}}'))
    op.create_index(f'ix_{{name}}', name, ['size'])
op.create_table('keyed', sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False))
"""
CHANGES = [
    "op.rename_table('things', 'others')",
    "op.add_column('things', sa.Column('a', sa.Integer()))",
    "op.add_column('things', sa.Column('a', sa.Integer(), nullable=False, server_default='1'))",
    "op.add_column('things', sa.Column('a', sa.DateTime(), server_default=sa.func.now()))",
    "op.add_column('things', sa.Column('a', sa.String(36), server_default=sa.func.uuid()))",
    "op.add_column('things', sa.Column('a', sa.Integer(), server_default=sa.text('(size + 1)')))",
    "op.add_column('things', sa.Column('a', sa.Integer(), server_default=sa.text('(1 + 1)')))",
    "op.add_column('things', sa.Column('a', sa.String(9), server_default='uuid()'))",
    "op.add_column('things', sa.Column('a', sa.Text(), server_default=sa.text(\"('it''s b')\")))",
    "op.add_column('things', sa.Column('a', sa.JSON(), server_default=sa.text('(json_object())')))",
    "op.add_column('things', sa.Column('a', sa.DateTime(), server_default=sa.text("
    "'CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP')))",
    "op.add_column('things', sa.Column('a', sa.Integer(), sa.CheckConstraint('a > 0')))",
    "op.add_column('things', sa.Column('a', sa.Integer(), sa.Computed('size + 1')))",
    "op.add_column('things', sa.Column('a', sa.Integer(), sa.Computed('size + 1', True)))",
    "op.drop_column('things', 'long')",
    "op.alter_column('things', 'size', new_column_name='extent', existing_type=sa.Integer(),"
    " existing_nullable=False, existing_server_default='3')",
    "op.alter_column('things', 'short', server_default='x')",
    "op.alter_column('things', 'short', nullable=False, existing_type=sa.String(20))",
    "op.alter_column('things', 'size', nullable=True, existing_type=sa.Integer(),"
    " existing_server_default='3')",
    "op.alter_column('things', 'middle', type_=sa.String(120))",
    "op.alter_column('things', 'middle', type_=sa.String(90))",
    "op.alter_column('things', 'middle', type_=sa.Text())",
    "op.alter_column('things', 'short', type_=sa.String(30))",
    "op.alter_column('things', 'short', type_=sa.String(100))",
    "op.alter_column('things', 'brief', type_=sa.String(60))",
    "op.alter_column('things', 'brief', type_=sa.String(100))",
    "op.alter_column('things', 'state', type_=sa.Enum('on', 'off', 'broken'))",
    "op.alter_column('things', 'state', type_=sa.Enum('off', 'on'))",
    "op.alter_column('things', 'amount', type_=sa.Numeric(10, 2))",
    "op.alter_column('things', 'size', type_=sa.BigInteger(), existing_nullable=False)",
    "op.alter_column('things', 'long', type_=sa.JSON())",
    "op.create_index('ix_middle', 'things', ['middle'])",
    "op.create_index('ix_long', 'things', ['long'], mysql_prefix='FULLTEXT')",
    "op.drop_index('ix_things', table_name='things')",
    "op.create_unique_constraint('uq_middle', 'things', ['middle'])",
    "op.create_primary_key('pk_things', 'things', ['id'])",
    "op.create_check_constraint('ck_id', 'things', sa.column('id') > 0)",
    "op.create_foreign_key('fk', 'things', 'parents', ['size'], ['id'])",
    "op.drop_constraint('uq_things', 'things', type_='unique')",
    "op.drop_constraint('ck_things', 'things', type_='check')",
    "op.drop_constraint('fk_things', 'things', type_='foreignkey')",
    "op.drop_constraint('PRIMARY', 'keyed', type_='primary')",
    "op.create_table_comment('things', 'of people')",
    "op.alter_column('things', 'size', comment='in rows', existing_type=sa.Integer(),"
    " existing_nullable=False, existing_server_default='3')",
]
# From the best on: what the server refuses to do in one way, it may do in the next.
WAYS = [('INSTANT', ('instant', False)), ('NOCOPY', ('in place', False)),
        ('INPLACE', ('in place', True)), ('COPY', ('copy', True))]


class CostTests(databases.MariaDB, base.CommandTestCase):
    """How each change is done: instant, in place, anew, or by a copy."""

    def test_changes(self):
        """The server agrees to what the plan says, and to nothing better."""
        changes = [change.replace('things', f't{number:02}')
                   for number, change in enumerate(CHANGES)]
        self.service(timelines.line(SETUP.format(len(changes)), *changes))
        self.run_command('upgrade', '001')
        result = self.run_command('plan', '-f', 'json')

        for change, revision in zip(changes, json.loads(result.out)['revisions'], strict=True):
            with self.subTest(change):
                self.assertIsNone(revision['unknown'])
                [operation] = revision['operations']
                self.assertEqual((operation['lock'], operation['rewrite']),
                                 self._agreed(operation['sql'][0]))

    def _agreed(self, sql):
        # MariaDB has no ALGORITHM for a DROP INDEX alone.
        sql = re.sub(r'^DROP INDEX (\w+) ON (\w+)', r'ALTER TABLE \2 DROP INDEX \1', sql.strip())
        comma = ',' if sql.startswith('ALTER') else ''
        with self.engine().connect() as connection:
            connection.exec_driver_sql("SET SESSION sql_mode = 'TRADITIONAL'")
            for way, meaning in WAYS:
                with contextlib.suppress(sa.exc.DatabaseError, sa.exc.NotSupportedError):
                    connection.exec_driver_sql(f'{sql}{comma} ALGORITHM={way}')
                    return meaning
        raise AssertionError(f'{sql}: the server refuses it')
