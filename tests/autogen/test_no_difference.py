# SPDX-License-Identifier: Apache-2.0
"""Tables that were made from the models do not differ from them."""

import importlib

from tests import base
from tests import databases

MODELS = """
import sqlalchemy as sa
from tests.autogen import models

metadata = sa.MetaData({naming})
models.make(metadata)
"""
NAMING = """naming_convention={
    'ix': 'ix_%(table_name)s_%(column_0_N_name)s', 'pk': 'pk_%(table_name)s',
    'uq': 'uq_%(table_name)s_%(column_0_N_name)s', 'fk': 'fk_%(table_name)s_%(column_0_N_name)s'}"""


class NoDifferenceTests:
    """Everything of ``models``, on a database."""

    def test_models(self):
        """Neither check nor autogenerate finds a difference."""
        self._assert_none('')

    def test_named(self):
        """Nor where a convention names what has no name."""
        self._assert_none(NAMING)

    def test_drafted(self):
        """Nor does what a drafted revision makes differ."""
        self._serve('')
        draft = self.run_command('revision', '--autogenerate', '-m', 'x')

        upgrade = self.run_command('upgrade', 'head')

        self.assertEqual((0, 0), (draft.code, upgrade.code), draft.err + upgrade.err)
        self._assert_silent()

    def test_reference(self):
        """The revisions of the reference service have made what its models say."""
        self.run_command('upgrade', 'head')

        self._assert_silent()

    def _assert_none(self, naming):
        self._serve(naming)
        importlib.import_module('acme.models').metadata.create_all(self.engine())

        self._assert_silent()

    def _serve(self, naming):
        self.service({}, {'models.py': MODELS.format(naming=naming)},
                     models='acme.models', metadata='acme.models:metadata')

    def _assert_silent(self):
        check = self.run_command('check')
        draft = self.run_command('revision', '--autogenerate', '-m', 'x')
        self.assertEqual((0, 'no difference\n', ''), (check.code, check.out, check.err))
        self.assertEqual((0, '', 'no difference between the models and the database; nothing was '
                                 'written\n'), (draft.code, draft.out, draft.err))


class NoDifferenceOnSQLite(NoDifferenceTests, databases.SQLite, base.CommandTestCase):
    """On SQLite."""


class NoDifferenceOnPostgreSQL(NoDifferenceTests, databases.PostgreSQL, base.CommandTestCase):
    """On PostgreSQL."""


class NoDifferenceOnMariaDB(NoDifferenceTests, databases.MariaDB, base.CommandTestCase):
    """On MariaDB."""
