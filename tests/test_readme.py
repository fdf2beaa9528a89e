# SPDX-License-Identifier: Apache-2.0
"""The command lines of the pages, run as they are shown."""

import configparser
import dataclasses
import doctest
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import sqlalchemy as sa

from dbmanage import commands
from dbmanage import conf
from dbmanage import errors
from tests import base
from tests import databases

README = base.ROOT / 'README.md'
MIGRATIONS = base.ROOT / 'dbmanage' / 'migrations' / 'README.md'
JSON = base.ROOT / 'doc' / 'json.md'
OPERATING = base.ROOT / 'doc' / 'operating.md'
PLAN = base.ROOT / 'doc' / 'plan.md'
DBA = base.ROOT / 'doc' / 'dba.md'
SQLITE = base.ROOT / 'doc' / 'sqlite.md'
ADOPTING = base.ROOT / 'doc' / 'adopting.md'
TESTING = base.ROOT / 'doc' / 'testing.md'
# What is run elsewhere: by tests/test_package.py, and by .ci/run.
INSTALL = 'python3 -m venv .venv && . .venv/bin/activate && pip install . &&\n'
RUN_ELSEWHERE = {'tools/run_tests.sh'}
LANGUAGES = {'console', 'sh', 'ini', 'json', 'python', 'text'}

BLOCK = re.compile(r'^```(\w*) *(\S*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r'^\$ (.*)\n((?:^(?!\$ ).*\n)*)', re.MULTILINE)
SECONDS = re.compile(r'\d+\.\d+ s$', re.MULTILINE)
END = '--- end of the output, exit code'


@dataclasses.dataclass(frozen=True)
class Example:
    """A command line of a page, and the output that is shown below it."""

    command: str
    shown: str = ''

    @property
    def expects_failure(self) -> bool:
        """Whether the page shows the exit code next, and it is not 0."""
        return self.command == 'echo $?' and self.shown.strip() != '0'


class PageTests:
    """A page, line after line in a copy of the sources."""

    maxDiff = None
    path: pathlib.Path

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        for folder in ('dbmanage', 'etc'):
            shutil.copytree(
                base.ROOT / folder, self.directory / folder,
                ignore=shutil.ignore_patterns('__pycache__'))
        self._install(base.ROOT / 'setup.cfg')

    def test_command_lines(self):
        """Each ends as the page says, and writes what the page shows."""
        examples = self._examples()
        followers = [*examples[1:], Example('')]
        for example, follower, (output, code) in zip(
                examples, followers, self._run(examples), strict=True):
            with self.subTest(example.command):
                self.assertEqual(follower.expects_failure, code != 0, output)
                self._compare(example.shown, output)

    def _compare(self, shown, output):
        if not shown:
            return
        shown, output = SECONDS.sub('N s', shown), SECONDS.sub('N s', output)
        if not doctest.OutputChecker().check_output(shown, output, doctest.ELLIPSIS):
            self.assertEqual(shown, output)

    def _examples(self):
        """Return what the page runs, after writing the files that it shows."""
        found = []
        for language, name, text in BLOCK.findall(self.path.read_text()):
            if name:
                self._write(name, text)
            found.extend(_commands(language, text))
        return [example for example in found if example.command not in RUN_ELSEWHERE]

    def _write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if path.name == 'setup.cfg':
            self._install(path)

    def _install(self, setup):
        """Make the scripts of a setup.cfg, as pip does."""
        parser = configparser.ConfigParser()
        parser.read(setup)
        scripts = parser['options.entry_points']['console_scripts']
        for name, module, function in re.findall(r'(\S+) = (\S+):(\S+)', scripts):
            code = f'import sys; from {module} import {function}; sys.exit({function}())'
            path = self.directory / 'bin' / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f'#!/bin/sh\nexec {sys.executable} -c {shlex.quote(code)} "$@"\n')
            path.chmod(0o755)

    def variables(self):
        """Return what the page finds in its environment."""
        return {}

    def tell_mariadb(self, url):
        """Write what the client of MariaDB reads."""
        url = sa.make_url(url)
        (self.directory / '.my.cnf').write_text('\n'.join([
            '[client]', f'host={url.host}', f'port={url.port}', f'user={url.username}',
            f'password="{url.password}"', '[mysql]', f'database={url.database}', '']))

    def _run(self, examples):
        """Run the lines in one shell; return the output and the code of each."""
        variables = {name: os.environ[name] for name in os.environ if not name.startswith('OS_')}
        script = ''.join(
            f'{one.command}\ncode=$?; echo "{END} $code"; (exit $code)\n' for one in examples)
        done = subprocess.run(
            ['bash', '-o', 'pipefail', '-c', script],
            cwd=self.directory,
            env=variables | self.variables() | {
                'HOME': str(self.directory),
                'PATH': f'{self.directory / "bin"}:{os.environ["PATH"]}',
                'PYTHONPATH': str(self.directory),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        found = re.findall(rf'(.*?){END} (\d+)\n', done.stdout, re.DOTALL)
        return [(output, int(code)) for output, code in found]


class ReadmeTests(PageTests, unittest.TestCase):
    """README."""

    path = README


class MigrationsTests(PageTests, unittest.TestCase):
    """The page beside the revisions."""

    path = MIGRATIONS


class JSONTests(PageTests, unittest.TestCase):
    """The page of ``-f json``."""

    path = JSON


class OperatingTests(PageTests, databases.MariaDB):
    """The page of locks, kills and repairs; on MariaDB where it says so."""

    path = OPERATING

    def setUp(self):
        super().setUp()
        self.tell_mariadb(self.url)

    def variables(self):
        """Return the URL of the database, which the page puts in its place."""
        return {'MARIADB': self.url}


class PlanTests(PageTests, databases.PostgreSQL):
    """The page of plans, on PostgreSQL."""

    path = PLAN

    def variables(self):
        """Return the URL of the database, and what psql is told of it."""
        return self._client()[1] | {'POSTGRESQL': self.url}


class DBATests(PageTests, databases.PostgreSQL):
    """The page of scripts; on PostgreSQL and on MariaDB where it says so."""

    path = DBA

    def setUp(self):
        super().setUp()
        other = databases.MariaDB()
        other.setUp()
        self.addCleanup(other.doCleanups)
        self.mariadb = other.url
        self.tell_mariadb(other.url)

    def variables(self):
        """Return the URLs of the databases, and what psql is told of its."""
        return self._client()[1] | {'POSTGRESQL': self.url, 'MARIADB': self.mariadb}


class SQLiteTests(PageTests, unittest.TestCase):
    """The page of revisions on SQLite."""

    path = SQLITE


class TestingTests(PageTests, unittest.TestCase):
    """The page of the kit for services, on each database."""

    path = TESTING

    def setUp(self):
        super().setUp()
        for name in ('python', 'pytest', 'stestr'):
            path = self.directory / 'bin' / name
            found = pathlib.Path(sys.executable).with_name(name)
            path.write_text(f'#!/bin/sh\nexec {found} "$@"\n')
            path.chmod(0o755)


class ContentsTests(unittest.TestCase):
    """What the pages hold."""

    def test_every_page_is_run(self):
        """A new page of doc/ gets a class above; tests/adopters has that of adopting."""
        pages = {README, MIGRATIONS, *(base.ROOT / 'doc').glob('*.md')}

        self.assertEqual(pages, {ADOPTING, *(kind.path for kind in PageTests.__subclasses__())})

    def test_blocks(self):
        """A block says what it is, so that no command line hides in it."""
        found = {language for text in _pages() for language, *_ in BLOCK.findall(text)}

        self.assertEqual(set(), found - LANGUAGES)

    def test_command_lines_are_in_blocks(self):
        """Each line with a prompt, and each fence, belongs to a block that is run."""
        left = [BLOCK.sub(lambda block: _left(*block.groups()), text) for text in _pages()]

        self.assertEqual([], [
            line for text in left for line in text.splitlines()
            if line.lstrip('> ').startswith(('$ ', '```', '~~~'))])

    def test_lines_that_are_run_elsewhere(self):
        """Each of them is still shown."""
        text = README.read_text()

        self.assertEqual([], [line for line in (INSTALL, *RUN_ELSEWHERE) if line not in text])

    def test_commands(self):
        """README's table names each command."""
        found = re.findall(r'^\| (`.*?) \|', README.read_text(), re.MULTILINE)
        named = {name for cell in found for name in re.findall(r'`(\w+)', cell)}

        self.assertEqual(set(), set(commands.COMMANDS) - named)

    def test_options(self):
        """README's table has each option of [dbmanage] and no other."""
        text = README.read_text()
        _, _, table = text.partition('| option of `[dbmanage]` |')
        rows = re.findall(r'^\| (`.*?) \|', table.partition('\n\n')[0], re.MULTILINE)
        [(_, options)] = conf.list_opts()

        self.assertEqual(
            {option.name for option in options}, set(re.findall(r'`(\w+)`', ' '.join(rows))))

    def test_names_of_errors(self):
        """doc/json.md names each error with its code."""
        text = JSON.read_text()
        kinds = {errors.Error, *errors.Error.__subclasses__()}

        self.assertEqual(
            {(str(kind.code), kind.name) for kind in kinds},
            set(re.findall(r'^\| (\d) \| `(\w+)` \|', text, re.MULTILINE)))


def _pages() -> list[str]:
    paths = {ADOPTING, *(kind.path for kind in PageTests.__subclasses__())}
    return [path.read_text() for path in sorted(paths)]


def _left(language: str, _name: str, text: str) -> str:
    """Return what of a block is no command line that is run."""
    return PROMPT.sub('', text) if language == 'console' else text


def _commands(language: str, text: str) -> list[Example]:
    """Return what a block runs; a block of sh is one command."""
    if language == 'sh':
        return [Example(text.removeprefix(INSTALL).strip())]
    if language == 'console':
        return [Example(*found) for found in PROMPT.findall(text)]
    return []
