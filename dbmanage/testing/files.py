# SPDX-License-Identifier: Apache-2.0
"""The files of the revisions: their heads, their ids, what they import."""

import ast
import pathlib
from collections.abc import Collection
from collections.abc import Iterator

from dbmanage.testing import case


class FileTests(case.Case):
    """The files of the revisions, without a database.

    ``may_import`` are modules of the service that revisions may import, since
    they do not change; what is below them may be imported, too.
    """

    may_import: Collection[str] = ()

    def test_heads(self) -> None:
        """The timeline is sound, with one head for each branch.

        Of two heads ``upgrade head`` takes none. They are what two changes leave
        that were merged on the same day.
        """
        self.assert_none(
            (one.message for one in self.timeline.problems() if one.code != 'long_id'),
            'the timeline is not sound')

    def test_ids(self) -> None:
        """No id is longer than the column of the version table.

        SQLite takes longer ones; PostgreSQL refuses them when the revision has run.
        """
        longest = self.timeline.LONGEST_ID
        self.assert_none(
            (one for one in self.timeline.ids() if len(one) > longest),
            f'these ids are longer than {longest} characters')

    def test_imports(self) -> None:
        """No revision imports the service, whose models change after it was written.

        A revision that creates a table from a model creates another one each year.
        """
        own = self._packages()
        self.assert_none((
            f'{revision.path}:{line} imports {name}'
            for revision in self.revisions
            for line, name in _imported(pathlib.Path(revision.path))
            if name.startswith('.') or (
                name.partition('.')[0] in own and not self._is_allowed(name))),
            'these may change after the revision was written (may_import names what will not)')

    def _packages(self) -> set[str]:
        """Return the packages that the service's places and folders are in."""
        service = self.service
        places = [*_listed(service.models), *_listed(service.metadata),
                  *_listed(service.versions)]
        named = {one.partition(':')[0].partition('.')[0]
                 for one in places if isinstance(one, str) and not one.startswith('/')}
        return named | {_package(folder) for folder in service.folders()} - {''}

    def _is_allowed(self, name: str) -> bool:
        return any(f'{name}.'.startswith(f'{one}.') for one in self.may_import)


def _listed(value: object) -> Collection[object]:
    return value if isinstance(value, list | tuple) else [value]


def _package(folder: pathlib.Path) -> str:
    """Return the package that a folder is in, '' if it is in none."""
    name = ''
    for above in [folder, *folder.parents]:
        if (above / '__init__.py').exists():
            name = above.name
        elif name:
            break
    return name


def _imported(path: pathlib.Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text('utf-8'), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = '.' * node.level + (node.module or '')
            yield from ((node.lineno, f'{above}.{alias.name}') for alias in node.names)
