# SPDX-License-Identifier: Apache-2.0
"""Revision files: what they declare, how they are shown, how they are run."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import traceback
import types
import typing
from typing import Any

from dbmanage import errors

NAMES = ('revision', 'down_revision', 'branch_labels', 'depends_on')


class File(typing.NamedTuple):
    """What a revision file says about itself."""

    path: str
    revision: str
    down_revision: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    doc: str = ''
    defines_upgrade: bool = True


class Revision:
    """What a file declares, and its place in the graph.

    ``needs`` are the ids that it goes on from: those that it follows, and those
    that it depends on and no revision below it does. ``nextrev`` follow it,
    ``dependents`` depend on it.
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self.path = file.path
        self.revision = file.revision
        self.down_revisions = file.down_revision
        self.dependencies = file.depends_on
        self.needs = tuple(dict.fromkeys(file.down_revision))
        self.branch_labels = set(file.branch_labels)
        self.nextrev: list[str] = []
        self.dependents: list[str] = []

    @functools.cached_property
    def module(self) -> types.ModuleType:
        """The revision's code; raises Failed if it does not import."""
        module = load(self.path, self._code)
        for name, declared in zip(NAMES, self.file[1:], strict=False):
            found = getattr(module, name, None)
            if as_tuple(found) != as_tuple(declared):
                raise errors.Failed(f'{self.path}: {name} is {found!r} when it is run, and '
                                    f'{declared!r} when it is read')
        return module

    @functools.cached_property
    def _code(self) -> types.CodeType:
        return compiled(self.path)

    def forget(self) -> None:
        """Free the memory of the code; it is loaded again if it is asked for."""
        for name in ('module', '_code'):
            self.__dict__.pop(name, None)

    @property
    def doc(self) -> str:
        """The first paragraph of the docstring of the file."""
        return self.longdoc.split('\n\n')[0]

    @property
    def message(self) -> str:
        """The first paragraph in one line."""
        return ' '.join(self.doc.split())

    @property
    def longdoc(self) -> str:
        """The docstring of the file."""
        return self.file.doc

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of the code of the file; comments and layout do not count.

        The code is bytecode: each Python has another hash for the same file.
        """
        return hashlib.sha256(repr(_instructions(self._code)).encode()).hexdigest()

    @property
    def is_head(self) -> bool:
        """Whether no revision follows it in a branch."""
        return not self.nextrev

    @property
    def is_branch_point(self) -> bool:
        """Whether more than one revision follows it."""
        return len(self.nextrev) > 1

    @property
    def is_crossing(self) -> bool:
        """Whether ways part here, or meet."""
        return self.is_merge_point or len({*self.nextrev, *self.dependents}) > 1

    @property
    def is_merge_point(self) -> bool:
        """Whether it follows more than one revision."""
        return len(self.down_revisions) > 1

    @property
    def log_entry(self) -> str:
        """Everything about the revision, as Alembic says it."""
        lines = [f'Rev: {self.revision}{" (head)" if self.is_head else ""}{self.points}',
                 f'{"Merges" if self.is_merge_point else "Parent"}: {self.parents}']
        if self.dependencies:
            lines.append(f'Also depends on: {", ".join(self.dependencies)}')
        if self.is_branch_point:
            lines.append(f'Branches into: {", ".join(sorted(self.nextrev))}')
        if self.branch_labels:
            lines.append(f'Branch names: {", ".join(sorted(self.branch_labels))}')
        text = '\n'.join(f'    {line}' for line in self.longdoc.splitlines())
        return '\n'.join([*lines, f'Path: {self.path}', '', text, ''])

    @property
    def parents(self) -> str:
        """What it follows, as Alembic writes it."""
        return ', '.join(self.down_revisions) or '<base>'

    @property
    def points(self) -> str:
        """What it is to the branches, as Alembic writes it."""
        return (f'{" (branchpoint)" if self.is_branch_point else ""}'
                f'{" (mergepoint)" if self.is_merge_point else ""}')

    @property
    def title(self) -> str:
        """The id, its branches, and whether it is a head, as Alembic writes them."""
        labels = f' ({", ".join(sorted(self.branch_labels))})' if self.branch_labels else ''
        head = '' if self.nextrev else ' (effective head)' if self.dependents else ' (head)'
        return f'{self.revision}{labels}{head}'

    def document(self) -> dict[str, Any]:
        """Return the JSON object that every command uses."""
        return {
            'revision': self.revision,
            'down_revisions': list(self.down_revisions),
            'branch_labels': sorted(self.branch_labels),
            'depends_on': list(self.dependencies),
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


def compiled(path: str, data: bytes | None = None) -> types.CodeType:
    """Compile a revision file; raise Failed if it is no Python."""
    try:
        if data is None:
            with open(path, 'rb', buffering=0) as file:
                data = file.read()
        return compile(data, path, 'exec', dont_inherit=True)
    except (SyntaxError, ValueError, OSError) as e:
        raise errors.Failed(f'{path}: {errors.describe(e)}') from e


def load(path: str, code: types.CodeType | None = None) -> types.ModuleType:
    """Import a revision file; raise Failed with the reason if it fails.

    What is run is what was read: bytecode of a file that was changed within the
    second, to the same size, would be taken for that of the file.
    """
    stem, _ = os.path.splitext(os.path.basename(path))
    module = types.ModuleType(re.sub(r'\W', '_', stem))
    module.__file__ = path
    code = code or compiled(path)
    try:
        exec(code, module.__dict__)
        return module
    except (Exception, SystemExit) as e:  # a revision file may raise anything
        raise errors.Failed(f'{path}: {errors.describe(e)}') from e


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Return a declaration as Alembic understands it."""
    if value is None or isinstance(value, str):
        return () if value is None else (value,)
    return tuple(value) if isinstance(value, list | tuple | set) else (value,)


def _instructions(code: types.CodeType) -> tuple[Any, ...]:
    """Return what code does, without the places of its lines."""
    constants = [
        _instructions(one) if isinstance(one, types.CodeType) else
        sorted(map(repr, one)) if isinstance(one, frozenset) else repr(one)
        for one in code.co_consts]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_name, names, code.co_code, code.co_exceptiontable, constants
