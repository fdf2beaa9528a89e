# SPDX-License-Identifier: Apache-2.0
"""The pages of sahara- and mistral-db-manage, for the services themselves."""

import re
import shlex
import shutil

from tests import base
from tests import timelines
from tests.adopters import adopters
from tests.adopters import services

SEEDS = base.ROOT / 'tests' / 'seeds'
RANGE = '<start version>:<end version>'
WRITTEN = r'/\S+/versions/\d{3}_description_of_revision\.py\n'


class PageTests:
    """A runbook for the service's own command, the name of the command replaced.

    An operator drives a service that never heard of dbmanage: it is described in
    a second configuration file. ``span`` is a range that can be written.
    """

    span: str
    description: dict[str, str]

    def setUp(self):
        super().setUp()
        services.use_threads()
        # A copy, so that new revisions are not written to the installed package.
        shutil.copytree(self.versions, self.directory / 'versions')
        self.configure(dbmanage={
            'service': None, 'name': self.name, 'versions': self.directory / 'versions',
            **self.description})

    def test_page(self):
        """Each line does what the page says of it."""
        text = (SEEDS / f'{self.name}-db-manage.txt').read_text()
        for line in text.splitlines():
            command = line.partition('.conf ')[2]
            with self.subTest(command):
                getattr(self, self._step(command))(command)

    def _step(self, command):
        words = re.sub(r'<.*?>|:|"[^"]*"', ' ', command).replace('-', ' ').split()
        return '_'.join(['_run', *words]).replace('+', 'plus_')

    def _run_upgrade_head(self, command):
        self._check(command, '')
        self._assert_at(self.head)

    def _run_populate(self, command):
        result = self.run_process(command)

        self.assertEqual((0, 'actions: written\nworkflows: written\n'),
                         (result.code, result.out), result.err)

    def _run_current(self, command):
        self._check(command, rf'{self.head} \(head\)\n')

    def _run_upgrade_head_sql(self, command):
        if self.readers:
            self._check(command, '', 1)
        else:
            self._check(
                command, rf'-- {self.name}: upgrade to {self.head} from base[\s\S]+;\n[\s\S]*')

    def _run_upgrade_sql(self, command):
        end = self.span.partition(':')[2]
        self._check(command.replace(RANGE, self.span),
                    rf"-- {self.name}: [\s\S]+ SET version_num='{end}'[\s\S]+;\n[\s\S]*")

    def _run_upgrade_delta(self, command):
        self.use_new_database()
        self._check(command.replace('<# of revs>', '2'), '')
        self._assert_at('002')

    def _run_upgrade_plus_1(self, command):
        self._check(command, '')
        self._assert_at('003')

    def _run_revision_m_autogenerate(self, command):
        self.succeed('upgrade', 'head')
        self._check(command, WRITTEN if self.readers else '')
        for path in self.directory.glob(f'versions/{self.count + 1:03}_*'):
            path.unlink()

    def _run_revision_m(self, command):
        self._check(command, WRITTEN)

    def _run_stamp(self, command):
        self._check(command.replace('<revision>', f'{self.count + 1:03}'), '')
        self._assert_at(f'{self.count + 1:03}')

    def _run_check_migration(self, command):
        number = self.count + 1
        self._check(command, rf'{number} revisions, sound, head: {number:03}\n')

    def _run_history(self, command):
        # Titles of mistral's go on in a second line.
        self._check(command, rf'{self.head} -> {self.count + 1:03} \(head\), description of '
                             rf'revision\n[\s\S]+\n<base> -> 001, .+\n[\s\S]*')

    def _check(self, command, out, code=0):
        result = self.run_command(*shlex.split(command))

        self.assertEqual(code, result.code, result.err)
        self.assertRegex(result.out, rf'\A{out}\Z')
        self.assertNotIn('Traceback', result.err)

    def _assert_at(self, revision):
        self.assertEqual([revision], timelines.recorded(self.database))


class Sahara(adopters.Sahara):
    """Sahara, as an operator describes it."""

    span = '001:035'
    description = {
        'models': 'sahara.db.sqlalchemy.models',
        'metadata': 'sahara.db.sqlalchemy.model_base:SaharaBase.metadata',
    }


class Mistral(adopters.Mistral):
    """Mistral, as an operator describes it."""

    span = '022:027'
    description = {
        'models': 'mistral.db.v2.sqlalchemy.models',
        'metadata': 'mistral.db.sqlalchemy.model_base:MistralSecureModelBase.metadata',
        'conf': 'oslo_config.cfg:CONF',
        'populate': 'actions:mistral.services.action_manager:sync_db, '
                    'workflows:mistral.services.workflows:sync_db',
    }


class SaharaOnPostgreSQL(PageTests, Sahara, adopters.PostgreSQL):
    """Sahara on PostgreSQL."""


class SaharaOnMariaDB(PageTests, Sahara, adopters.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(PageTests, Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(PageTests, Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""
