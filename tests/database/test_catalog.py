# SPDX-License-Identifier: Apache-2.0
"""SQLite's catalog with an index."""

import sqlalchemy as sa
from sqlalchemy import event

from dbmanage.database import catalog
from tests import databases
from tests.autogen import models


class CatalogTests(databases.SQLite):
    """A look at every table, with the index and without."""

    maxDiff = None

    def setUp(self):
        super().setUp()
        metadata = sa.MetaData()
        models.make(metadata)
        metadata.create_all(self.engine())

    def test_same_answer(self):
        """What is read of the tables is the same."""
        with self.engine().connect() as plain, self.engine().connect() as indexed:
            catalog.index(indexed)

            self.assertEqual(_read(plain), _read(indexed))

    def test_no_look_from_end_to_end(self):
        """SQLAlchemy asks for no table in a way that is not by the index."""
        with self.engine().connect() as connection:
            catalog.index(connection)
            statements = []
            event.listen(connection, 'after_cursor_execute',
                         lambda *seen: statements.append(seen[2]))
            _read(connection)

        self.assertEqual([], [one for one in statements if 'sqlite_temp_master' in one])
        self.assertTrue([one for one in statements if 'temp.dbmanage_catalog' in one])

    def test_nothing_stays(self):
        """The file is not written to."""
        before = self.client('SELECT * FROM sqlite_master').stdout
        with self.engine().connect() as connection:
            catalog.index(connection)
            connection.commit()

        self.assertEqual(before, self.client('SELECT * FROM sqlite_master').stdout)


def _read(connection):
    inspector = sa.inspect(connection)
    return {name: str(getattr(inspector, f'get_multi_{name}')()) for name in (
        'columns', 'pk_constraint', 'foreign_keys', 'indexes', 'unique_constraints',
        'check_constraints')}
