# SPDX-License-Identifier: Apache-2.0
"""The options: [database] is oslo.db's, [dbmanage] is ours."""

import contextlib
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg
from oslo_db import options as oslo_db_options

from dbmanage import errors
from dbmanage import service

GROUP = 'dbmanage'

# The fields of a Service; what else describes a service is an argument of Alembic's.
_FIELDS = ('versions', 'models', 'metadata', 'populate', 'populated', 'database_group',
           'prepare', 'conf', 'attributes', 'sqlite_alter')
_SWITCHES = {'true': True, 'false': False}
# What describes a service, and means nothing without its versions.
_DESCRIPTION = [
    cfg.StrOpt('name', help='Name of the service, used in messages.'),
    cfg.ListOpt('versions', default=[], help=(
        'Where the revisions are, in order: package.module:folder/below, with /** the '
        'folders below it, too, or package.module:function, which returns them.')),
    cfg.StrOpt('prepare', help=(
        'Place of a function that is called before the models are imported.')),
    cfg.ListOpt('models', default=[], help=(
        'Modules to import before the metadata is looked at.')),
    cfg.ListOpt('metadata', default=[], help=(
        'Places of the MetaData of the models, or of functions that return them: '
        'package.module:attribute.')),
    cfg.StrOpt('conf', help=(
        "Place of the service's own ConfigOpts, often oslo_config.cfg:CONF. It is given "
        'the same configuration files and the connection that is used here, so that '
        'revisions may use the options and the engines of the service.')),
    cfg.DictOpt('attributes', default={}, help=(
        "What revisions look up on Alembic's Config: name:package.module:attribute.")),
    cfg.DictOpt('populate', default={}, help=(
        'Sets of rows that populate writes: name:package.module:function.')),
    cfg.DictOpt('populated', default={}, help=(
        'How status sees whether a set of rows is there: name:package.module:function.')),
    cfg.StrOpt('database_group', default='database', help=(
        'Section that holds the connection of the database.')),
    cfg.StrOpt('version_table', default='alembic_version', regex=r'\S', help=(
        'Table that records the current revision.')),
    cfg.StrOpt('version_table_schema', help='Schema of the version table.'),
    cfg.BoolOpt('transaction_per_migration', default=False, help=(
        'Commit each revision on its own, in an empty database and on SQLite, too.')),
    cfg.StrOpt('include_name', help=(
        'Place of the include_name function of autogenerate.')),
    cfg.StrOpt('include_object', help=(
        'Place of the include_object function of autogenerate.')),
    cfg.StrOpt('compare_type', help=(
        'Place of the compare_type function of autogenerate; true or false will do.')),
    cfg.StrOpt('compare_server_default', help=(
        'Place of the compare_server_default function of autogenerate; true or false '
        'will do.')),
    cfg.StrOpt('render_item', help=(
        'Place of the render_item function of autogenerate.')),
    cfg.StrOpt('process_revision_directives', help=(
        'Place of the function that changes what autogenerate has found.')),
    cfg.ListOpt('on_version_apply', default=[], help=(
        'Places of functions that are called when a revision is recorded.')),
    cfg.BoolOpt('sqlite_alter', default=True, help=(
        'SQLite only: make a table anew where a revision alters it in a way that SQLite '
        'cannot, and give constraints without a name the names of PostgreSQL.')),
]
_OPTIONS = [
    cfg.StrOpt('service', help=(
        'The service whose database is managed, as package.module:ATTRIBUTE of a '
        'dbmanage.Service. Without it the other options of this group describe the '
        'service, and without those it is the reference service of dbmanage.')),
    *_DESCRIPTION,
    cfg.IntOpt('wait', default=300, min=0, help=(
        'Seconds to wait for another runner; 0 does not wait.')),
    cfg.IntOpt('lock_timeout', default=5, min=1, help=(
        'Seconds that a statement of a revision waits for a table lock, during which '
        'the later queries of the table wait behind it.')),
    cfg.IntOpt('lock_retry', default=300, min=0, help=(
        'Seconds during which a revision is tried again that a table lock or a deadlock '
        'kept from running.')),
    cfg.FloatOpt('heartbeat', default=10, min=0.1, help=(
        'Seconds between two lines about a statement that goes on running.')),
    cfg.IntOpt('lease', default=30, min=1, help=(
        'Galera only: seconds after which the lock of a runner that shows no sign of '
        'life is taken over.')),
    cfg.BoolOpt('single_transaction', default=False, help=(
        'PostgreSQL only: apply all revisions of a run in one transaction.')),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options of this package, for oslo-config-generator."""
    return [(GROUP, _OPTIONS)]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this package; they may be there already."""
    conf.register_opts(_OPTIONS, GROUP)


def read(
    files: Sequence[str], directories: Sequence[str], project: str, prog: str,
    conf: cfg.ConfigOpts | None = None,
) -> cfg.ConfigOpts:
    """Read the configuration once and whole.

    Without ``files`` oslo.config looks for ``<project>.conf`` and
    ``<prog>.conf`` in ``~/.<project>``, ``~``, ``/etc/<project>`` and ``/etc``.
    Raises UsageError for a file that is missing or cannot be parsed, and for
    a value that does not fit its option.
    """
    conf = conf or cfg.ConfigOpts()
    register_opts(conf)
    _parse(conf, files, directories, project=project, prog=prog)
    for option in _OPTIONS:
        _value(conf, GROUP, option.dest)
    return conf


def give(conf: cfg.ConfigOpts, own: cfg.ConfigOpts, code: Callable[[], Any]) -> Any:
    """Give a service's own ConfigOpts the files that ``conf`` has read.

    They are read after ``code`` has imported what registers options: a parsed
    ConfigOpts takes none for the command line. Returns what it returns.
    """
    files, directories = conf.config_file or (), conf.config_dir or ()
    project, prog = conf.project, conf.prog
    own.clear()
    imported = code()
    _parse(own, files, directories, project=project, prog=prog,
           default_config_files=[], default_config_dirs=[])
    return imported


def _parse(
    conf: cfg.ConfigOpts, files: Sequence[str], directories: Sequence[str], **options: Any,
) -> None:
    arguments = [f'--config-file={path}' for path in files]
    arguments += [f'--config-dir={path}' for path in directories]
    with _translated():
        conf(arguments, **options)


def configured_service(conf: cfg.ConfigOpts) -> service.Service:
    """Return the service that [dbmanage] names or describes."""
    ours = conf[GROUP]
    if ours.service:
        return service.named(ours.service)
    if not ours.versions:
        _check_undescribed(conf)
        return service.named(service.REFERENCE)
    fields = {name: ours[name] for name in _FIELDS}
    configure = {option.name: ours[option.name] for option in _DESCRIPTION
                 if option.name not in ('name', *_FIELDS) and ours[option.name]}
    return service.Service(
        ours.name or ours.versions[0].partition(':')[0].partition('.')[0], **fields,
        configure={name: _SWITCHES.get(value, value) if name.startswith('compare_') else value
                   for name, value in configure.items()})


def _check_undescribed(conf: cfg.ConfigOpts) -> None:
    """Let nobody's database get the tables of the reference service."""
    for option in _DESCRIPTION:
        location = conf.get_location(option.name, GROUP)
        if location and location.location.is_user_controlled:
            raise errors.UsageError(f'[{GROUP}] {option.name} is set, but versions names '
                                    'nothing: where are the revisions of the service?')


def database(conf: cfg.ConfigOpts, group: str) -> dict[str, Any]:
    """Return oslo.db's options of a section, each of them valid.

    One retry after a second, not ten after ten seconds each: whoever starts
    the command sees soon that the server is not there.
    """
    for option in oslo_db_options.database_opts:
        with contextlib.suppress(cfg.DuplicateOptError):
            conf.register_opt(option, group)
    with contextlib.suppress(cfg.NoSuchOptError):
        conf.set_default('max_retries', 1, group)
        conf.set_default('retry_interval', 1, group)
    return {option.name: _value(conf, group, option.dest)
            for option in oslo_db_options.database_opts}


def connection(conf: cfg.ConfigOpts, group: str) -> str:
    """Return the URL of the database; raise UsageError if it is not set."""
    value = database(conf, group)['connection']
    if value:
        return str(value)
    files = ', '.join(os.path.abspath(path) for path in conf.config_file or [])
    raise errors.UsageError(
        f'[{group}] connection is not set in {files or "any file: none was read"} '
        f'(or OS_{group.upper()}__CONNECTION)')


@contextlib.contextmanager
def connected_to(conf: cfg.ConfigOpts, group: str, url: str) -> Iterator[None]:
    """Let a section name another database for a while."""
    values = {**dict.fromkeys(('connection_parameters', 'slave_connection'), ''),
              'connection': url.replace('$', '$$')}
    database(conf, group)
    before = {name: conf[group][name] for name in values
              if (found := conf.get_location(name, group))
              and found.location is cfg.Locations.set_override}
    try:
        for name, value in values.items():
            conf.set_override(name, value, group)
        yield
    finally:
        for name in values:
            conf.clear_override(name, group)
        for name, value in before.items():
            conf.set_override(name, str(value or '').replace('$', '$$'), group)


def _value(conf: cfg.ConfigOpts, group: str, name: str) -> Any:
    with _translated():
        try:
            return conf[group][name]
        except (cfg.NoSuchOptError, cfg.NoSuchGroupError, cfg.TemplateSubstitutionError):
            # oslo.config would show what follows the $, perhaps of a password.
            raise errors.UsageError(f'[{group}] {name} refers with $ to an option that '
                                    'is not there; $ itself is written $$') from None
        except (cfg.ConfigFileValueError, ValueError) as e:
            where = conf.get_location(name, group)
            said = str(e).rpartition('not valid: ')[2]
            raise errors.UsageError(f'[{group}] {name} in {where.detail if where else ""}'
                                    f' is not valid: {said}') from e


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (cfg.Error, OSError, ValueError) as e:
        raise errors.UsageError(' '.join(str(e).split())) from e
