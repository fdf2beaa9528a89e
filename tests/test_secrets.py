# SPDX-License-Identifier: Apache-2.0
"""No secret in a message, a log line, JSON or a traceback."""

from tests import base
from tests.servers import server

SECRET = 'hunter2'
URL = f'mysql://acme:{SECRET}@127.0.0.1:1/acme'


class SecretTests(base.CommandTestCase):
    """The password of a URL, wherever it could come out."""

    def test_unreachable(self):
        """Neither a message nor a traceback has it."""
        for scheme in ('mysql', 'postgresql'):
            url = f'{scheme}://acme:{SECRET}@127.0.0.1:{server.free_port()}/acme'
            self.configure(database={'connection': url, 'max_retries': 3, 'retry_interval': 0})
            self._assert_silent(4, 'current')

    def test_refused_connection(self):
        """A URL that is none may hold it in any place."""
        for url in (
            f'mysql:/acme:{SECRET}@h/d', f'acme:{SECRET}@h/d', f'nope://acme:{SECRET}@h/d',
            f'mysql://acme:{SECRET}@h:port/d', f'postgresql+pg8000://acme:{SECRET}@h/d',
            f'mysql://acme:{SECRET}@h/d?nope=1', f'mysql://acme:a@b/{SECRET}@127.0.0.1:1',
        ):  # fmt: skip
            with self.subTest(url):
                self.configure(database={'connection': url, 'max_retries': 0})
                self._assert_silent(2, 'current')

    def test_exception_of_a_revision(self):
        """What a revision raises is shown without it."""
        self._service(f"url = '{URL}'\nraise LookupError('cannot read ' + url)")
        self._assert_silent(1, 'upgrade', 'head')

    def test_exception_with_a_dsn(self):
        """The other form of a connection is masked, too."""
        self._service(f"raise LookupError('host=h password=' + {SECRET[:4]!r} + {SECRET[4:]!r})")
        self._assert_silent(1, 'upgrade', 'head')

    def test_log_line(self):
        """What is logged is shown without it."""
        self._service(
            f"import logging; logging.getLogger('acme').warning('reading %s', '{URL}')")
        result = self.run_command('upgrade', 'head')

        self.assertNotIn(SECRET, result.err)
        self.assertIn('reading mysql://***@127.0.0.1:1/acme', result.err)

    def test_statement_of_a_revision(self):
        """A refused statement is not shown with its values."""
        self._service(
            "op.get_bind().execute(sa.text('INSERT INTO nowhere VALUES (:p)'), "
            f"{{'p': {SECRET!r}}})")
        result = self.run_command('upgrade', 'head')

        self.assertEqual(1, result.code)
        self.assertNotIn(SECRET, result.err)

    def _service(self, body):
        self.service({'001.py': base.revision_file('001', None, body)})
        self.configure(database={'connection': f'sqlite:///{self.directory}/acme.sqlite'})

    def _assert_silent(self, code, *argv):
        for form in ((), ('-f', 'json'), ('--traceback',)):
            result = self.run_command(*argv, *form)

            self.assertEqual(code, result.code, result.err)
            shown = [line for line in (result.out + result.err).splitlines()
                     if SECRET in line]
            self.assertEqual([], shown)
