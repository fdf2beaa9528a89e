# SPDX-License-Identifier: Apache-2.0
"""The kit under those who run tests: which of its classes they take for a test."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from dbmanage import reference
from dbmanage import testing
from dbmanage.testing import case

MODULE = """
from dbmanage import reference
from dbmanage.testing import ServiceTests
from dbmanage.testing import SQLite

class TestService(ServiceTests):
    service = reference.SERVICE
    test_imports = None

class TestOnSQLite(TestService, SQLite):
    pass
"""
TESTS = [f'TestOnSQLite.test_{name}'
         for name in ('crowd', 'heads', 'ids', 'kills', 'models', 'script', 'walk')]


class RunnerTests(unittest.TestCase):
    """A module of tests, as a service author may write it."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / 'test_kit.py').write_text(MODULE)

    def test_pytest(self):
        """A class without a database is no test, though pytest goes by its name."""
        said = self._run('pytest', '--collect-only', '-q', '-p', 'no:cacheprovider')

        self.assertEqual(TESTS, sorted(
            line.partition('::')[2].replace('::', '.')
            for line in said.splitlines() if '::' in line), said)

    def test_stestr(self):
        """Nor is it for stestr; a test that is None is left out by both."""
        self._run('stestr.cli', 'init')
        said = self._run('stestr.cli', '--test-path', '.', 'list')

        self.assertEqual([f'test_kit.{name}' for name in TESTS],
                         sorted(line for line in said.splitlines() if line.startswith('test_')))

    def test_reasons(self):
        """Each test says its reason, below a first line for those who run it."""
        tests = [getattr(testing.ServiceTests, name)
                 for name in dir(testing.ServiceTests) if name.startswith('test_')]

        self.assertEqual([], [test.__name__ for test in tests
                              if len((test.__doc__ or '').partition('\n\n')[2].split()) < 5])

    def test_order(self):
        """A database before the tests would hide what they do first."""
        bases = (testing.SQLite, testing.ServiceTests)
        with self.assertRaisesRegex(TypeError, 'OnSQLite: name the database behind the tests'):
            type('OnSQLite', bases, {'service': reference.SERVICE})

    def test_tls(self):
        """MariaDB on this machine is reached without TLS, unless its URL speaks of it."""
        for url, plain in (('mysql+pymysql://u@127.0.0.1/d', True),
                           ('mysql+pymysql://u@localhost/d?charset=utf8mb4', True),
                           ('mysql+pymysql://u@127.0.0.1/d?ssl_ca=/ca.pem', False),
                           ('mysql+pymysql://u@db.example.com/d', False),
                           ('postgresql+psycopg2://u@127.0.0.1/d', False)):
            with self.subTest(url):
                folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
                deployment = case.Deployment(reference.SERVICE, url, folder, {})

                self.assertEqual(
                    plain, 'ssl_disabled=1' in (folder / 'service.conf').read_text())
                self.assertEqual(plain, 'ssl_disabled' in deployment.engine.url.query)

    def _run(self, module, *argv):
        done = subprocess.run([sys.executable, '-m', module, *argv], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout
