# SPDX-License-Identifier: Apache-2.0
"""The base of the tests that run the command."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest
from collections.abc import Iterator
from typing import Any

from dbmanage.testing import case
from dbmanage.testing import runs
from tests import schemas

ROOT = pathlib.Path(__file__).resolve().parent.parent


Result = runs.Result


class CommandTestCase(unittest.TestCase):
    """A test that runs the command, with a directory of its own.

    Nothing of the environment is seen but what the test sets itself.
    With a mixin of ``databases`` the command works on its database.
    """

    url: str

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.config_file = self.directory / 'db-manage.conf'
        self._sections: dict[str, dict[str, Any]] = {}
        self._isolate()

    def configure(self, **sections: dict[str, Any]) -> pathlib.Path:
        """Write the configuration file, adding to what it holds.

        A list is written with commas; an option that is None is left out.
        """
        self._sections.setdefault('database', {'connection': getattr(self, 'url', None)})
        for section, options in sections.items():
            self._sections.setdefault(section, {}).update(options)
        self.config_file.write_text(case.configuration(self._sections), encoding='utf-8')
        return self.config_file

    def service(
        self, revisions: dict[str, str], modules: dict[str, str] | None = None, **fields: Any
    ) -> pathlib.Path:
        """Make the package ``acme`` and let the command serve it.

        ``revisions`` are the files of ``acme/versions``, ``modules`` other
        files of ``acme``, ``fields`` more options of ``[dbmanage]``.
        """
        package = self.directory / 'packages' / 'acme'
        files = {f'versions/{name}': text for name, text in revisions.items()}
        for name, text in ({'__init__.py': ''} | files | (modules or {})).items():
            path = package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
        (package / 'versions').mkdir(exist_ok=True)
        self._import_from(package.parent)
        self.configure(dbmanage={'name': 'acme', 'versions': 'acme:versions'} | fields)
        return package

    def run_command(self, *argv: str, stdin: str | None = None) -> Result:
        """Run the command in this process."""
        with _input(stdin):
            result = runs.here(self._argv(argv))
        schemas.check(argv, result.out)
        return result

    def run_process(
        self, *argv: str, stdin: str | None = None, env: dict[str, str] | None = None
    ) -> Result:
        """Run the command in a process of its own."""
        result = self._run(['-m', 'dbmanage', *self._argv(argv)], stdin, env)
        schemas.check(argv, result.out)
        return result

    def run_code(self, code: str, *argv: str) -> Result:
        """Run code that runs the command, in a process of its own."""
        return self._run(['-c', code, *self._argv(argv)])

    def _run(
        self, arguments: list[str], stdin: str | None = None, env: dict[str, str] | None = None
    ) -> Result:
        done = subprocess.run(
            [sys.executable, *arguments],
            input=stdin or '',
            env=self._environ() | (env or {}),
            cwd=self.directory,
            text=True,
            encoding='utf-8',
            capture_output=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def _argv(self, argv: tuple[str, ...]) -> list[str]:
        if not self.config_file.exists():
            self.configure()
        return ['--config-file', str(self.config_file), *argv]

    def _environ(self) -> dict[str, str]:
        path = [str(ROOT), str(self.directory / 'packages'), os.environ.get('PYTHONPATH', '')]
        return os.environ | {'PYTHONPATH': os.pathsep.join(path)}

    def _isolate(self) -> None:
        self.enterContext(runs.without_options())
        os.environ['HOME'] = str(self.directory)

    def _import_from(self, directory: pathlib.Path) -> None:
        if str(directory) in sys.path:
            return
        sys.path.insert(0, str(directory))
        self.addCleanup(_forget, 'acme')
        self.addCleanup(sys.path.remove, str(directory))


def revision_file(
    revision: str,
    down_revision: str | tuple[str, ...] | None = None,
    body: str = 'pass',
    message: str | None = None,
    **identifiers: Any,
) -> str:
    """Return the source of a revision whose upgrade() is ``body``.

    ``identifiers`` are Alembic's others: ``branch_labels``, ``depends_on``.
    """
    lines = [f'{name} = {value!r}' for name, value in identifiers.items()]
    return '\n'.join([
        f'"""{revision if message is None else message}"""',
        'import sqlalchemy as sa',
        'from alembic import op',
        '',
        f'revision = {revision!r}',
        f'down_revision = {down_revision!r}',
        *lines,
        '',
        '',
        'def upgrade():',
        textwrap.indent(textwrap.dedent(body).strip(), '    '),
        '',
    ])


@contextlib.contextmanager
def _input(text: str | None) -> Iterator[None]:
    saved, sys.stdin = sys.stdin, io.StringIO(text or '')
    try:
        yield
    finally:
        sys.stdin = saved


def _forget(package: str) -> None:
    for name in [*sys.modules]:
        if name == package or name.startswith(f'{package}.'):
            del sys.modules[name]
