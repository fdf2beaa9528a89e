# SPDX-License-Identifier: Apache-2.0
"""The files of the revisions of the reference service."""

import ast
import pathlib
import unittest
from typing import Any

from dbmanage import reference

FILES = sorted(
    path for folder in reference.SERVICE.folders() for path in folder.glob('[0-9]*.py'))


class TestFiles(unittest.TestCase):
    """The files of the revisions."""

    def test_frozen(self):
        """A revision imports nothing that changes after it was written."""
        imported = {name.split('.')[0] for path in FILES for name in _imports(path)}

        self.assertLessEqual(imported, {'alembic', 'hashlib', 'sqlalchemy'})

    def test_titles(self):
        """A title fits on a line of ``history``."""
        titles = [ast.get_docstring(_tree(path)).splitlines()[0] for path in FILES]

        self.assertEqual([], [title for title in titles if len(title) > 72])


def _tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text('utf-8'))


def _imports(path: pathlib.Path) -> list[Any]:
    names = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module)
    return names
