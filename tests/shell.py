# SPDX-License-Identifier: Apache-2.0
"""Runs of the command in a shell: pipes, full disks, fewer rights."""

import os
import shlex
import subprocess
import sys

from tests import base

# Root may write everywhere but where this capability is what lets it.
WITHOUT_RIGHTS = 'setpriv --bounding-set=-dac_override ' if os.geteuid() == 0 else ''


class ShellTestCase(base.CommandTestCase):
    """A test that runs the command in bash, where it is called ``$run``."""

    def shell(self, script: str, stdout: int = subprocess.PIPE) -> base.Result:
        """Run a script; its streams are those of bash."""
        argv = [sys.executable, '-m', 'dbmanage', *self._argv(())]
        path = os.pathsep.join([str(base.ROOT), str(self.directory / 'packages')])
        # With unbuffered streams an error would come earlier than for users.
        env = os.environ | {'PYTHONPATH': path, 'PYTHONUNBUFFERED': '', 'run': shlex.join(argv)}
        done = subprocess.run(
            ['bash', '-c', script], env=env, cwd=self.directory, text=True, encoding='utf-8',
            stdout=stdout, stderr=subprocess.PIPE, check=False)
        return base.Result(done.returncode, done.stdout or '', done.stderr)
