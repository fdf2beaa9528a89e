# SPDX-License-Identifier: Apache-2.0
"""The drift of the services: where their models are not what they run."""

import json
import pathlib
import re

from tests.adopters import adopters

MISTRAL = frozenset({
    ('changed_nullable', 'code_sources', 'content'),
    ('changed_nullable', 'code_sources', 'name'),
    ('changed_nullable', 'code_sources', 'version'),
    ('changed_nullable', 'dynamic_action_definitions', 'class_name'),
    ('changed_nullable', 'dynamic_action_definitions', 'code_source_name'),
    ('changed_nullable', 'dynamic_action_definitions', 'name'),
    ('changed_nullable', 'scheduled_jobs_v2', 'func_name'),
    ('changed_type', 'workflow_executions_v2', 'description'),
    ('changed_type', 'workflow_executions_v2', 'root_execution_id'),
    ('extra_index', 'action_executions_v2', 'action_executions_v2_task_execution_id'),
    ('extra_index', 'delayed_calls_v2', 'delayed_calls_v2_processing_execution_time'),
    ('extra_index', 'workflow_executions_v2', 'workflow_executions_v2_task_execution_id'),
    ('extra_table', 'executions_v2', None),
    ('missing_foreign_key', 'workflow_executions_v2', None),
})


class CheckTests:
    """The models, compared with a database at head."""

    maxDiff = None
    # The differences, and how many operations a draft has for them.
    differences: frozenset[tuple[str, str, str | None]] = frozenset()
    operations = 0

    def test_check(self):
        """It finds what differs, each thing once, and nothing else."""
        self.succeed('upgrade', 'head')
        result = self.run_command('check', '-f', 'json')

        found = json.loads(result.out)['differences']
        self.assertEqual(3 if self.differences else 0, result.code, result.err)
        self.assertEqual(self.differences, {
            (one['kind'], one['table'], one['name']) for one in found})
        self.assertEqual(len(self.differences), len(found))

    def test_draft(self):
        """A draft has an operation for each, and for each index of a table too many."""
        self.succeed('upgrade', 'head')
        result = self.succeed('revision', '-m', 'drift', '--autogenerate',
                              '--version-path', str(self.directory))

        drafts = [pathlib.Path(line).read_text() for line in result.out.splitlines()]
        operation = re.compile(r'^ +(?:batch_)?op\.', re.MULTILINE)
        self.assertEqual(self.operations, sum(len(operation.findall(text)) for text in drafts))


class SaharaOnPostgreSQL(CheckTests, adopters.Sahara, adopters.PostgreSQL):
    """Sahara on PostgreSQL."""


class SaharaOnMariaDB(CheckTests, adopters.Sahara, adopters.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(CheckTests, adopters.Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""

    differences = MISTRAL
    operations = 21


class MistralOnMariaDB(CheckTests, adopters.Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""

    differences = MISTRAL
    operations = 21


class SaharaOnSQLite(CheckTests, adopters.Sahara, adopters.SQLite):
    """Sahara on SQLite."""


class MistralOnSQLite(CheckTests, adopters.Mistral, adopters.SQLite):
    """Mistral on SQLite, where the drafts alter tables in batches."""

    differences = MISTRAL
    operations = 21
