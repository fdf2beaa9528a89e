# SPDX-License-Identifier: Apache-2.0
"""What a service declares about its database, and finding it by name."""

import contextlib
import dataclasses
import functools
import importlib
import importlib.util
import operator
import os
import pathlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from dbmanage import errors

REFERENCE = 'dbmanage.reference:SERVICE'

# Alembic's arguments that are functions: a string is the place of one.
_FUNCTIONS = ('compare_server_default', 'compare_type', 'include_name', 'include_object',
              'process_revision_directives', 'render_item')
_Folder = str | os.PathLike[str]
_Folders = _Folder | Sequence[_Folder]


@dataclasses.dataclass(frozen=True)
class Place:
    """What ``package.module:attribute`` names; a function may be called."""

    name: str

    def load(self) -> Any:
        """Import what is named; raise UsageError if it is not there."""
        return load(self.name)

    def __call__(self, *args: Any, **kw: Any) -> Any:
        """Call the function that is named."""
        return self.load()(*args, **kw)


@dataclasses.dataclass(frozen=True)
class Service:
    """A service whose database is managed.

    Places are named ``package.module:attribute`` and imported only when a
    command needs them; the thing itself will do, too. ``versions`` are folders,
    ``package.module:folder/below``, in order; ``folder/**`` is a folder and all
    below it; a function may return them. ``models`` are modules; before them
    ``prepare`` is called, and behind them ``conf``, the service's own ConfigOpts,
    is given the configuration files. ``populate`` maps the name of a set of rows
    to the place of a function that is given a connection inside a transaction
    and returns how many rows it ``added``, ``updated``, ``removed`` and left
    ``unchanged``; ``populated`` maps it to that of one that is given a connection
    which may not write, and returns whether the rows are there. ``configure`` is
    handed to Alembic's ``context.configure``, ``attributes`` are hung on its Config.
    ``sqlite_alter`` lets a table of SQLite be made anew where it cannot be altered.
    """

    name: str
    versions: _Folders | Callable[[], _Folders]
    metadata: Any = ()
    models: str | Sequence[str] = ()
    populate: Mapping[str, str | Callable[..., Any]] = dataclasses.field(default_factory=dict)
    populated: Mapping[str, str | Callable[..., Any]] = dataclasses.field(default_factory=dict)
    database_group: str = 'database'
    configure: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    prepare: str | Callable[[], object] | None = None
    conf: Any = None
    attributes: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    sqlite_alter: bool = True

    def __post_init__(self) -> None:
        """Let the places in ``configure`` be functions."""
        configure = {name: _place(value) if name in _FUNCTIONS else value
                     for name, value in self.configure.items()}
        if hooks := configure.get('on_version_apply'):
            configure['on_version_apply'] = [_place(hook) for hook in _listed(hooks)]
        attributes = {name: _place(value) for name, value in self.attributes.items()}
        object.__setattr__(self, 'configure', configure)  # as frozen dataclasses do it
        object.__setattr__(self, 'attributes', attributes)

    def with_conf(self, conf: Any) -> 'Service':
        """Return the service with this ConfigOpts for its own, if it names none."""
        return self if conf is None or self.conf else dataclasses.replace(self, conf=conf)

    def folders(self) -> list[pathlib.Path]:
        """Return the folders of the revisions, in the declared order."""
        versions = called(self.versions) if callable(self.versions) else self.versions
        return [path for place in _listed(versions) for path in _folders(place)]

    @functools.cached_property
    def own_conf(self) -> Any:
        """The service's own ConfigOpts, or None; the service is prepared."""
        if self.prepare:
            called(self.prepare)
        return resolved(self.conf)

    @functools.cached_property
    def ending(self) -> contextlib.ExitStack:
        """What is undone of the service's own ConfigOpts when a command has ended."""
        return contextlib.ExitStack()

    def target_metadata(self) -> list[Any]:
        """Import the models, strictly, and return their MetaData objects.

        A model that is silently left out would become a "drop table".
        """
        for name in _listed(self.models):
            module(name)
        # What is missing is found missing now, not behind the first revision.
        for value in (*self.configure.get('on_version_apply', ()), *self.attributes.values()):
            resolved(value)
        places = () if self.metadata is None else self.metadata
        found = [resolved(place) for place in _listed(places)]
        every = [metadata for one in found
                 for metadata in _listed(called(one) if callable(one) else one)]
        for metadata in every:
            if not hasattr(metadata, 'tables'):
                raise errors.UsageError(
                    f'metadata of service {self.name} names {metadata!r}, which is no MetaData')
        return every


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


def resolved(value: Any) -> Any:
    """Return what a place names; anything else is what it is."""
    if isinstance(value, Place):
        return value.load()
    return load(value) if isinstance(value, str) else value


def called(value: Any) -> Any:
    """Call a function, or the one that a place names; UsageError if it fails."""
    function = resolved(value)
    try:
        return function()
    except errors.Error:
        raise
    except (Exception, SystemExit) as e:  # the code of a service may raise anything
        name = getattr(function, '__qualname__', function)
        raise errors.UsageError(f'{name}() failed: {errors.describe(e)}') from e


def _place(value: Any) -> Any:
    return Place(value) if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    single = isinstance(value, str | os.PathLike) or not isinstance(value, Iterable)
    return [value] if single else list(value)


def _folders(place: _Folder) -> list[pathlib.Path]:
    """Return the folder that a place names, and those below it for ``/**``."""
    text = os.fspath(place)
    shown = text.removesuffix('/**')
    found = pathlib.Path(shown) if os.path.isabs(shown) else _packaged(shown, text)
    if not found.is_dir():
        function = _function(text)
        if function is None:
            raise errors.UsageError(f'there is no folder {found} (named by versions = {text})')
        return [path for one in _listed(called(function)) for path in _folders(one)]
    if shown == text:
        return [found]
    below = (path for path in sorted(found.rglob('*')) if path.is_dir())
    return [found, *(path for path in below if path.name != '__pycache__')]


def _packaged(place: str, text: str) -> pathlib.Path:
    """Return the folder that ``package.module:folder/below`` names."""
    name, _, below = place.partition(':')
    try:
        spec = importlib.util.find_spec(name)
    except (Exception, SystemExit) as e:  # the packages above it are imported
        raise errors.UsageError(f'cannot import {name}: {errors.describe(e)}') from e
    if spec is None:
        raise errors.UsageError(f'there is no module {name} (named by versions = {text})')
    roots = spec.submodule_search_locations or [str(pathlib.Path(spec.origin or '').parent)]
    return pathlib.Path(roots[0], below)


def _function(place: str) -> Callable[[], Any] | None:
    """Return the function that a place names, if it names one."""
    name, _, attribute = place.partition(':')
    found = getattr(module(name), attribute, None) if attribute.isidentifier() else None
    return found if callable(found) else None
