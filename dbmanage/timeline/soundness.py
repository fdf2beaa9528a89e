# SPDX-License-Identifier: Apache-2.0
"""Whether the revisions on disk make one sound timeline."""

import collections
import dataclasses
import graphlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from dbmanage import errors
from dbmanage.timeline import files
from dbmanage.timeline import reading

# Alembic's version_num is VARCHAR(32): databases other than SQLite refuse more.
LONGEST_ID = 32
# What Alembic takes for a step or a branch: https://alembic.sqlalchemy.org/en/latest/branches.html
# The others would end the literal that Alembic puts an id in, or a comment.
_ILLEGAL = set('@+-\'\\\n\r\0')
_RESERVED = {'', 'base', 'current', 'head', 'heads'}


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something wrong with the timeline; ``path`` is '' for all of it."""

    code: str
    revision: str
    path: str
    message: str


def read(paths: Iterable[str]) -> tuple[list[files.File], list[Problem]]:
    """Return the files that can be read, and the problem of each other one."""
    found, broken = [], []
    for path in paths:
        try:
            found.append(reading.read(path))
        except errors.Failed as e:
            broken.append(Problem('broken_file', '', path, str(e)))
    return found, broken


def graph_problems(found: Sequence[files.File]) -> list[Problem]:
    """Return what keeps the files from being a graph at all."""
    return [*_duplicates(found), *_misnamed(found), *_missing(found), *_cycles(found)]


def all_problems(
    found: Sequence[files.File], check: Callable[[files.File], Iterator[Problem]],
) -> list[Problem]:
    """Return everything that is wrong with files that could be read.

    ``check`` is one of the functions below.
    """
    inside = [problem for file in found for problem in check(file)]
    return [*graph_problems(found), *_several(found), *inside]


def check_code(file: files.File) -> Iterator[Problem]:
    """Yield what is wrong inside a file; it is imported."""
    yield from _header_problems(file)
    upgrades = file.defines_upgrade
    try:
        upgrades = callable(getattr(files.load(file.path), 'upgrade', None))
    except errors.Failed as e:
        yield Problem('broken_file', file.revision, file.path, str(e))
    if not upgrades:
        yield _no_upgrade(file)


def check_text(file: files.File) -> Iterator[Problem]:
    """Yield what is seen to be wrong inside a file; it is not imported."""
    yield from _header_problems(file)
    if not file.defines_upgrade:
        yield _no_upgrade(file)


def _header_problems(file: files.File) -> Iterator[Problem]:
    if len(file.revision) > LONGEST_ID:
        yield Problem('long_id', file.revision, file.path, (
            f'{file.path}: revision {file.revision} is longer than {LONGEST_ID} characters'))
    if not file.doc:
        yield Problem('no_message', file.revision, file.path, (
            f'{file.path}: revision {file.revision} has no message'))


def _no_upgrade(file: files.File) -> Problem:
    return Problem('no_upgrade', file.revision, file.path, (
        f'{file.path}: revision {file.revision} has no upgrade()'))


def _several(found: Sequence[files.File]) -> Iterator[Problem]:
    """Yield each set of heads, or of bases, that no label tells apart."""
    parents = {file.revision: file.down_revision for file in found}
    children = collections.defaultdict(list)
    for revision, below in parents.items():
        for parent in below:
            children[parent].append(revision)
    labels = {file.revision: file.branch_labels for file in found}
    heads = {one: _labels(one, parents, labels) for one in parents if not children[one]}
    # A branch's label also names what is below it, down to the branch point.
    trunks = {one: above if len(above) == 1 else () for one, above in children.items()}
    bases = {one: _labels(one, trunks, labels) for one in parents if not parents[one]}
    yield from _indistinct('heads', heads)
    yield from _indistinct('bases', bases)


def _labels(
    start: str, ways: Mapping[str, Sequence[str]], labels: Mapping[str, Sequence[str]],
) -> str:
    seen, ahead = set[str](), [start]
    while ahead:
        one = ahead.pop()
        if one not in seen:
            seen.add(one)
            ahead.extend(ways.get(one, ()))
    return ', '.join(sorted({label for one in seen for label in labels.get(one, ())}))


def _indistinct(what: str, ends: Mapping[str, str]) -> Iterator[Problem]:
    groups = collections.defaultdict(list)
    for revision, label in ends.items():
        groups[label].append(revision)
    for label, ids in sorted(groups.items()):
        if len(ends) > 1 and (len(ids) > 1 or not label):
            yield Problem(f'several_{what}', '', '', (
                f'several {what}: {", ".join(sorted(ids if label else ends))}'
                + (f' of branch {label}' if label else '; merge them, or label the branches')))


def _duplicates(found: Sequence[files.File]) -> Iterator[Problem]:
    by_id = collections.defaultdict(list)
    for file in found:
        by_id[file.revision].append(file.path)
    for revision, paths in by_id.items():
        if len(paths) > 1:
            yield Problem('duplicate_id', revision, paths[1],
                          f'revision {revision} is declared by {" and ".join(paths)}')


def _misnamed(found: Sequence[files.File]) -> Iterator[Problem]:
    """Yield each name that Alembic could not tell from another thing."""
    names = {file.revision for file in found}
    for file in found:
        if set(file.revision) & _ILLEGAL or file.revision in _RESERVED:
            yield Problem('illegal_id', file.revision, file.path, (
                f'{file.path}: {file.revision!r} cannot be the id of a revision'))
        for label in file.branch_labels:
            if label in names:
                yield Problem('duplicate_label', file.revision, file.path, (
                    f'{file.path}: branch label {label} of revision {file.revision} '
                    'is the name of something else already'))
            names.add(label)


def _missing(found: Sequence[files.File]) -> Iterator[Problem]:
    ids = {file.revision for file in found}
    labels = {label for file in found for label in file.branch_labels}
    for file in found:
        down = set(file.down_revision) - ids
        depends = set(file.depends_on) - ids - labels
        for name in sorted(down | depends, key=str):
            yield Problem('missing_revision', file.revision, file.path, (
                f'{file.path}: revision {file.revision} '
                f'{"follows" if name in down else "depends on"} {name}, which is not there'))


def _cycles(found: Sequence[files.File]) -> Iterator[Problem]:
    owners = {label: file.revision for file in found
              for label in file.branch_labels}
    graph = collections.defaultdict[str, set[str]](set)
    for file in found:
        graph[file.revision].update(file.down_revision, (
            owners.get(name, name) for name in file.depends_on))
    while cycle := () if _is_ordered(graph) else _cycle(graph):
        graph[cycle[1]].remove(cycle[0])
        yield Problem('cycle', cycle[0], '', f'cycle: {" -> ".join(cycle)}')


def _is_ordered(graph: Mapping[str, set[str]]) -> bool:
    """Tell whether each revision follows all that it needs, as numbered ones do."""
    seen = set[str]()
    for revision, needed in graph.items():
        if not needed <= seen:
            return False
        seen.add(revision)
    return True


def _cycle(graph: Mapping[str, set[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as e:
        return list(e.args[1])
    return []
