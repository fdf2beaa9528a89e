# SPDX-License-Identifier: Apache-2.0
"""What a refusal means for the caller."""

import unittest

from oslo_db import exception

from dbmanage import errors
from dbmanage.database import refusal


class TranslateTests(unittest.TestCase):
    """An error that comes through SQLAlchemy and oslo.db."""

    def test_ours(self):
        """An end that a listener of ours asks for stays what it is."""
        busy = errors.Busy('interrupted by SIGTERM')

        self.assertIs(busy, refusal.translate(exception.DBError(busy), 'mysql database'))
