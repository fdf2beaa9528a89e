# SPDX-License-Identifier: Apache-2.0
"""The page for service authors, line after line, with the services that it shows."""

import unittest

from tests import base
from tests import test_readme


class AdoptingTests(test_readme.PageTests, unittest.TestCase):
    """doc/adopting.md."""

    path = base.ROOT / 'doc' / 'adopting.md'
