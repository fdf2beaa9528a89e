# SPDX-License-Identifier: Apache-2.0
"""The files of etc/dbmanage."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from tests import base

ETC = base.ROOT / 'etc' / 'dbmanage'


class SampleTests(unittest.TestCase):
    """The sample configuration is generated, never written."""

    def test_sample_is_what_the_generator_writes(self):
        """``tox -e genconfig`` changes nothing."""
        with tempfile.TemporaryDirectory() as directory:
            generated = pathlib.Path(directory) / 'sample'
            subprocess.run(
                [
                    pathlib.Path(sys.executable).with_name('oslo-config-generator'),
                    f'--config-file={ETC / "config-generator.conf"}',
                    f'--output-file={generated}',
                ],
                check=True,
            )

            self.assertEqual(
                (ETC / 'db-manage.conf.sample').read_text(), generated.read_text()
            )
