# SPDX-License-Identifier: Apache-2.0
"""Revision files: found in their folders, read without being run."""

import ast
import dataclasses
import functools
import hashlib
import pathlib
import re
import traceback
import types
from collections.abc import Iterable
from typing import Any

from alembic import script
from alembic import util
from alembic.script import revision

from dbmanage import errors

_NAMES = ('revision', 'down_revision', 'branch_labels', 'depends_on')


@dataclasses.dataclass(frozen=True)
class File:
    """What a revision file says about itself."""

    path: pathlib.Path
    revision: str
    down_revision: str | tuple[str, ...] | None = None
    branch_labels: str | tuple[str, ...] | None = None
    depends_on: str | tuple[str, ...] | None = None
    doc: str = ''
    defines_upgrade: bool = True


class Revision(script.Script):
    """Alembic's Script; its module is loaded when it is run."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.path = str(file.path)
        revision.Revision.__init__(
            self, file.revision, file.down_revision,
            dependencies=file.depends_on, branch_labels=file.branch_labels)

    @functools.cached_property
    def module(self) -> types.ModuleType:  # type: ignore[override]
        """The revision's code; raises Failed if it does not import."""
        return load(self.file.path)

    @property
    def longdoc(self) -> str:
        """The docstring of the file."""
        return self.file.doc

    @property
    def fingerprint(self) -> str:
        """A hash of the code of the file; comments and layout do not count."""
        code = ast.dump(ast.parse(self.file.path.read_bytes()))
        return hashlib.sha256(code.encode()).hexdigest()

    @property
    def log_entry(self) -> str:
        """Everything about the revision, as Alembic says it."""
        return self._in_order(super().log_entry)

    def cmd_format(self, *args: bool, **options: bool) -> str:
        """Return the line about the revision, as Alembic writes it."""
        return self._in_order(super().cmd_format(*args, **options))

    def _in_order(self, text: str) -> str:
        """Sort the names that Alembic keeps in sets, and writes in any order."""
        for names in (self.nextrev, self.branch_labels):
            text = text.replace(util.format_as_comma(names), ', '.join(sorted(names)), 1)
        return text

    def document(self) -> dict[str, Any]:
        """Return the JSON object that every command uses."""
        return {
            'revision': self.revision,
            'down_revisions': list(util.to_tuple(self.down_revision, ())),
            'branch_labels': sorted(self.branch_labels),
            'depends_on': list(util.to_tuple(self.dependencies, ())),
            'message': self.doc,
            'path': self.path,
            'head': self.is_head,
            'branch_point': self.is_branch_point,
            'merge_point': self.is_merge_point,
        }

    def place(self, error: BaseException) -> str:
        """Name the revision, its file, and the line that an error came through."""
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == self.path]
        line = f', line {lines[-1]}' if lines else ''
        return f'revision {self.revision} ({self.path}{line})'


def find(folders: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Return the revision files of the folders, by folder, then by name."""
    found = (path for folder in folders for path in sorted(folder.glob('*.py')))
    return list(dict.fromkeys(
        path.resolve() for path in found
        if not path.name.startswith(('__init__', '.#'))))


def read(path: pathlib.Path) -> File:
    """Return what a file declares; run it only if that takes running it.

    Raises Failed for a file that cannot be parsed or declares no revision.
    """
    try:
        tree = ast.parse(path.read_bytes(), path)
    except (SyntaxError, ValueError, OSError) as e:
        raise errors.Failed(f'{path}: {errors.describe(e)}') from e
    try:
        declared: dict[str, Any] = _literals(tree)
    except ValueError:
        module = load(path)
        declared = {name: value for name, value in vars(module).items() if name in _NAMES}
    if not isinstance(declared.get('revision'), str):
        raise errors.Failed(f'{path}: it declares no revision')
    if 'down_revision' not in declared:
        raise errors.Failed(f'{path}: it declares no down_revision')
    return File(path, **_as_tuples(declared), doc=(ast.get_docstring(tree) or '').strip(),
                defines_upgrade=_defines_upgrade(tree))


def load(path: pathlib.Path) -> types.ModuleType:
    """Import a revision file; raise Failed with the reason if it fails.

    What is run is what was read: bytecode of a file that was changed within the
    second, to the same size, would be taken for that of the file.
    """
    name = re.sub(r'\W', '_', path.stem)
    module = types.ModuleType(name)
    module.__file__ = str(path)
    try:
        exec(compile(path.read_bytes(), path, 'exec'), module.__dict__)
        return module
    except (Exception, SystemExit) as e:  # a revision file may raise anything
        raise errors.Failed(f'{path}: {errors.describe(e)}') from e


def _literals(tree: ast.Module) -> dict[str, Any]:
    """Return the declarations; raise ValueError if one is not in plain sight."""
    declared = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else (
            [node.target] if isinstance(node, ast.AnnAssign) else [])
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _NAMES:
                declared[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    if not {'revision', 'down_revision'} <= declared.keys():
        raise ValueError
    return declared


def _as_tuples(declared: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list | set) else value
            for name, value in declared.items()}


def _defines_upgrade(tree: ast.Module) -> bool:
    names = {getattr(node, 'name', None) for node in tree.body}
    names |= {target.id for node in tree.body if isinstance(node, ast.Assign)
              for target in node.targets if isinstance(target, ast.Name)}
    names |= {alias.asname or alias.name for node in tree.body
              if isinstance(node, ast.ImportFrom) for alias in node.names}
    return 'upgrade' in names
