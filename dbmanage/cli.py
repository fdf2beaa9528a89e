# SPDX-License-Identifier: Apache-2.0
"""From argv to an exit code: the only reader of argv, the only exit."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import signal
import sys
import threading
import traceback
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from dbmanage import commands
from dbmanage import context
from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage import version

if typing.TYPE_CHECKING:
    from oslo_config import cfg

_GLOBAL = ('command', 'config_file', 'config_dir', 'format', 'traceback')


def run(before: Callable[[Sequence[str]], None], noted: Sequence[int]) -> None:
    """Be the console script ``db-manage``; ``before`` is told its arguments.

    ``noted`` are the signals that came while this was imported.
    """
    before(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    code = main() if not noted else _fail(
        sys.stdout, 'db-manage', sys.argv[1:], errors.Busy(_interrupted(noted[0])), None)
    # The code says what was done; a signal that comes now finds nothing to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


def main(
    service: services.Service | None = None, argv: Sequence[str] | None = None,
    conf: cfg.ConfigOpts | None = None,
) -> int:
    """Run one command of a service's db-manage and return its exit code.

    Without ``service`` it is the one that [dbmanage] names or describes. ``conf`` is
    the service's own ConfigOpts, if it has one. Data goes to stdout, and only when
    the command did not fail; all talk, that of libraries too, goes to stderr. Without
    ``argv`` the process is ours: warnings are lines, and its children are heard there, too.
    """
    answer = output.process_to_stderr()(_answer) if argv is None else _answer
    argv = sys.argv[1:] if argv is None else argv
    prog = f'{service.name}-db-manage' if service else 'db-manage'
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr), output.logging_to_stderr(), _terminable():
        try:
            return _write(out, answer(prog, service, argv, conf))
        except errors.Error as e:
            failure, trace = e, e.raised or ('--traceback' in argv and e) or None
        except KeyboardInterrupt as e:
            failure, trace = errors.Busy(str(e) or 'interrupted'), None
        except (Exception, SystemExit) as e:  # noqa: BLE001 - a bug, or the code of a service
            failure, trace = errors.Failed(errors.describe(e)), e
        return _fail(out, prog, argv, failure, trace)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a command as SIGINT does, unless the process has its own way.

    As process 1 a signal without a handler would be missed.
    """
    own = (threading.current_thread() is threading.main_thread()
           and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
    if own:
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        if own:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(_interrupted(number))


def _interrupted(number: int) -> str:
    return f'interrupted by {signal.Signals(number).name}'


def _answer(
    prog: str, service: services.Service | None, argv: Sequence[str],
    conf: cfg.ConfigOpts | None,
) -> output.Answer:
    screen = io.StringIO()
    try:
        with contextlib.redirect_stdout(screen):
            arguments = vars(_parser(prog).parse_args(argv))
    except SystemExit:  # --help and --version
        return output.Answer({}, screen.getvalue().splitlines())
    settings = {name: arguments.pop(name) for name in _GLOBAL}
    if arguments.get('sql') and not arguments.get('split') and settings['format'] == 'json':
        raise errors.UsageError('--sql writes SQL; it does not go with --format json')
    from dbmanage import conf as configuration
    options = configuration.read(
        settings['config_file'], settings['config_dir'],
        service.name if service else 'dbmanage', prog, conf)
    service = (service or configuration.configured_service(options)).with_conf(conf)
    command = commands.COMMANDS[settings['command']]
    with service.ending:
        answer = command(context.Context(service, options), **arguments)
    if settings['format'] == 'text':
        return answer
    document = json.dumps(answer.document, indent=2, ensure_ascii=False)
    return output.Answer(answer.document, [document], answer.code)


@contextlib.contextmanager
def _encoded(out: typing.TextIO, encoding: str | None) -> Iterator[None]:
    """Write in an encoding, if there is one, whatever the locale is."""
    if encoding is None or not isinstance(out, io.TextIOWrapper):
        yield
        return
    before, errors_before = out.encoding, out.errors
    out.reconfigure(encoding=encoding)
    try:
        yield
    finally:
        out.reconfigure(encoding=before, errors=errors_before)


def _write(out: typing.TextIO | None, answer: output.Answer) -> int:
    if out is None:  # it was closed before we began: nobody listens
        return answer.code
    try:
        with _encoded(out, answer.encoding):
            for line in answer.lines:
                out.write(f'{line}\n')
            out.flush()
    except BrokenPipeError:  # the reader has read enough
        output.discard(out)
    except OSError as e:
        output.discard(out)
        raise errors.Failed(f'cannot write to stdout: {e.strerror}') from e
    except UnicodeEncodeError as e:
        output.discard(out)
        raise errors.Failed(f'cannot write to stdout, set PYTHONIOENCODING=utf-8: {e}') from e
    return answer.code


def _fail(
    out: typing.TextIO | None, prog: str, argv: Sequence[str], error: errors.Error,
    trace: BaseException | None,
) -> int:
    if trace is not None:
        output.say(''.join(traceback.format_exception(trace)).rstrip())
    message = output.mask(' '.join(str(error).split()))
    output.say(f'{prog}: error: {message}')
    if _wants_json(argv):
        document = {'code': error.code, 'name': error.name, 'message': message}
        # In ASCII: what is wrong may be a character that stdout does not take.
        with contextlib.suppress(errors.Failed):
            _write(out, output.Answer({}, [json.dumps({'error': document}, indent=2)]))
    return error.code


def _wants_json(argv: Sequence[str]) -> bool:
    """Tell whether argv asks for JSON, even where the rest of it is wrong."""
    words = [part for word in argv for part in word.split('=', 1)]
    return any(pair in (('-f', 'json'), ('--format', 'json'))
               for pair in zip(words, words[1:], strict=False)) or '-fjson' in words


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are ours: one line, exit code 2."""

    def error(self, message: str) -> typing.NoReturn:
        raise errors.UsageError(f'{message} (see {self.prog} --help)')


def _parser(prog: str) -> argparse.ArgumentParser:
    table = '\n'.join(f'  {code}  {meaning}: {reaction}'
                      for code, meaning, reaction in errors.EXIT_CODES)
    parser = _Parser(
        prog=prog, allow_abbrev=False, epilog=f'exit codes:\n{table}',
        description='Manage the schema of a service\'s database.',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--version', action='version', version=f'{prog} {version.VERSION}')
    parser.add_argument('--config-file', action='append', default=[], metavar='PATH',
                        help='configuration file; repeatable, the last value wins')
    parser.add_argument('--config-dir', action='append', default=[], metavar='DIR',
                        help='folder of *.conf files; repeatable')
    _add_output(parser, 'text', False)
    subcommands = parser.add_subparsers(
        dest='command', required=True, metavar='COMMAND', parser_class=_Parser)
    for name, command in commands.COMMANDS.items():
        _add(subcommands, name, command)
    return parser


def _add(subcommands: Any, name: str, command: Any) -> None:
    summary = (command.__doc__ or '').strip()
    parser = subcommands.add_parser(
        name, allow_abbrev=False, description=summary, help=summary.splitlines()[0])
    _add_output(parser, argparse.SUPPRESS, argparse.SUPPRESS)
    for names, options in command.arguments:
        parser.add_argument(*names, **options)


def _add_output(parser: argparse.ArgumentParser, form: str, trace: bool | str) -> None:
    """Add what may stand before the command and behind it."""
    parser.add_argument('-f', '--format', choices=('text', 'json'), default=form,
                        help='form of the answer on stdout')
    parser.add_argument('--traceback', action='store_true', default=trace,
                        help='show where an error comes from')
