# SPDX-License-Identifier: Apache-2.0
"""What each test of the kit works with: a service, and databases for it."""

from __future__ import annotations

import functools
import pathlib
import re
import tempfile
import typing
import unittest
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from dbmanage import service as services
from dbmanage import timeline
from dbmanage.database import tables
from dbmanage.testing import databases
from dbmanage.testing import moments
from dbmanage.testing import runs
from dbmanage.testing import schema
from dbmanage.timeline import files

# A class of the kit is no test of its own: it has no database.
if typing.TYPE_CHECKING:
    _Test = databases.Database
else:
    _Test = object


_HERE = ('127.0.0.1', 'localhost')


class Deployment:
    """A service with a database, and the command that works on it."""

    def __init__(
        self, service: services.Service, url: str, folder: pathlib.Path,
        options: Mapping[str, Mapping[str, Any]], unlike: Collection[str] = (),
    ) -> None:
        self.service = service
        url = _without_tls(url)
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)
        self._folder = folder
        self._unlike = unlike
        none = folder / 'none'
        none.mkdir()
        # Given a file and a folder, oslo.config looks into none of the machine's.
        self._argv = [f'--config-file={folder / "service.conf"}', f'--config-dir={none}']
        connection = {service.database_group: {'connection': url}}
        sections = {name: {**options.get(name, {}), **connection.get(name, {})}
                    for name in {**options, **connection}}
        (folder / 'service.conf').write_text(configuration(sections), 'utf-8')

    def run(self, *argv: str) -> runs.Result:
        """Run the command in this process."""
        return runs.here([*self._argv, *argv], self.service)

    def start(self, *argv: str, at: moments.At | None = None) -> runs.Run:
        """Run the command beside the test; it is killed at a moment, if there is one."""
        return runs.Run([*self._argv, *argv], self._folder, at, self.service)

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the schema and the rows, without the runner's own tables."""
        own = tables.Tables.of(self.service).own
        return schema.snapshot(self.engine, own), schema.rows(self.engine, own, self._unlike)


class Case(_Test):
    """A test of a service, to be mixed with a database.

    ``options`` are sections of its configuration beside the connection; ``unlike``
    are columns, ``table.column``, in which no two runs write the same: the time.
    """

    maxDiff = None
    __test__: bool
    service: services.Service
    options: Mapping[str, Mapping[str, Any]] = {}
    unlike: Collection[str] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # pytest takes a class for a test because of its name.
        cls.__test__ = issubclass(cls, unittest.TestCase)
        if cls.__test__ and cls.__mro__.index(unittest.TestCase) < cls.__mro__.index(Case):
            raise TypeError(f'{cls.__name__}: name the database behind the tests')

    def setUp(self) -> None:
        """Hide the configuration of the machine, and prepare the service."""
        super().setUp()
        self.enterContext(runs.without_options())
        # A process of the command does it before anything of the service is imported.
        self.service.own_conf  # noqa: B018

    @functools.cached_property
    def timeline(self) -> timeline.Timeline:
        """The revisions on disk."""
        return timeline.Timeline(self.service.folders(), self.service.attributes)

    @property
    def revisions(self) -> Sequence[files.Revision]:
        """The revisions, in the order in which they are applied."""
        return self.timeline.walk()[::-1]

    def deploy(self, url: str | None = None) -> Deployment:
        """Return the service on the test's database, or on another one."""
        folder = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(folder.cleanup)
        return Deployment(
            self.service, url or self.url, pathlib.Path(folder.name), self.options, self.unlike)

    def deploy_another(self) -> Deployment:
        """Return the service on another fresh database."""
        return self.deploy(self._create())

    def succeed(self, deployment: Deployment, *argv: str) -> runs.Result:
        """Run a command, to its good end."""
        result = deployment.run(*argv)
        if result.code:
            self.fail(f'{" ".join(argv)} ended with {result.code}:\n{result.err}')
        return result

    def assert_none(self, found: Iterable[str], what: str) -> None:
        """Fail if anything was found, with a line for each."""
        lines = [*found]
        if lines:
            self.fail('\n'.join([f'{what}:', *lines]))

    def assert_same(self, when: str, **deployments: Deployment) -> None:
        """Fail if two databases differ, with a line for each thing that only one has."""
        one, other = (deployment.state() for deployment in deployments.values())
        if one != other:
            has = {*schema.lines(*one)}, {*schema.lines(*other)}
            alone = zip(deployments, (has[0] - has[1], has[1] - has[0]), strict=True)
            self.fail('\n'.join([f'{when} the databases differ:', *(
                f'{name.replace("_", " ")}: {line:.1000}'
                for name, lines in alone for line in sorted(lines))]))

    def before_revision(self, revision: str, connection: sa.Connection) -> None:
        """Insert what there is before a revision: ``_pre_upgrade_<revision>``."""
        self._call('_pre_upgrade_', revision, connection)

    def after_revision(self, revision: str, connection: sa.Connection) -> None:
        """Look at what a revision has done: ``_check_<revision>``."""
        self._call('_check_', revision, connection)

    def prepare(self, revision: str, *deployments: Deployment) -> None:
        """Call ``before_revision`` on each of some databases."""
        for deployment in deployments:
            with deployment.engine.begin() as connection:
                self.before_revision(revision, connection)

    def _call(self, prefix: str, revision: str, connection: sa.Connection) -> None:
        hook = getattr(self, hook_name(prefix, revision), None)
        if hook:
            hook(connection)


def hook_name(prefix: str, revision: str) -> str:
    """Return the name of the method for a revision."""
    return prefix + re.sub(r'\W', '_', revision)


def _without_tls(url: str) -> str:
    """Return a URL; PyMySQL takes 30 ms for TLS at each connection, which no wire needs here."""
    parsed = sa.make_url(url)
    if (parsed.get_backend_name() not in ('mysql', 'mariadb') or parsed.host not in _HERE
            or any(name.startswith('ssl') for name in parsed.query)):
        return url
    without = parsed.update_query_dict({'ssl_disabled': '1'})
    return without.render_as_string(hide_password=False)


def configuration(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of a configuration file.

    A list is written with commas; an option that is None is left out.
    """
    lines = []
    for section, options in sections.items():
        lines.append(f'[{section}]')
        lines.extend(
            f'{name} = {_value(value)}' for name, value in options.items() if value is not None
        )
    return '\n'.join([*lines, ''])


def _value(value: Any) -> str:
    # oslo.config substitutes $name.
    text = ', '.join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text.replace('$', '$$')
