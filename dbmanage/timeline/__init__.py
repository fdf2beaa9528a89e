# SPDX-License-Identifier: Apache-2.0
"""The revisions on disk: their order, their heads, their soundness."""

import functools
import pathlib
import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import cast

from alembic import script
from alembic import util
from alembic.runtime import environment
from alembic.runtime import migration
from alembic.script import revision as graph

from dbmanage import errors
from dbmanage import output
from dbmanage.timeline import draft
from dbmanage.timeline import files
from dbmanage.timeline import headsfile
from dbmanage.timeline import names
from dbmanage.timeline import settings
from dbmanage.timeline import soundness

RELATIVE = re.compile(r'(?:(?P<branch>.+)@)?(?P<symbol>\w+)?(?P<steps>[+-]\d+)$')


class Directory(script.ScriptDirectory):
    """Alembic's directory of revisions, over files that were read."""

    def __init__(self, found: Sequence[files.File], folders: Sequence[pathlib.Path]) -> None:
        home = pathlib.Path(__file__).parents[1] / 'migrations'
        super().__init__(str(home), version_locations=[str(path) for path in folders])
        self.revision_map = graph.RevisionMap(lambda: map(files.Revision, found))


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
        self._files, self._broken = soundness.read(files.find(folders))

    @functools.cached_property
    def directory(self) -> Directory:
        """The sound graph, as Alembic's ScriptDirectory."""
        problems = [*self._broken, *soundness.graph_problems(self._files)]
        if problems:
            more = f' (and {len(problems) - 1} more)' if len(problems) > 1 else ''
            raise errors.Failed(f'{problems[0].message}{more}; see check_migration')
        return Directory(self._files, self.folders)

    def problems(self) -> list[soundness.Problem]:
        """Return everything that is wrong, each thing once."""
        found = [*self._broken, *soundness.all_problems(self._files)]
        if self._broken:  # then nobody knows the heads
            return found
        return [*found, *headsfile.problems(self.folders, self.head_files())]

    def __contains__(self, revision: str) -> bool:
        return revision in {file.revision for file in self._files}

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
        return {label for file in self._files for label in util.to_tuple(file.branch_labels, ())}

    def heads(self) -> list[str]:
        """Return the heads that branches end in, sorted."""
        return sorted(self.directory.get_heads())

    def head_files(self) -> dict[str, pathlib.Path]:
        """Return the heads that branches end in, each with its file."""
        below = {one for file in self._files for one in util.to_tuple(file.down_revision, ())}
        return {file.revision: file.path for file in self._files if file.revision not in below}

    def effective_heads(self) -> list[str]:
        """Return the heads that an upgraded database records, sorted.

        A head that another revision depends on is not recorded of its own.
        """
        return sorted(self.directory.get_heads(consider_depends_on=True))

    def get(self, revision: str) -> files.Revision:
        """Return one revision by id, unique prefix, label or head."""
        return self.resolve(revision)[0]

    def resolve(self, name: str) -> Sequence[files.Revision]:
        """Return the revisions that a name means; UsageError if none."""
        if not name.rpartition('@')[2]:
            raise names.unknown(self, name)
        try:
            found = self.directory.get_revisions(name)
        except util.CommandError as e:
            raise names.unknown(self, name, e) from e
        return cast(Sequence[files.Revision], tuple(one for one in found if one))

    def exactly(self, name: str) -> Sequence[files.Revision]:
        """Return what an id, a head, base or a label means: no prefixes."""
        branch, _, rest = name.rpartition('@')
        plain = {*self.ids(), *self.labels(), *names.SYMBOLS, 'base'}
        if rest not in plain or (branch and branch not in plain):
            raise names.unknown(self, name)
        return self.resolve(name)

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
        for revision in plan:
            if not hasattr(revision.module, 'upgrade'):
                raise errors.Failed(
                    f'{revision.path}: revision {revision.revision} has no upgrade()')

    def is_relative(self, name: str) -> bool:
        """Tell whether a target is counted from where the database is."""
        match = RELATIVE.match(name)
        return bool(match) and name not in self

    def check_target(self, name: str) -> None:
        """Raise UsageError unless ``name`` is something to upgrade to."""
        relative = RELATIVE.match(name)
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
        except (graph.RevisionError, AssertionError) as e:  # the latter: REV+N is not there
            left = len(self.between(heads, 'heads'))
            if not left and target.rpartition('@')[2].startswith('+'):
                return []
            raise errors.UsageError(
                f'cannot upgrade to {target} from {", ".join(heads) or "base"}, where '
                f'{left} revisions are left: {str(e) or "there is no such revision"}') from e

    def between(
        self, heads: Sequence[str], target: str | Sequence[str],
    ) -> list[files.Revision]:
        """Return what the target needs and the heads lack, oldest first."""
        upper = target if isinstance(target, str) else tuple(target)
        found = list(self.directory.iterate_revisions(upper, tuple(heads), implicit_base=True))
        return cast(list[files.Revision], found[::-1])

    def walk(self, base: str = 'base', head: str = 'heads') -> list[files.Revision]:
        """Return the revisions of a span, newest first."""
        try:
            found = list(self.directory.walk_revisions(base, head))
        except util.CommandError as e:
            raise errors.UsageError(f'{base}:{head}: {e}') from e
        except AssertionError as e:  # Alembic sorts what it has no way to
            raise errors.UsageError(
                f'{base}:{head}: a dependency leads from the one to the other, no branch') from e
        return cast(list[files.Revision], found)

    def lineage(self, revisions: Sequence[files.Revision]) -> set[str]:
        """Return the ids of some revisions and of all that they need."""
        below = {id_ for one in revisions for id_ in util.to_tuple(one.down_revision, ())}
        return {needed.revision for one in revisions if one.revision not in below
                for needed in self.between((), one.revision)}

    def run(
        self, work: Callable[..., Iterable[Any]], configure: Mapping[str, Any], **options: Any,
    ) -> None:
        """Run env.py; ``work(heads, context)`` yields the steps to take.

        ``configure`` are the arguments of Alembic's ``context.configure``,
        ``options`` those of its EnvironmentContext.
        """
        with environment.EnvironmentContext(
            settings.of(configure, self._attributes), self.directory, fn=work, **options,
        ):
            self.directory.run_env()

    def write(
        self, plan: draft.Draft, body: str = 'pass', imports: Collection[str] = (),
    ) -> output.Answer:
        """Write a new revision file; return its path."""
        revision = draft.write(self, plan, body, imports)
        return output.Answer({'revision': revision.document()}, [revision.path])

    def merge(self, plan: draft.Draft) -> output.Answer:
        """Write a revision file that joins several heads; return its path."""
        draft.check_merge(self, plan)
        return self.write(plan)

    def stamping(self, name: str) -> Callable[..., Iterable[Any]]:
        """Return the work, for ``run``, that records a revision."""
        def stamp(heads: Sequence[str], context: migration.MigrationContext) -> Iterable[Any]:
            if context.as_sql and not heads:  # context.stamp would write no table
                return [migration.StampStep((), one.revision, True, True,
                                            self.directory.revision_map)
                        for one in self.exactly(name)]
            context.stamp(self.directory, name)
            return ()
        return stamp

    def step(self, revision: files.Revision) -> migration.MigrationStep:
        """Return the step that applies a revision."""
        return migration.MigrationStep.upgrade_from_script(
            self.directory.revision_map, revision)
