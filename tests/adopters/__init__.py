# SPDX-License-Identifier: Apache-2.0
"""Sahara and Mistral, as they are on the package index, under dbmanage."""

import os
import pathlib
import unittest


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> unittest.TestSuite:
    """Leave these tests to ``tox -e adopters``, which installs the services."""
    if 'DBMANAGE_TEST_ADOPTERS' in os.environ:
        folder = str(pathlib.Path(__file__).parent)
        tests.addTests(loader.discover(folder, pattern or 'test*.py'))
    return tests
