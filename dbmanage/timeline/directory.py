# SPDX-License-Identifier: Apache-2.0
"""The timeline as Alembic has it, for what Alembic does: names, steps, runs."""

from __future__ import annotations

import pathlib
import types
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from alembic import script
from alembic import util
from alembic.runtime import environment
from alembic.runtime import migration
from alembic.script import revision as graph

from dbmanage import errors
from dbmanage.timeline import files
from dbmanage.timeline import indexes as indexes  # it registers how a table is made
from dbmanage.timeline import settings


class Script(script.Script):
    """Alembic's Script of a revision; its module is loaded when it is run."""

    def __init__(self, one: files.Revision) -> None:
        self._revision = one
        self.path = one.path
        graph.Revision.__init__(
            self, one.revision, one.down_revisions,
            dependencies=one.dependencies, branch_labels=one.file.branch_labels)

    @property
    def module(self) -> types.ModuleType:  # type: ignore[override]
        """The revision's code; raises Failed if it does not import."""
        return self._revision.module

    @property
    def longdoc(self) -> str:
        """The docstring of the file."""
        return self._revision.longdoc


class Step(migration.RevisionStep):
    """Alembic's step; at a merge it records the same rows each time."""

    def merge_branch_idents(self, heads: set[str]) -> tuple[list[str], str, str]:
        """Return what is deleted, and what is updated to what."""
        # Alembic's list comes from a set.
        deleted, updated, revision = super().merge_branch_idents(heads)
        *deleted, updated = sorted((*deleted, updated))
        return deleted, updated, revision


class Directory(script.ScriptDirectory):
    """Alembic's directory of revisions, over files that were read."""

    def __init__(
        self, found: Iterable[files.Revision], folders: Sequence[pathlib.Path],
    ) -> None:
        home = pathlib.Path(__file__).parents[1] / 'migrations'
        super().__init__(str(home), version_locations=[str(path) for path in folders])
        self.revision_map = graph.RevisionMap(lambda: map(Script, found))

    def between(self, heads: Sequence[str], target: str) -> list[str]:
        """Return the ids that the target needs and the heads lack, newest first.

        Raises LookupError with what Alembic says.
        """
        try:
            return [one.revision for one in self.iterate_revisions(
                target, tuple(heads), implicit_base=True)]
        except (graph.RevisionError, AssertionError) as e:  # the latter: REV+N is not there
            raise LookupError(str(e)) from e

    def walk(self, base: str, head: str) -> list[str]:
        """Return the ids of a span, newest first."""
        try:
            return [one.revision for one in self.walk_revisions(base, head)]
        except util.CommandError as e:
            raise errors.UsageError(f'{base}:{head}: {e}') from e
        except AssertionError as e:  # Alembic sorts what it has no way to
            raise errors.UsageError(
                f'{base}:{head}: a dependency leads from the one to the other, no branch') from e

    def step(self, id_: str) -> migration.MigrationStep:
        """Return the step that applies a revision."""
        return Step(self.revision_map, self.get_revision(id_), is_upgrade=True)

    def run(
        self, work: Callable[..., Iterable[Any]], configure: Mapping[str, Any],
        attributes: Mapping[str, Any], **options: Any,
    ) -> None:
        """Run env.py; ``work(heads, context)`` yields the steps to take."""
        found = settings.of(configure, attributes)
        with environment.EnvironmentContext(found, self, fn=work, **options):
            self.run_env()

    def stamping(self, name: str, ids: Sequence[str]) -> Callable[..., Iterable[Any]]:
        """Return the work, for ``run``, that records what a name means."""
        def stamp(heads: Sequence[str], context: migration.MigrationContext) -> Iterable[Any]:
            if context.as_sql and not heads:  # context.stamp would write no table
                return [migration.StampStep((), id_, True, True, self.revision_map)
                        for id_ in ids]
            context.stamp(self, name)
            return ()
        return stamp
