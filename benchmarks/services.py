# SPDX-License-Identifier: Apache-2.0
"""Sahara and Mistral, as they are on the package index, in an environment of their own."""

import dataclasses
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping

from benchmarks import measure
from benchmarks import peers

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_ADOPTERS = _ROOT / 'tests' / 'adopters'
NAMES = ('sahara', 'mistral')


def install(home: pathlib.Path) -> pathlib.Path:
    """Make the environment; return the folder of its commands."""
    folder = home / 'services'
    run = str(folder / 'bin' / 'python'), '-m', 'pip', 'install', '--quiet'
    for argv in ([sys.executable, '-m', 'venv', str(folder)],
                 [*run, '-r', str(_ADOPTERS / 'requirements.txt'), str(_ROOT)],
                 [*run, '--no-deps', '-r', str(_ADOPTERS / 'services.txt')]):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise measure.Failed(f'{argv}: {done.stderr[-500:]}')
    return folder / 'bin'


def cases(
    programs: pathlib.Path, name: str, database: peers.Database,
) -> Mapping[str, measure.Case]:
    """Return ``upgrade head`` by db-manage, and by the command of the service."""
    conf = programs.parent / f'{name}.conf'
    conf.write_text(f'[database]\nconnection = {database.url}\n'
                    f'[dbmanage]\nservice = tests.adopters.services:{name.upper()}\n')
    env = {'PYTHONPATH': str(_ROOT)}
    own = measure.Case([os.fspath(programs / f'{name}-db-manage'),
                        '--config-file', str(conf), 'upgrade', 'head'])
    return {'ours': dataclasses.replace(own, argv=[
        os.fspath(programs / 'db-manage'), *own.argv[1:]], env=env), 'own': own}
