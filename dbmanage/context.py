# SPDX-License-Identifier: Apache-2.0
"""What a command works with; a room is imported when a command enters it."""

from __future__ import annotations

import contextlib
import functools
import typing
from collections.abc import Iterator
from typing import Any

if typing.TYPE_CHECKING:
    from oslo_config import cfg

    from dbmanage import autogen
    from dbmanage import awaiting
    from dbmanage import migrator
    from dbmanage import plan
    from dbmanage import script
    from dbmanage import service as services
    from dbmanage import standing
    from dbmanage import timeline
    from dbmanage.migrator import repair
    from dbmanage.migrator import status
    from dbmanage.timeline import draft
    from dbmanage.timeline import listing


class Context:
    """A service and the configuration of its database."""

    def __init__(self, service: services.Service, conf: cfg.ConfigOpts) -> None:
        self.service = service
        self.conf = conf

    @functools.cached_property
    def timeline(self) -> timeline.Timeline:
        """The revisions on disk."""
        from dbmanage import timeline
        return timeline.Timeline(
            self.service.folders(), self.service.attributes)

    @property
    def listing(self) -> listing.Listing:
        """The timeline as answers."""
        from dbmanage.timeline import listing
        return listing.Listing(self.timeline)

    def draft(self, **fields: Any) -> draft.Draft:
        """Return the draft of a revision."""
        from dbmanage.timeline import draft
        return draft.Draft(**fields)

    @functools.cached_property
    def standing(self) -> standing.Standing:
        """Where the database is on the timeline."""
        from dbmanage import conf
        conf.connection(self.conf, self.service.database_group)
        from dbmanage import standing
        return standing.Standing(
            self.service, self.conf, self.timeline, lambda: self.migrator)

    @functools.cached_property
    def migrator(self) -> migrator.Migrator:
        """The database, and what can be done to it."""
        from dbmanage import conf
        conf.connection(self.conf, self.service.database_group)
        from dbmanage import migrator
        return migrator.Migrator(self.service, self.conf, self.timeline)

    @functools.cached_property
    def repair(self) -> repair.Repair:
        """What a person decides where the runner cannot."""
        from dbmanage.migrator import repair
        return repair.Repair(self.migrator)

    @property
    def status(self) -> status.Status:
        """Where the database stands."""
        from dbmanage.migrator import status
        return status.Status(self.migrator, lambda *begun: self.plan.length(*begun))

    def awaiting(self, target: str) -> awaiting.Awaiting:
        """Return the wait for a target."""
        place = self.standing
        from dbmanage import awaiting
        return awaiting.Awaiting(
            place, self.timeline, lambda: self.status, self.conf['dbmanage'].lock_timeout, target)

    @property
    def plan(self) -> plan.Plan:
        """What an upgrade of it would do."""
        migrator = self.migrator
        from dbmanage import plan
        return plan.Plan(migrator)

    @functools.cached_property
    def script(self) -> script.Script:
        """The SQL of what could be done to it."""
        from dbmanage import script
        return script.Script(
            self.service, self.conf, self.timeline, lambda: self.repair.whole_heads())

    @contextlib.contextmanager
    def scratch(self, url: str | None) -> Iterator[Context]:
        """Give a context whose database is empty, and is emptied at the end."""
        from dbmanage.database import scratch
        with scratch.used(self.conf, self.service.database_group, url):
            yield Context(self.service, self.conf)

    @functools.cached_property
    def autogen(self) -> autogen.Autogen:
        """The models, compared with the database."""
        from dbmanage import autogen
        return autogen.Autogen(self.service, self.conf, self.timeline, self.standing.heads)
