# SPDX-License-Identifier: Apache-2.0
"""The pages of sahara-db-manage and mistral-db-manage, line by line.

``seeds/`` holds the command lines of the two pages, word for word.
"""

import re
import shlex

from dbmanage import reference
from tests import base
from tests import databases
from tests import timelines

SEEDS = base.ROOT / 'tests' / 'seeds'
# The one revision that reads rows is 012; the ranges are before and after it.
RANGE, RANGES = '<start version>:<end version>', ('001:011', '012:020')
PLACEHOLDERS = {'<# of revs>': '2', '<revision>': '021'}

WRITTEN = r'/\S+/acme/versions/021_description_of_revision\.py\n'
SCRIPT = (r"-- acme: [\s\S]*\nUPDATE alembic_version SET version_num='{}'[^;]*;\n"
          r"[\s\S]*(?:COMMIT|COMMENT = '');\n[\s\S]*")
# For each command its exit code, its stdout, and where the database is then.
ANSWERS = {
    'upgrade head': (0, '', '020'),
    'populate': (0, r'actions: 12 added, .*\nworkflows: 4 added, .*\n', '020'),
    'current': (0, r'020 \(head\)\n', '020'),
    'upgrade head --sql': (1, '', '020'),
    'upgrade 001:011 --sql': (0, SCRIPT.format('011'), '020'),
    'upgrade 012:020 --sql': (0, SCRIPT.format('020'), '020'),
    'upgrade --delta 2': (0, '', '002'),
    'upgrade +1': (0, '', '003'),
    "revision -m 'description of revision' --autogenerate": (0, '', '020'),
    "revision -m 'description of revision'": (0, WRITTEN, '020'),
    'stamp 021': (0, '', '021'),
    'check_migration': (0, r'21 revisions, sound, head: 021\n', '021'),
    'history': (0, r'020 -> 021 \(head\), description of revision\n(.+ -> .+, .+\n){20}', '021'),
}
# These begin with an empty database; the others go on where the last one ended.
STEPS = ('upgrade --delta 2', 'upgrade +1')


class SeedsTests:
    """A runbook for the ancestors, the name of the command replaced."""

    def test_page_of_sahara(self):
        """Each line does what sahara's page says of it."""
        self._run_page('sahara')

    def test_page_of_mistral(self):
        """Each line does what mistral's page says of it."""
        self._run_page('mistral')

    def test_whole_script(self):
        """Where no revision reads rows, the script of all is the upgrade."""
        self.service(timelines.line('widgets', 'gadgets'))
        [line] = [line for line in self._lines('sahara') if line[-2:] == ['head', '--sql']]
        script = self.run_command(*line)
        done = self.client(script.out)

        self.assertEqual((0, ''), (script.code, script.err))
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertEqual(['gadgets', 'widgets'], timelines.tables(self.engine()))
        self.assertEqual(['002'], timelines.recorded(self.engine()))

    def _run_page(self, name):
        self._copy_the_reference_service()
        page, empty = self.url, self._create()
        for line in self._lines(name):
            command = shlex.join(line[2:])
            self.url = empty if command in STEPS else page
            self.configure(database={'connection': self.url})
            with self.subTest(command):
                self._check(line, *ANSWERS[command])

    def _check(self, line, code, out, revision):
        result = self.run_command(*line)

        self.assertEqual(code, result.code, result.err)
        self.assertRegex(result.out, rf'\A{out}\Z')
        self.assertNotIn('Traceback', result.err)
        self.assertEqual([revision], timelines.recorded(self.engine()))

    def _lines(self, name):
        """Return the arguments of a page's lines, the placeholders filled in."""
        text = (SEEDS / f'{name}-db-manage.txt').read_text()
        text = text.replace(f'/path/to/{name}.conf', str(self.config_file))
        text = re.sub(f'^.*{RANGE}.*\n', self._ranges, text, flags=re.MULTILINE)
        for placeholder, value in PLACEHOLDERS.items():
            text = text.replace(placeholder, value)
        return [arguments for _, *arguments in map(shlex.split, text.splitlines())]

    def _ranges(self, line):
        return ''.join(line[0].replace(RANGE, span) for span in RANGES)

    def _copy_the_reference_service(self):
        """Copy its revisions, so that a new one is not written to the sources."""
        [versions] = reference.SERVICE.folders()
        self.service(
            {path.name: path.read_text() for path in versions.glob('*.py')},
            metadata=reference.SERVICE.metadata,
            models=reference.SERVICE.models,
            populate=[f'{name}:{place}' for name, place in reference.SERVICE.populate.items()])


class SeedsOnSQLite(SeedsTests, databases.SQLite, base.CommandTestCase):
    """The pages on SQLite."""


class SeedsOnPostgreSQL(SeedsTests, databases.PostgreSQL, base.CommandTestCase):
    """The pages on PostgreSQL."""


class SeedsOnMariaDB(SeedsTests, databases.MariaDB, base.CommandTestCase):
    """The pages on MariaDB."""
