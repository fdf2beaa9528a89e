# SPDX-License-Identifier: Apache-2.0
"""The reference service, by the kit that every service can use."""

import collections
import hashlib

import sqlalchemy as sa

from dbmanage import reference
from dbmanage import testing
from tests.reference import samples

_select = samples.select_on


class ReferenceTests(testing.ServiceTests):
    """The reference service; tests/faults kills it at the other statements."""

    service = reference.SERVICE
    readers = ('012',)
    kills = 2

    def before_revision(self, revision, connection):
        """Insert rows, and count them all."""
        super().before_revision(revision, connection)
        self.before = _counts(connection)

    def after_revision(self, revision, connection):
        """Each revision does what its title says, and no row is lost."""
        after = _counts(connection)
        lost = [name for name in self.before.keys() & after.keys()
                if after[name] < self.before[name]]
        self.assertEqual([], lost, revision)
        super().after_revision(revision, connection)

    def _pre_upgrade_002(self, connection):
        samples.insert_on(connection, samples.DEFINITIONS)

    def _pre_upgrade_003(self, connection):
        samples.insert_on(connection, samples.EXECUTIONS)

    def _pre_upgrade_004(self, connection):
        samples.insert_on(connection, samples.TRIGGERS)

    def _pre_upgrade_005(self, connection):
        samples.insert_on(connection, samples.CLUSTERS)

    def _check_005(self, connection):
        self.assertIn('ix_workflow_executions_state', _indexes(connection, 'workflow_executions'))
        self.assertIn('ix_task_executions_state', _indexes(connection, 'task_executions'))

    def _check_006(self, connection):
        flags = _select(connection, 'clusters', 'is_public', 'is_protected')
        self.assertEqual([(False, False)] * 4, flags)

    def _check_007(self, connection):
        self.assertEqual(
            [('e1', 'fine'), ('e2', None)],
            _select(connection, 'workflow_executions', 'id', 'state_info'))
        self.assertEqual(
            [('t1', samples.AWKWARD), ('t2', samples.AWKWARD)],
            _select(connection, 'task_executions', 'id', 'state_info'))
        self.assertIn('ix_task_executions_state', _indexes(connection, 'task_executions'))
        long = '✓' * 100_000
        samples.insert_on(connection, [('workflow_executions', {
            'id': 'e3', 'workflow_name': 'long', 'project_id': 'p1', 'state': 'ERROR',
            'state_info': long})])
        self.assertIn(('e3', long), _select(connection, 'workflow_executions', 'id', 'state_info'))

    def _check_008(self, connection):
        projects = _select(connection, 'clusters', 'id', 'project_id')
        self.assertEqual([('k0', 'p0'), ('k1', 'p1'), ('k2', 'p2'), ('k3', 'p3')], projects)
        cluster = {'plugin': 'spark', 'status': 'Active'}
        self._refuse(connection, 'clusters', id='k9', name='cluster 0', project_id='p0', **cluster)
        samples.insert_on(connection, [('clusters', {
            'id': 'k4', 'name': 'cluster 0', 'project_id': 'p4', **cluster})])

    def _check_009(self, connection):
        scopes = _select(connection, 'workbooks', 'id', 'scope')
        self.assertEqual([('b1', 'private'), ('b2', 'public')], scopes)
        self._refuse(
            connection, 'workbooks', id='b9', name='no scope', project_id='p1', definition='')

    def _check_010(self, connection):
        actions = _select(connection, 'action_definitions', 'name', 'namespace', 'is_system')
        self.assertEqual([('std.echo', 'default', False)], actions)
        same = {'name': 'std.echo', 'project_id': 'p1', 'definition': 'name: std.echo'}
        self._refuse(connection, 'action_definitions', id='a9', **same)
        samples.insert_on(
            connection, [('action_definitions', {'id': 'a2', 'is_system': True, **same})])

    def _check_011(self, connection):
        self.assertEqual(
            [('w1', None), ('w2', None)],
            _select(connection, 'workflow_definitions', 'id', 'checksum'))

    def _check_012(self, connection):
        for table in ('workflow_definitions', 'action_definitions'):
            for definition, checksum in _select(connection, table, 'definition', 'checksum'):
                self.assertEqual(hashlib.sha256(definition.encode()).hexdigest(), checksum)
        self._refuse(
            connection, 'workflow_definitions', id='w9', name='x', project_id='', definition='')

    def _check_013(self, connection):
        plugins = _select(connection, 'clusters', 'id', 'plugin_name', 'plugin_version')
        self.assertEqual([
            ('k0', 'vanilla', '2.7.1'), ('k1', 'spark', ''), ('k2', 'a%', 'b/c'), ('k3', '', ''),
            ('k4', 'spark', '')], plugins)
        self.assertNotIn('plugin', _columns(connection, 'clusters'))

    def _check_014(self, connection):
        # SQLite keeps an Enum as a VARCHAR, which takes any word.
        if self.kind != 'sqlite':
            self._refuse(
                connection, 'cluster_verifications', id='v9', cluster_id='k0', status='PURPLE')

    def _check_015(self, connection):
        verifications = _select(connection, 'cluster_verifications', 'cluster_id', 'status')
        self.assertEqual([('k0', 'GREEN'), ('k1', 'RED'), ('k2', 'YELLOW')], verifications)
        self.assertNotIn('health', _columns(connection, 'clusters'))

    def _pre_upgrade_016(self, connection):
        samples.insert_on(connection, [('health_checks', {
            'id': 'h1', 'verification_id': 'k0', 'name': 'disk', 'status': 'GREEN'})])

    def _check_016(self, connection):
        samples.insert_on(connection, [('health_checks', {
            'id': 'h2', 'verification_id': 'k0', 'name': 'cpu', 'status': 'UNKNOWN'})])
        self.assertEqual(
            [('h1', 'GREEN'), ('h2', 'UNKNOWN')],
            _select(connection, 'health_checks', 'id', 'status'))

    def _check_017(self, connection):
        triggers = _select(connection, 'cron_triggers', 'id', 'workflow_id', 'workflow_name')
        self.assertEqual(
            [('c0', 'w1', 'deploy'), ('c1', None, 'deploy'), ('c2', None, 'deploy')], triggers)
        keys = sa.inspect(connection).get_foreign_keys('cron_triggers')
        self.assertEqual(['fk_cron_triggers_workflow_id'], [key['name'] for key in keys])

    def _check_018(self, connection):
        sizes = _select(connection, 'node_groups', 'id', 'size')
        self.assertEqual([('g-1', 0), ('g0', 0), ('g3', 3)], sizes)
        self._refuse(connection, 'node_groups', id='g9', cluster_id='k0', name='negative', size=-1)

    def _check_019(self, connection):
        self.assertNotIn('delayed_calls', sa.inspect(connection).get_table_names())

    def _check_020(self, connection):
        indexes = _indexes(connection, 'task_executions')
        self.assertIn('ix_task_executions_workflow_execution_id_state', indexes)
        self.assertNotIn('ix_task_executions_state', indexes)

    def _refuse(self, connection, table, **columns):
        with self.assertRaises(sa.exc.DBAPIError), connection.begin_nested():
            samples.insert_on(connection, [(table, columns)])


class ReferenceOnSQLite(ReferenceTests, testing.SQLite):
    """The reference service on SQLite."""


class ReferenceOnPostgreSQL(ReferenceTests, testing.PostgreSQL):
    """The reference service on PostgreSQL."""


class ReferenceOnMariaDB(ReferenceTests, testing.MariaDB):
    """The reference service on MariaDB."""


def _counts(connection):
    tables = sa.inspect(connection).get_table_names()
    return collections.Counter({
        name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
        for name in tables})


def _columns(connection, table):
    return [column['name'] for column in sa.inspect(connection).get_columns(table)]


def _indexes(connection, table):
    return [index['name'] for index in sa.inspect(connection).get_indexes(table)]
