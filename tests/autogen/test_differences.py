# SPDX-License-Identifier: Apache-2.0
"""Each kind of difference is found on each database, and nothing else."""

import importlib
import json

import sqlalchemy as sa

from tests import base
from tests import databases
from tests.autogen import changes

MODELS = """
import sqlalchemy as sa
from tests.autogen import changes

metadata = sa.MetaData()
changes.make(metadata, 1)
"""


class DifferencesTests:
    """All of ``changes`` in one database."""

    maxDiff = None

    def setUp(self):
        super().setUp()
        self.service({}, {'models.py': MODELS}, models='acme.models',
                     metadata='acme.models:metadata')
        metadata = sa.MetaData()
        changes.make(metadata, 0)
        metadata.create_all(self.engine())
        importlib.import_module('acme.models')

    def test_kinds(self):
        """One table, one difference of the expected kind; exit 3."""
        result = self.run_command('check', '-f', 'json')

        document = json.loads(result.out)
        found = dict.fromkeys(changes.CHANGES, ())
        for one in document['differences']:
            found[one['table']] += (one['kind'],)
        for name, change in changes.CHANGES.items():
            with self.subTest(name):
                self.assertEqual(change.kinds(self.kind), found[name])
        self.assertEqual((3, False), (result.code, document['ok']), result.err)


class DifferencesOnSQLite(DifferencesTests, databases.SQLite, base.CommandTestCase):
    """On SQLite."""


class DifferencesOnPostgreSQL(DifferencesTests, databases.PostgreSQL, base.CommandTestCase):
    """On PostgreSQL."""


class DifferencesOnMariaDB(DifferencesTests, databases.MariaDB, base.CommandTestCase):
    """On MariaDB."""
