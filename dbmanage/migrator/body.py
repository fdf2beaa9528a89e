# SPDX-License-Identifier: Apache-2.0
"""The code of a revision: kept whole, and what it raises is named."""

from __future__ import annotations

import contextlib
import functools
import typing
from collections.abc import Callable
from typing import Any

from dbmanage import errors
from dbmanage.database import facade
from dbmanage.database import kind
from dbmanage.database import refusal
from dbmanage.database import sqlite

if typing.TYPE_CHECKING:
    from dbmanage.migrator import kept
    from dbmanage.migrator import working
    from dbmanage.timeline import files


class Body:
    """Runs what revisions consist of, on the connection of the one runner."""

    def __init__(self, work: working.Working, found: kept.Kept, alterations: Any) -> None:
        """Take what SQLite's ALTER TABLE lacks, None where nothing is lacking."""
        self._work = work
        self._kept = found
        self._alterations = alterations

    def told(self, revision: files.Revision, upgrade: Callable[..., None]) -> Callable[..., None]:
        """Return what runs a revision, and tells where it has stopped."""
        @functools.wraps(upgrade)  # Alembic shows its name
        def run(**kw: Any) -> None:
            try:
                with self._whole(revision), self._altering():
                    upgrade(**kw)
            except facade.Elsewhere as e:
                raise errors.Failed(f'{revision.place(e)}: {e}') from e
            except errors.Error:
                raise
            except refusal.REFUSALS as e:
                raise self.meaning(e, revision.place(e)) from e
            except (Exception, SystemExit) as e:  # a revision's code may raise anything
                if refusal.has_lost(self._work.connection, e):
                    raise errors.DatabaseUnreachable(
                        f'{revision.place(e)}: the connection was lost') from e
                self._kept.settle()
                message = f'{revision.place(e)}: {errors.describe(e)}'
                raise errors.Failed(message, raised=e) from e
        return run

    def meaning(self, error: BaseException, what: str) -> errors.Error:
        """Return what a refusal means for the caller."""
        if self._work.watch.signal and refusal.is_cancelled(error):
            return errors.Busy(f'{what}: interrupted by {self._work.watch.signal.name}')
        found = refusal.translate(error, what)
        # To try again would do again what an autocommit_block() has committed.
        twice = isinstance(found, errors.Blocked) and self._kept.part and not self._work.journal
        return errors.Busy(f'{found}; {self._work.watch.blocked()}') if twice else found

    def _whole(self, revision: files.Revision) -> contextlib.AbstractContextManager[None]:
        """Let nothing of a revision be committed alone, or keep a journal of it."""
        journal = self._work.journal
        if journal:
            return journal.recording(revision.revision, revision.fingerprint)
        if self._work.kind == kind.SQLITE:
            return sqlite.whole(self._work.connection, f'revision {revision.revision}')
        return contextlib.nullcontext()

    def _altering(self) -> contextlib.AbstractContextManager[None]:
        """Make what a revision has left to be made, before it is recorded."""
        return self._alterations.revision() if self._alterations else contextlib.nullcontext()
