# SPDX-License-Identifier: Apache-2.0
"""``revision --autogenerate``: the models against the database."""

import pathlib

from tests import base
from tests import databases
from tests import timelines

# A table of its own, a column and an index for that of revision 001.
MODELS = """
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData(naming_convention={'ix': 'ix_%(table_name)s_%(column_0_name)s'})

one = sa.Table(
    'one', metadata,
    sa.Column('id', sa.Integer(), primary_key=True),
    sa.Column('name', sa.String(80), nullable=True, index=True))
"""
WIDGETS = MODELS + """
sa.Table(
    'widgets', metadata,
    sa.Column('id', sa.BigInteger(), primary_key=True),
    sa.Column('one_id', sa.Integer(), sa.ForeignKey('one.id', name='fk_one'), nullable=False),
    sa.Column('kind', sa.Enum('a', "it's", name='kind'), nullable=False),
    sa.Column('price', sa.Numeric(10, 2), server_default='0'),
    sa.Column('active', sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column('made_at', sa.DateTime(), server_default=sa.func.now()),
    sa.Column('data', sa.JSON()),
    sa.Column('text', sa.Text().with_variant(mysql.LONGTEXT(), 'mysql'), nullable=False),
    sa.Column('specific', SPECIFIC),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')),
    sa.Column('other', postgresql.JSONB().with_variant(sa.JSON(), 'sqlite', 'mysql', 'mariadb')),
    sa.Column('several', sa.JSON().with_variant(
        postgresql.ARRAY(postgresql.JSONB()), 'postgresql')),
    sa.UniqueConstraint('kind', 'price', name='uq_kind_price'),
    comment='What is sold',
    mysql_charset='utf8mb4', mysql_collate='utf8mb4_bin')
"""
NO_DIFFERENCE = 'no difference between the models and the database; nothing was written\n'


class AutogenerateTests:
    """A draft on each kind of database: right imports, right statements."""

    specific: str
    rendered: tuple[str, ...]

    def setUp(self):
        super().setUp()
        self.folder = self.service(
            timelines.line('one'), {'models.py': WIDGETS.replace('SPECIFIC', self.specific)},
            models='acme.models', metadata='acme.models:metadata') / 'versions'

    def test_draft(self):
        """It is applied as it stands, and leaves no difference."""
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'Sell widgets')
        path = self.folder / '002_sell_widgets.py'
        upgrade = self.run_command('upgrade', 'head')
        again = self.run_command('revision', '--autogenerate', '-m', 'Nothing')

        self.assertEqual((0, f'{path}\n', ''), (result.code, result.out, result.err))
        for text in self.rendered:
            self.assertIn(text, path.read_text())
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual(['one', 'widgets'], timelines.tables(self.engine()))
        self.assertEqual((0, '', NO_DIFFERENCE), (again.code, again.out, again.err))
        self.assertEqual(['001.py', path.name], self._files())

    def test_changes(self):
        """What was added to a table is drafted, applied, and leaves no difference."""
        (self.folder.parent / 'models.py').write_text(MODELS)
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'Name them')
        text = pathlib.Path(result.out.strip()).read_text()
        upgrade = self.run_command('upgrade', 'head')
        again = self.run_command('revision', '--autogenerate', '-m', 'Nothing')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn("sa.Column('name', sa.String(length=80)", text)
        self.assertIn("op.f('ix_one_name')", text)
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual((0, '', NO_DIFFERENCE), (again.code, again.out, again.err))

    def test_altered_column(self):
        """What is altered is so on SQLite too, which cannot alter a column."""
        (self.folder.parent / 'models.py').write_text(MODELS.replace('nullable=True, index=True', (
            'nullable=False')))
        self.service({'002.py': base.revision_file(
            '002', '001', "op.add_column('one', sa.Column('name', sa.String(40)))")})
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'Widen the name')
        upgrade = self.run_command('upgrade', 'head')
        again = self.run_command('revision', '--autogenerate', '-m', 'Nothing')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual((0, '', NO_DIFFERENCE), (again.code, again.out, again.err))

    def test_not_at_head(self):
        """A draft would repeat what the revisions do: exit 3, nothing is written."""
        never = self.run_command('revision', '--autogenerate', '-m', 'x')
        timelines.record(self.engine(), '001')
        self.service({'002.py': base.revision_file('002', '001')})
        behind = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((3, '', 'db-manage: error: the database is at no revision, not at head '
                                 '(001); upgrade it first\n'), (never.code, never.out, never.err))
        self.assertEqual((3, '', 'db-manage: error: the database is at 001, not at head (002); '
                                 'upgrade it first\n'), (behind.code, behind.out, behind.err))
        self.assertEqual(['001.py', '002.py'], self._files())

    def _files(self):
        return sorted(path.name for path in self.folder.glob('*.py'))


class AutogenerateOnSQLite(AutogenerateTests, databases.SQLite, base.CommandTestCase):
    """Drafts on SQLite."""

    specific = 'sa.String(20)'
    rendered = ("sa.Column('text', sa.Text().with_variant(mysql.LONGTEXT(), 'mysql')",
                'from sqlalchemy.dialects import mysql\n')


class AutogenerateOnPostgreSQL(AutogenerateTests, databases.PostgreSQL, base.CommandTestCase):
    """Drafts on PostgreSQL."""

    specific = 'postgresql.JSONB()'
    rendered = ('postgresql.JSONB(', 'from sqlalchemy.dialects import postgresql\n',
                'from sqlalchemy.dialects import mysql\n', "comment='What is sold'")


class AutogenerateOnMariaDB(AutogenerateTests, databases.MariaDB, base.CommandTestCase):
    """Drafts on MariaDB."""

    specific = 'mysql.MEDIUMINT(unsigned=True)'
    rendered = ('mysql.MEDIUMINT(unsigned=True)', 'from sqlalchemy.dialects import mysql\n',
                "mysql_collate='utf8mb4_bin'", "comment='What is sold'")
