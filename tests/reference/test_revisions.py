# SPDX-License-Identifier: Apache-2.0
"""The revisions of the reference service, one by one, with rows in the tables."""

import ast
import collections
import hashlib
import pathlib
import unittest
from typing import Any

import sqlalchemy as sa
from alembic import autogenerate
from alembic.runtime import migration

from dbmanage import reference
from dbmanage.reference import models
from tests import base
from tests import databases
from tests.reference import samples

FILES = sorted(
    path for folder in reference.SERVICE.folders() for path in folder.glob('[0-9]*.py'))


class TestFiles(unittest.TestCase):
    """The files of the revisions."""

    def test_frozen(self):
        """A revision imports nothing that changes after it was written."""
        imported = {name.split('.')[0] for path in FILES for name in _imports(path)}

        self.assertLessEqual(imported, {'alembic', 'hashlib', 'sqlalchemy'})

    def test_titles(self):
        """A title fits on a line of ``history``."""
        titles = [ast.get_docstring(_tree(path)).splitlines()[0] for path in FILES]

        self.assertEqual([], [title for title in titles if len(title) > 72])


class WalkTests:
    """The revisions on a database.

    ``_pre_upgrade_NNN`` is called before a revision, ``_check_NNN`` after it.
    """

    def setUp(self):
        super().setUp()
        self.database = self.engine()

    def test_walk(self):
        """Each revision does what its title says, and no row is lost."""
        for path in FILES:
            self._walk(path.name[:3])

        self.assertEqual([('020',)], self._select('alembic_version', 'version_num'))

    def test_models(self):
        """Autogenerate finds no difference to the models at head."""
        self._upgrade('head')

        with self.database.connect() as connection:
            context = migration.MigrationContext.configure(
                connection, opts={'compare_type': True, 'compare_server_default': True,
                                  'include_name': _is_of_the_service})
            differences = autogenerate.compare_metadata(context, models.Base.metadata)
        self.assertEqual([], differences)

    def _walk(self, revision):
        getattr(self, f'_pre_upgrade_{revision}', lambda: None)()
        before = self._counts()
        self._upgrade(revision)
        after = self._counts()
        lost = [name for name in before.keys() & after.keys() if after[name] < before[name]]
        self.assertEqual([], lost, revision)
        getattr(self, f'_check_{revision}', lambda: None)()

    def _pre_upgrade_002(self):
        self._insert(samples.DEFINITIONS)

    def _pre_upgrade_003(self):
        self._insert(samples.EXECUTIONS)

    def _pre_upgrade_004(self):
        self._insert(samples.TRIGGERS)

    def _pre_upgrade_005(self):
        self._insert(samples.CLUSTERS)

    def _check_005(self):
        self.assertIn('ix_workflow_executions_state', self._indexes('workflow_executions'))
        self.assertIn('ix_task_executions_state', self._indexes('task_executions'))

    def _check_006(self):
        flags = self._select('clusters', 'is_public', 'is_protected')
        self.assertEqual([(False, False)] * 4, flags)

    def _check_007(self):
        self.assertEqual(
            [('e1', 'fine'), ('e2', None)], self._select('workflow_executions', 'id', 'state_info'))
        self.assertEqual(
            [('t1', samples.AWKWARD), ('t2', samples.AWKWARD)],
            self._select('task_executions', 'id', 'state_info'))
        self.assertIn('ix_task_executions_state', self._indexes('task_executions'))
        long = '✓' * 100_000
        self._insert([('workflow_executions', {
            'id': 'e3', 'workflow_name': 'long', 'project_id': 'p1', 'state': 'ERROR',
            'state_info': long})])
        self.assertIn(('e3', long), self._select('workflow_executions', 'id', 'state_info'))

    def _check_008(self):
        projects = self._select('clusters', 'id', 'project_id')
        self.assertEqual([('k0', 'p0'), ('k1', 'p1'), ('k2', 'p2'), ('k3', 'p3')], projects)
        cluster = {'plugin': 'spark', 'status': 'Active'}
        self._refuse('clusters', id='k9', name='cluster 0', project_id='p0', **cluster)
        self._insert([('clusters', {
            'id': 'k4', 'name': 'cluster 0', 'project_id': 'p4', **cluster})])

    def _check_009(self):
        scopes = self._select('workbooks', 'id', 'scope')
        self.assertEqual([('b1', 'private'), ('b2', 'public')], scopes)
        self._refuse('workbooks', id='b9', name='no scope', project_id='p1', definition='')

    def _check_010(self):
        actions = self._select('action_definitions', 'name', 'namespace', 'is_system')
        self.assertEqual([('std.echo', 'default', False)], actions)
        same = {'name': 'std.echo', 'project_id': 'p1', 'definition': 'name: std.echo'}
        self._refuse('action_definitions', id='a9', **same)
        self._insert([('action_definitions', {'id': 'a2', 'is_system': True, **same})])

    def _check_011(self):
        self.assertEqual(
            [('w1', None), ('w2', None)], self._select('workflow_definitions', 'id', 'checksum'))

    def _check_012(self):
        for table in ('workflow_definitions', 'action_definitions'):
            for definition, checksum in self._select(table, 'definition', 'checksum'):
                self.assertEqual(hashlib.sha256(definition.encode()).hexdigest(), checksum)
        self._refuse('workflow_definitions', id='w9', name='x', project_id='', definition='')

    def _check_013(self):
        plugins = self._select('clusters', 'id', 'plugin_name', 'plugin_version')
        self.assertEqual([
            ('k0', 'vanilla', '2.7.1'), ('k1', 'spark', ''), ('k2', 'a%', 'b/c'), ('k3', '', ''),
            ('k4', 'spark', '')], plugins)
        self.assertNotIn('plugin', self._columns('clusters'))

    def _check_014(self):
        # SQLite keeps an Enum as a VARCHAR, which takes any word.
        if self.kind != 'sqlite':
            self._refuse('cluster_verifications', id='v9', cluster_id='k0', status='PURPLE')

    def _check_015(self):
        verifications = self._select('cluster_verifications', 'cluster_id', 'status')
        self.assertEqual([('k0', 'GREEN'), ('k1', 'RED'), ('k2', 'YELLOW')], verifications)
        self.assertNotIn('health', self._columns('clusters'))

    def _pre_upgrade_016(self):
        self._insert([('health_checks', {
            'id': 'h1', 'verification_id': 'k0', 'name': 'disk', 'status': 'GREEN'})])

    def _check_016(self):
        self._insert([('health_checks', {
            'id': 'h2', 'verification_id': 'k0', 'name': 'cpu', 'status': 'UNKNOWN'})])
        self.assertEqual(
            [('h1', 'GREEN'), ('h2', 'UNKNOWN')], self._select('health_checks', 'id', 'status'))

    def _check_017(self):
        triggers = self._select('cron_triggers', 'id', 'workflow_id', 'workflow_name')
        self.assertEqual(
            [('c0', 'w1', 'deploy'), ('c1', None, 'deploy'), ('c2', None, 'deploy')], triggers)
        keys = sa.inspect(self.database).get_foreign_keys('cron_triggers')
        self.assertEqual(['fk_cron_triggers_workflow_id'], [key['name'] for key in keys])

    def _check_018(self):
        sizes = self._select('node_groups', 'id', 'size')
        self.assertEqual([('g-1', 0), ('g0', 0), ('g3', 3)], sizes)
        self._refuse('node_groups', id='g9', cluster_id='k0', name='negative', size=-1)

    def _check_019(self):
        self.assertNotIn('delayed_calls', sa.inspect(self.database).get_table_names())

    def _check_020(self):
        indexes = self._indexes('task_executions')
        self.assertIn('ix_task_executions_workflow_execution_id_state', indexes)
        self.assertNotIn('ix_task_executions_state', indexes)

    def _upgrade(self, revision):
        result = self.run_command('upgrade', revision)
        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def _insert(self, rows):
        samples.insert(self.database, rows)

    def _refuse(self, table, **columns):
        with self.assertRaises(sa.exc.DBAPIError):
            self._insert([(table, columns)])

    def _select(self, table, *columns):
        return samples.select(self.database, table, *columns)

    def _counts(self):
        rows = databases.rows(self.database)
        return collections.Counter({name: len(rows[name]) for name in rows})

    def _columns(self, table):
        return [column['name'] for column in sa.inspect(self.database).get_columns(table)]

    def _indexes(self, table):
        return [index['name'] for index in sa.inspect(self.database).get_indexes(table)]


class WalkOnSQLite(WalkTests, databases.SQLite, base.CommandTestCase):
    """The revisions on SQLite."""


class WalkOnPostgreSQL(WalkTests, databases.PostgreSQL, base.CommandTestCase):
    """The revisions on PostgreSQL."""


class WalkOnMariaDB(WalkTests, databases.MariaDB, base.CommandTestCase):
    """The revisions on MariaDB."""


def _tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text('utf-8'))


def _imports(path: pathlib.Path) -> list[Any]:
    names = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module)
    return names


def _is_of_the_service(name, kind, _parents):
    return kind != 'table' or name not in databases.OWN_TABLES
