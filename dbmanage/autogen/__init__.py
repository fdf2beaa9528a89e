# SPDX-License-Identifier: Apache-2.0
"""The models against the database: check, and revision --autogenerate."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage.autogen import baseline
from dbmanage.autogen import comparison
from dbmanage.autogen import differences
from dbmanage.database import catalog
from dbmanage.database import engine
from dbmanage.database import facade
from dbmanage.database import tables

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import draft as drafts


class Autogen:
    """The models of a service, compared with its database.

    Both commands raise CheckFailed unless the database is at head, and
    UsageError if the models do not import.
    """

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
        heads: Callable[[], Sequence[str]],
    ) -> None:
        self.service = service
        self.conf = conf
        self.revisions = revisions
        self.heads = heads
        self._database = engine.Database(conf, service.database_group)

    def revision(self, draft: drafts.Draft) -> output.Answer:
        """Write a revision with what the models have and the database lacks."""
        with self._compared() as found:
            for one in found.notes:
                output.say(f'left to you: {one.words}')
            if found.operations.is_empty():
                output.say('no difference between the models and the database; nothing was written')
                return output.Answer({'revision': None})
            _doubt(found.differences(), found.known_tables)
            body, imports = found.body()
        return self.revisions.write(draft, body, imports)

    def check(self, ignore: str | None = None, write_ignore: str | None = None) -> output.Answer:
        """List what the models and the database do not have alike.

        The differences of the file ``ignore`` are left out; ``write_ignore``
        is such a file, which is written.
        """
        known = baseline.read(ignore) if ignore else []
        with self._compared() as found:
            every = found.differences()
        if write_ignore:
            baseline.write(write_ignore, every)
            output.say(f'known differences written to {write_ignore}: {len(every)}')
            known = every
        for one in known:
            if one not in every:
                output.say(f'{ignore} holds what is no difference any more: {one.words}')
        new = [one for one in every if one not in known]
        _doubt(new, found.known_tables)
        return _answer(new, [one for one in every if one in known])

    def check_after(
        self, upgrade: Callable[[], object], ignore: str | None, write_ignore: str | None,
    ) -> output.Answer:
        """Check after an upgrade; what is wrong with the call comes first."""
        if ignore:
            baseline.read(ignore)
        if write_ignore:
            baseline.check_writable(write_ignore)
        self._load()
        upgrade()
        return self.check(ignore, write_ignore)

    @contextlib.contextmanager
    def _compared(self) -> Iterator[comparison.Comparison]:
        metadata = self._load()
        current, heads = self.heads(), self.revisions.effective_heads()
        if current != heads:
            raise errors.CheckFailed(
                f'the database is at {", ".join(current) or "no revision"}, not at head '
                f'({", ".join(heads)}); upgrade it first')
        with self._database.reading() as connection:
            catalog.index(connection)
            yield comparison.Comparison(
                connection, metadata, self.service.configure, tables.Tables.of(self.service))

    def _load(self) -> list[Any]:
        metadata = facade.load(self.service, self.conf)
        if not metadata:
            raise errors.UsageError(
                f'service {self.service.name} names no metadata to compare with')
        return metadata


def _doubt(found: Sequence[differences.Difference], known_tables: int) -> None:
    """Say so when the models know few of the tables that are there."""
    extra = [one for one in found if one.kind == 'extra_table']
    if len(extra) > known_tables:
        output.say(f'{len(extra)} of {len(extra) + known_tables} tables of the database are not '
                   'in the models; are all of them imported? see models of the service')


def _answer(
    found: Sequence[differences.Difference], known: Sequence[differences.Difference],
) -> output.Answer:
    lines = [one.words for one in found]
    if known and found:
        output.say(f'known differences left out: {len(known)}')
    return output.Answer(
        {'ok': not found, 'differences': [one.document() for one in found],
         'ignored': [one.document() for one in known]},
        lines or [f'no difference{" but the known ones" if known else ""}'],
        code=3 if found else 0)
