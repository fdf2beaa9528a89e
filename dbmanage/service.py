# SPDX-License-Identifier: Apache-2.0
"""What a service declares about its database, and finding it by name."""

import dataclasses
import importlib
import importlib.util
import operator
import pathlib
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from dbmanage import errors

REFERENCE = 'dbmanage.reference:SERVICE'


@dataclasses.dataclass(frozen=True)
class Service:
    """A service whose database is managed.

    Places are named ``package.module:attribute`` and imported only when a
    command needs them; ``versions`` are ``package.module:folder/below``, in
    order. ``populate`` maps the name of a set of rows to the place of a
    function that is given a connection inside a transaction and returns how
    many rows it ``added``, ``updated``, ``removed`` and left ``unchanged``.
    ``configure`` is handed to Alembic's ``context.configure`` as it is.
    """

    name: str
    versions: str | Sequence[str]
    metadata: str | Sequence[str] = ()
    models: Sequence[str] = ()
    populate: Mapping[str, str] = dataclasses.field(default_factory=dict)
    database_group: str = 'database'
    configure: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def folders(self) -> list[pathlib.Path]:
        """Return the folders of the revisions, in the declared order."""
        return [folder(place) for place in _listed(self.versions)]

    def target_metadata(self) -> list[Any]:
        """Import the models, strictly, and return their MetaData objects.

        A model that is silently left out would become a "drop table".
        """
        for name in self.models:
            module(name)
        return [load(place) for place in _listed(self.metadata)]


def module(name: str) -> Any:
    """Import a module; raise UsageError with the reason if it fails."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as e:  # a module may raise anything while it is imported
        raise errors.UsageError(f'cannot import {name}: {errors.describe(e)}') from e


def named(place: str) -> Service:
    """Return the Service that ``package.module:ATTRIBUTE`` names."""
    found = load(place)
    if not isinstance(found, Service):
        raise errors.UsageError(f'{place} is not a dbmanage.Service')
    return found


def load(place: str) -> Any:
    """Return what ``package.module:attribute`` names."""
    name, _, attribute = place.partition(':')
    if not attribute:
        raise errors.UsageError(f'{place!r} is not of the form package.module:attribute')
    try:
        return operator.attrgetter(attribute)(module(name))
    except AttributeError as e:
        raise errors.UsageError(f'{name} has no {attribute} (named by {place!r})') from e


def lazily(place: str) -> Callable[..., Any]:
    """Return the function that a place names; it is imported when called."""
    def call(*args: Any) -> Any:
        return load(place)(*args)
    return call


def folder(place: str) -> pathlib.Path:
    """Return the folder that ``package.module:folder/below`` names."""
    name, _, below = place.partition(':')
    try:
        spec = importlib.util.find_spec(name)
    except (Exception, SystemExit) as e:  # the packages above it are imported
        raise errors.UsageError(f'cannot import {name}: {errors.describe(e)}') from e
    if spec is None:
        raise errors.UsageError(f'there is no module {name} (named by versions = {place})')
    roots = spec.submodule_search_locations or [str(pathlib.Path(spec.origin or '').parent)]
    found = pathlib.Path(roots[0], below)
    if not found.is_dir():
        raise errors.UsageError(f'there is no folder {found} (named by versions = {place})')
    return found


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
