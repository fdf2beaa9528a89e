# SPDX-License-Identifier: Apache-2.0
"""The revisions on disk: their order, their heads, their soundness."""

from __future__ import annotations

import functools
import pathlib
import typing
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from dbmanage import errors
from dbmanage.timeline import files
from dbmanage.timeline import graph
from dbmanage.timeline import names
from dbmanage.timeline import reading
from dbmanage.timeline import soundness

if typing.TYPE_CHECKING:
    from alembic.runtime import migration

    from dbmanage import output
    from dbmanage.timeline import directory
    from dbmanage.timeline import draft as drafts

# Revisions whose code is kept from the check to the run; it takes 5 KB of memory each.
_KEPT = 1000


class Timeline:
    """The revisions of a service, as they are on disk.

    Raises Failed where the files are no graph: one that cannot be read, a
    duplicate id, a missing revision, a cycle. ``problems`` lists them all.
    """

    LONGEST_ID = soundness.LONGEST_ID

    def __init__(
        self, folders: Sequence[pathlib.Path], attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.folders = folders
        self._attributes = attributes or {}
        self._files, self._broken = soundness.read(reading.find(folders))
        self._ids = {file.revision for file in self._files}

    @functools.cached_property
    def graph(self) -> graph.Graph:
        """The sound graph."""
        problems = [*self._broken, *soundness.graph_problems(self._files)]
        if problems:
            more = f' (and {len(problems) - 1} more)' if len(problems) > 1 else ''
            raise errors.Failed(f'{problems[0].message}{more}; see check_migration')
        return graph.Graph(self._files)

    @functools.cached_property
    def directory(self) -> directory.Directory:
        """The same graph, as Alembic's ScriptDirectory."""
        from dbmanage.timeline import directory
        return directory.Directory(self.graph.revisions.values(), self.folders)

    def problems(self, static: bool = False) -> list[soundness.Problem]:
        """Return everything that is wrong, each thing once.

        Each file is imported, unless what can be read is enough.
        """
        from dbmanage.timeline import headsfile
        check = soundness.check_text if static else soundness.check_code
        found = [*self._broken, *soundness.all_problems(self._files, check)]
        if self._broken:  # then nobody knows the heads
            return found
        return [*found, *headsfile.problems(self.folders, self.head_files())]

    def __contains__(self, revision: str) -> bool:
        return revision in self._ids

    def known(self, recorded: Sequence[str]) -> list[str]:
        """Return recorded revisions, sorted; RevisionNotInCode for another's.

        Raises Failed for a version table that no upgrade can have left.
        """
        strange = [str(revision) for revision in recorded if revision not in self]
        if strange:
            raise errors.RevisionNotInCode(
                f'the database is at revision {", ".join(strange)}, which this code does '
                'not have; deploy the code that has it')
        for one in recorded if len(recorded) > 1 else ():
            below = set(recorded) & (self.lineage([self.get(one)]) - {one})
            if below:
                raise errors.Failed(
                    f'the version table has {one} and also {", ".join(sorted(below))}, which '
                    'comes before it; stamp --purge REV records one revision alone')
        return sorted(recorded)

    def ids(self) -> list[str]:
        """Return the ids of all revisions, in the order of the files."""
        return [file.revision for file in self._files]

    def labels(self) -> set[str]:
        """Return the labels of all branches."""
        return {label for file in self._files for label in file.branch_labels}

    def heads(self) -> list[str]:
        """Return the heads that branches end in, sorted."""
        return sorted(self.graph.heads)

    def head_files(self) -> dict[str, pathlib.Path]:
        """Return the heads that branches end in, each with its file."""
        below = {one for file in self._files for one in file.down_revision}
        return {file.revision: pathlib.Path(file.path)
                for file in self._files if file.revision not in below}

    def effective_heads(self) -> list[str]:
        """Return the heads that an upgraded database records, sorted.

        A head that another revision depends on is not recorded of its own.
        """
        return sorted(self.graph.effective_heads)

    def get(self, revision: str) -> files.Revision:
        """Return one revision by id, unique prefix, label or head."""
        return self.resolve(revision)[0]

    def resolve(self, name: str) -> Sequence[files.Revision]:
        """Return the revisions that a name means; UsageError if none."""
        return names.of(self, name)

    def exactly(self, name: str) -> Sequence[files.Revision]:
        """Return what an id, a head, base or a label means: no prefixes."""
        return names.exactly(self, name)

    def check_ids(self, plan: Sequence[files.Revision]) -> None:
        """Raise Failed for an id that the version table cannot hold."""
        for revision in plan:
            if len(revision.revision) > soundness.LONGEST_ID:
                raise errors.Failed(
                    f'{revision.path}: revision {revision.revision} is longer than '
                    f'{soundness.LONGEST_ID} characters; nothing was applied')

    def check_plan(self, plan: Sequence[files.Revision]) -> None:
        """Raise Failed for a revision that cannot be run or recorded."""
        self.check_ids(plan)
        for number, revision in enumerate(plan):
            if not hasattr(revision.module, 'upgrade'):
                raise errors.Failed(
                    f'{revision.path}: revision {revision.revision} has no upgrade()')
            if number >= _KEPT:
                revision.forget()

    def is_relative(self, name: str) -> bool:
        """Tell whether a target is counted from where the database is."""
        match = names.RELATIVE.match(name)
        return bool(match) and name not in self

    def check_target(self, name: str) -> None:
        """Raise UsageError unless ``name`` is something to upgrade to."""
        relative = names.RELATIVE.match(name)
        if name in self or not relative:
            if not self.resolve(name) and name not in names.SYMBOLS:
                raise errors.UsageError(f'nothing is below {name}: {errors.NO_DOWNGRADE}')
        elif (steps := int(relative['steps'])) < 1:
            raise errors.UsageError(f'{name} goes back: {errors.NO_DOWNGRADE}' if steps else
                                    f'{name} asks for nothing; N is 1 or more')

    def plan(self, target: str, heads: Sequence[str]) -> list[files.Revision]:
        """Return what lies between the heads and a target, oldest first."""
        self.check_target(target)
        try:
            return self.between(heads, target)
        except LookupError as e:
            left = self.between(heads, 'heads')
            if not left and target.rpartition('@')[2].startswith('+'):
                return []
            why = (names.unnamed_branch(self, target, heads, left)
                   or str(e) or 'there is no such revision')
            raise errors.UsageError(
                f'cannot upgrade to {target} from {", ".join(heads) or "base"}, where '
                f'{len(left)} revisions are left: {why}') from e

    def between(self, heads: Sequence[str], target: str) -> list[files.Revision]:
        """Return what the target needs and the heads lack, oldest first.

        Raises LookupError if there is no such target, or no way to it.
        """
        found = None
        if not names.RELATIVE.match(target):
            found = self.graph.between(heads, target)
        if found is None:
            found = self._revisions(self.directory.between(heads, target))
        return found[::-1]

    def walk(self, base: str = 'base', head: str = 'heads') -> list[files.Revision]:
        """Return the revisions of a span, newest first."""
        found = self.graph.between((), head) if base == 'base' else None
        if found is None:
            found = self._revisions(self.directory.walk(base, head))
        return found

    def lineage(self, revisions: Sequence[files.Revision]) -> set[str]:
        """Return the ids of some revisions and of all that they need."""
        return self.graph.lineage(one.revision for one in revisions)

    def _revisions(self, ids: Iterable[str]) -> list[files.Revision]:
        return [self.graph.revisions[id_] for id_ in ids]

    def run(
        self, work: Callable[..., Iterable[Any]], configure: Mapping[str, Any], **options: Any,
    ) -> None:
        """Run env.py; ``work(heads, context)`` yields the steps to take.

        ``configure`` are the arguments of Alembic's ``context.configure``,
        ``options`` those of its EnvironmentContext.
        """
        self.directory.run(work, configure, self._attributes, **options)

    def write(
        self, plan: drafts.Draft, body: str = 'pass', imports: Collection[str] = (),
    ) -> output.Answer:
        """Write a new revision file; return its path."""
        from dbmanage import output
        from dbmanage.timeline import draft
        revision = draft.write(self, plan, body, imports)
        return output.Answer({'revision': revision.document()}, [revision.path])

    def merge(self, plan: drafts.Draft) -> output.Answer:
        """Write a revision file that joins several heads; return its path."""
        from dbmanage.timeline import draft
        draft.check_merge(self, plan)
        return self.write(plan)

    def stamping(self, name: str) -> Callable[..., Iterable[Any]]:
        """Return the work, for ``run``, that records a revision."""
        return self.directory.stamping(name, [one.revision for one in self.exactly(name)])

    def step(self, revision: files.Revision) -> migration.MigrationStep:
        """Return the step that applies a revision."""
        return self.directory.step(revision.revision)
