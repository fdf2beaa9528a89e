# SPDX-License-Identifier: Apache-2.0
"""Runs of a command: in this process, and as processes that can be killed."""

import contextlib
import dataclasses
import io
import multiprocessing
import os
import pathlib
import sys
from collections.abc import Iterator
from collections.abc import Sequence

from dbmanage import cli
from dbmanage import service as services
from dbmanage.testing import moments

_PATIENCE = 600.0  # seconds that a run may take

# A fork has the Service, and has imported its models already.
_PROCESSES = multiprocessing.get_context('fork')


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run of the command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


def here(argv: Sequence[str], service: services.Service | None = None) -> Result:
    """Run the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(service, argv)
    return Result(code, out.getvalue(), err.getvalue())


def into_files(
    argv: Sequence[str], said: str, at: moments.At | None = None,
    service: services.Service | None = None,
) -> int:
    """Run the command in a process of its own; its output goes to files.

    ``said`` is the path of stderr; stdout is beside it.
    """
    with (open(f'{said}.out', 'w', buffering=1, encoding='utf-8') as out,
          open(said, 'w', buffering=1, encoding='utf-8') as err):
        sys.stdout, sys.stderr = out, err
        if at:
            moments.arm(at)
        return cli.main(service, argv)


class Run:
    """A run of the command as a process, with a folder for its output."""

    def __init__(
        self, argv: Sequence[str], folder: pathlib.Path, at: moments.At | None = None,
        service: services.Service | None = None,
    ) -> None:
        self._said = folder / f'run-{len(os.listdir(folder))}'
        self._process = _PROCESSES.Process(
            target=_be, args=(argv, str(self._said), at, service), daemon=True)
        self._said.touch()
        self._process.start()

    def result(self) -> Result:
        """Wait for its end; return what it left, the code of a signal below 0."""
        self._process.join(_PATIENCE)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise AssertionError(f'a run did not end in {_PATIENCE} s:\n{self._text()}')
        return Result(code, self._text('.out'), self._text())

    def _text(self, ending: str = '') -> str:
        path = pathlib.Path(f'{self._said}{ending}')
        return path.read_text('utf-8') if path.exists() else ''


@contextlib.contextmanager
def without_options() -> Iterator[None]:
    """Hide the options of oslo.config that the environment holds."""
    saved = dict(os.environ)
    for variable in saved:
        if variable.startswith('OS_'):
            del os.environ[variable]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def _be(
    argv: Sequence[str], said: str, at: moments.At | None, service: services.Service | None,
) -> None:
    code = 1
    try:
        code = into_files(argv, said, at, service)
    finally:
        # Nothing of the tests that were forked may go on, not even their clean-up.
        os._exit(code)
