# SPDX-License-Identifier: Apache-2.0
"""One run of ``upgrade``: what is planned, what runs, what was applied."""

from __future__ import annotations

import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from alembic import util
from alembic.runtime import migration

from dbmanage import errors
from dbmanage import output
from dbmanage.database import refusal
from dbmanage.database import sqlite
from dbmanage.migrator import body
from dbmanage.migrator import kept
from dbmanage.migrator import progress
from dbmanage.migrator import spans
from dbmanage.migrator import working

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

Agree = Callable[[Sequence[str], 'Sequence[files.Revision]'], None]
_ENDS = (errors.Failed, errors.Busy, errors.DatabaseUnreachable)


def agree(heads: Sequence[str], revisions: Sequence[files.Revision]) -> None:
    """Agree to these revisions, from these heads on, whatever they are."""


class Run:
    """The revisions that lie between a database and a target.

    ``plan`` are those that were missing before the lock was taken, ``applied``
    the objects of ``upgrade -f json``.
    """

    def __init__(
        self, revisions: timeline.Timeline, plan: Sequence[files.Revision],
        work: working.Working, configure: Mapping[str, Any], batch: int, agree: Agree,
    ) -> None:
        """Take how many revisions a transaction may hold, and who is asked under the lock."""
        self._agree = agree
        self.before: list[str] | None = None
        self.after = list[str]()
        self.applied: list[dict[str, Any]] = []
        self._revisions = revisions
        self._plan = plan
        self._work = work
        self._configure = {
            **configure, 'transaction_per_migration': batch == 1,
            'on_version_apply': [*configure.get('on_version_apply', ()), self._recorded]}
        self._batch = batch
        self.finished = False
        self.progress = progress.Progress()
        self._kept = kept.Kept(work.connection)
        if work.begun:
            self._kept.before_part = work.begun.write
        self._body = body.Body(work, self._kept, configure.get('dbmanage_alterations'))

    def apply(self) -> None:
        """Apply what is missing; try again what was blocked.

        Raises Busy, PartlyApplied, DatabaseUnreachable or Failed.
        """
        try:
            self._work.retry(self._attempt, self.progress.retry)
        except errors.Error as e:
            raise self._settled(e) from e.__cause__

    def finish(self) -> None:
        """Say how long it took; raise Failed if ``after`` is not what was planned."""
        after = self.after
        planned = {revision.revision for revision in self._plan}
        if not planned <= self._revisions.lineage([self._revisions.get(one) for one in after]):
            raise errors.Failed(
                f'the run ended well, but the database is at {", ".join(after) or "no revision"}')
        self.progress.total(len(self.applied))

    def _attempt(self) -> None:
        self._work.connection.rollback()
        self._forget_uncommitted()
        if self._work.journal:
            self._work.journal.load()
            self.progress.resuming(self._work.journal.begun())
        if self._work.begun:
            self._work.begun.load()
            self.progress.resuming(self._work.begun.earlier)
        self._left = len(self._plan)
        while self._left:
            try:
                self._revisions.run(self._steps, self._configure)
                self._work.connection.commit()
            except refusal.LOST_EARLY as e:
                if not refusal.has_lost(self._work.connection, e):
                    raise
                raise errors.DatabaseUnreachable('the connection was lost') from e
            except (*refusal.REFUSALS, util.CommandError) as e:
                # A commit was refused, or the version table is not what it was.
                self._work.undo()
                raise self._body.meaning(e, 'the revision could not be recorded') from e
            self._kept.settle()
        self.finished = True

    def _forget_uncommitted(self) -> None:
        """Take back what was said of revisions that were rolled back."""
        for one in self.applied[self._kept.revisions:]:
            output.say(f'rolled back: {one["revision"]} {one["message"]}')
        del self.applied[self._kept.revisions:]
        self._kept.roll_back()

    def _steps(
        self, heads: Sequence[str], context: migration.MigrationContext,
    ) -> Iterator[migration.MigrationStep]:
        """Yield the steps; Alembic runs each, then asks on."""
        left = self._missing(heads)
        # Alembic makes a transaction of each step by itself, where each is one.
        batch = left if self._batch == 1 else left[:self._batch]
        self._orphans = sqlite.orphans(self._work.connection)
        # What is committed together, by the last of it.
        self._together = {one[-1].revision: one[0].revision for one in (
            zip(batch, strict=True) if self._batch == 1 else [batch]) if one}
        # A service that is told of each revision finds its row written.
        alone = self._batch == 1 or len(self._configure['on_version_apply']) > 1
        self._left, self._kept.is_cut = len(left), False
        for revisions in zip(batch, strict=True) if alone else spans.of(batch):
            if len(revisions) == 1:
                yield self._step(revisions[0])
            else:
                span = self._span(revisions, context)
                yield span
                revisions = span.revisions
            self._end(revisions[-1])
            if self._kept.is_cut:
                break

    def _span(
        self, revisions: Sequence[files.Revision], context: migration.MigrationContext,
    ) -> spans.Span:
        return spans.step(
            revisions, context, self._revisions.directory.revision_map, self._kept,
            self._run_one, self._end, journal=self._work.journal)

    def _step(self, revision: files.Revision) -> migration.MigrationStep:
        step = self._revisions.step(revision)
        step.migration_fn = self._body.told(revision, step.migration_fn)
        self._begin(revision)
        return step

    def _run_one(self, revision: files.Revision, **kw: Any) -> None:
        self._begin(revision)
        self._body.told(revision, revision.module.upgrade)(**kw)

    def _begin(self, revision: files.Revision) -> None:
        if self._work.begun:
            self._work.begun.begin(revision.revision)
        self._work.watch.check()
        self._work.lock.check()
        self._kept.begin(revision.revision)
        self.progress.begin(revision)

    def _end(self, revision: files.Revision) -> None:
        if self._batch == 1:
            self._work.connection.commit()  # a revision may have ended Alembic's transaction
        self._kept.settle()
        self._left -= 1
        revision.forget()
        self.applied.append(self.progress.end(revision, self._kept.statements))

    def _missing(self, heads: Sequence[str]) -> list[files.Revision]:
        known = self._revisions.known(heads)
        there = self._revisions.lineage([self._revisions.get(one) for one in known])
        left = [revision for revision in self._plan if revision.revision not in there]
        if self.before is None:
            self.before = known
            self._agree(known, left)
            self.progress.number(left)
        missing = {revision.revision for revision in left}
        begun = set(self._work.journal.begun() if self._work.journal else ())
        if begun - missing:
            raise errors.PartlyApplied(
                f'revision {", ".join(sorted(begun))} is partly applied; upgrade to it first, '
                'or see repair')
        for one in self.applied:
            if one['revision'] in missing:
                raise errors.Failed(f'revision {one["revision"]} ended well, but the database '
                                    f'is at {", ".join(known) or "no revision"}')
        return left

    def _recorded(self, ctx: migration.MigrationContext, step: Any, **_rest: Any) -> None:
        """Finish the transaction that records a revision, before its commit."""
        assert ctx.connection is not None
        statements = self._kept.statements  # what follows is not the revision's
        self._work.lock.fence(ctx.connection)
        if self._work.journal:
            self._work.journal.clear(ctx.connection, step.up_revision_id)
        if self._work.begun:
            self._work.begun.clear(ctx.connection)
        if step.up_revision_id in self._together:
            self._check_foreign_keys(self._together[step.up_revision_id], step.up_revision_id)
        self._kept.record()
        self._kept.statements = statements

    def _settled(self, error: errors.Error) -> errors.Error:
        """Return what an end means once it is known what stays behind."""
        self._work.watch.ends = True
        lost = isinstance(error, errors.DatabaseUnreachable)
        if not (lost and self._kept.unsure):
            self._forget_uncommitted()
        try:
            self._work.lock.verify()
        except errors.Busy as e:  # then this is why, whatever was refused
            error = e
        except (*refusal.REFUSALS, *refusal.LOST_EARLY):
            pass
        if not self._is_half_done(lost) or not isinstance(error, _ENDS):
            return error
        said = str(error).removesuffix('; run it again')
        begun = self._work.begun
        if begun and begun.is_repeated and isinstance(error, errors.Failed):
            do = f'as it was before; do the rest by hand, then stamp {begun.running}'
        else:
            do = 'run it again'
        return errors.PartlyApplied(f'{said}; partly applied: {do}', raised=error.raised)

    def _is_half_done(self, lost: bool) -> bool:
        """Tell whether something stays, or may, of what is not recorded."""
        journal, begun = self._work.journal, self._work.begun
        half = journal.is_half_done() if journal else bool(self._kept.part)
        if lost:
            half = half or self._kept.unsure or self._kept.revisions > 0
        elif begun and not half:
            begun.take_back()
        return half or bool(begun and begun.is_repeated)

    def _check_foreign_keys(self, first: str, last: str) -> None:
        """Raise Failed for what breaks a foreign key, and did not before."""
        before, self._orphans = self._orphans, sqlite.orphans(self._work.connection)
        for broken in self._orphans - before:
            where, more = ((f'revision {last}', '') if first == last else
                           (f'one of the revisions {first} to {last}', '; upgrade +1 tells which'))
            raise errors.Failed(f'{where}: {broken}, says PRAGMA foreign_key_check{more}')
