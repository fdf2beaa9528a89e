# SPDX-License-Identifier: Apache-2.0
"""The wheel and the sdist, and the command that they install."""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

from tests import base

IGNORED = shutil.ignore_patterns('.git', '.tox', '.stestr', '.venv*', '*.egg-info', 'build')


class PackageTests(unittest.TestCase):
    """What users get, built once from a copy of the sources."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = tempfile.TemporaryDirectory(prefix='dbmanage-')
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        sources = cls.directory / 'sources'
        shutil.copytree(base.ROOT, sources, ignore=IGNORED)
        # The wheel is built from the sdist, which is thereby whole.
        _run(sys.executable, '-m', 'build', '--outdir', cls.directory, sources)
        [cls.wheel] = cls.directory.glob('*.whl')
        [cls.sdist] = cls.directory.glob('*.tar.gz')

    def test_wheel_holds_the_package(self):
        """Every file of dbmanage/ is in the wheel, and no other folder."""
        with zipfile.ZipFile(self.wheel) as wheel:
            names = {name for name in wheel.namelist() if '.dist-info/' not in name}

        self.assertEqual(_files('dbmanage'), names)

    def test_sdist_holds_the_sources(self):
        """The tests and their tools can be run from an sdist."""
        with tarfile.open(self.sdist) as sdist:
            names = {name.partition('/')[2] for name in sdist.getnames()}
        sources = {'LICENSE', 'tox.ini', '.stestr.conf', '.ci/run'}.union(
            *map(_files, ('dbmanage', 'etc', 'tests', 'tools'))
        )

        self.assertEqual(set(), sources - names)

    def test_installed_command_does_the_main_job(self):
        """The wheel alone upgrades a SQLite file, in any working directory."""
        environment = self.directory / 'environment'
        _run(sys.executable, '-m', 'venv', '--without-pip', environment)
        _run(sys.executable, '-m', 'pip', '--python', environment, 'install', '-q', self.wheel)
        configuration = base.ROOT / 'etc' / 'dbmanage' / 'db-manage.conf'
        command = [environment / 'bin' / 'db-manage', '--config-file', configuration]
        _run(*command, 'upgrade', 'head', cwd=self.directory)
        current = _run(*command, 'current', cwd=self.directory)

        self.assertRegex(current, r'^\S+ \(head\)\n$')
        self.assertTrue((self.directory / 'dbmanage.sqlite').stat().st_size)


def _files(folder: str) -> set[str]:
    return {
        str(path.relative_to(base.ROOT))
        for path in (base.ROOT / folder).rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    }


def _run(*argv: str | pathlib.Path, cwd: pathlib.Path | None = None) -> str:
    """Run a program without this process's Python path; return its stdout."""
    environment = {name: os.environ[name] for name in os.environ if name != 'PYTHONPATH'}
    done = subprocess.run(
        argv, cwd=cwd, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise AssertionError(f'{argv} failed:\n{done.stdout}\n{done.stderr}')
    return done.stdout
