# SPDX-License-Identifier: Apache-2.0
"""A new revision file: what it is called, where it goes, how it is written."""

from __future__ import annotations

import dataclasses
import datetime
import os
import pathlib
import re
import typing
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence

from alembic import util
from mako import template

from dbmanage import errors
from dbmanage import output
from dbmanage.timeline import files
from dbmanage.timeline import headsfile
from dbmanage.timeline import reading

if typing.TYPE_CHECKING:
    from dbmanage import timeline

_TEMPLATE = pathlib.Path(__file__).parents[1] / 'migrations' / 'script.py.mako'
_LONGEST_SLUG = 40
_INSTALLED = {'site-packages', 'dist-packages'}
_NAME = re.compile(r'\w[\w.]*')
_RESERVED = {'head', 'heads', 'base', 'current'}


@dataclasses.dataclass(frozen=True)
class Draft:
    """What the command line says of a revision that is to be written."""

    message: str
    rev_id: str | None = None
    heads: Sequence[str] = ('head',)
    branch_label: Sequence[str] = ()
    depends_on: Sequence[str] = ()
    version_path: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError if there is no message."""
        if not self.message.strip():
            raise errors.UsageError('a revision needs a message: -m MESSAGE')


def write(
    revisions: timeline.Timeline, draft: Draft, body: str = 'pass', imports: Collection[str] = (),
) -> files.Revision:
    """Write the file whole, or raise UsageError and write nothing."""
    heads = _heads(revisions, draft.heads)
    rev_id = _rev_id(revisions, draft.rev_id)
    path = _folder(revisions, draft, heads) / f'{rev_id}_{_slug(draft.message)}.py'
    down = [head.revision for head in heads]
    text = template.Template(filename=str(_TEMPLATE)).render(
        message=_quoted(draft.message.strip()), up_revision=rev_id, down_revisions=down,
        down_revision=_scalar(down), branch_labels=_scalar(_labels(revisions, draft, rev_id)),
        depends_on=_scalar(_dependencies(revisions, draft.depends_on)),
        create_date=datetime.datetime.now(datetime.UTC).strftime('%Y-%m-%d %H:%M:%S UTC'),
        imports=sorted(imports), upgrades=body)
    _keep(path, {path: text, **_heads_files(revisions, path, rev_id, down)})
    return files.Revision(reading.read(str(path.resolve())))


def check_merge(revisions: timeline.Timeline, draft: Draft) -> None:
    """Raise UsageError unless there is something to merge."""
    if len(_heads(revisions, draft.heads)) < 2:
        raise errors.UsageError(f'a merge takes two heads or more; the heads are '
                                f'{", ".join(revisions.heads()) or "none"}')


def _heads(revisions: timeline.Timeline, names: Sequence[str]) -> list[files.Revision]:
    heads = [head for name in names for head in revisions.resolve(name)]
    for head in heads:
        if not head.is_head:
            raise errors.UsageError(
                f'{head.revision} is not a head; name one of {", ".join(revisions.heads())}')
    return list(dict.fromkeys(heads))


def _rev_id(revisions: timeline.Timeline, rev_id: str | None) -> str:
    if rev_id is None:
        return _next_id(revisions)
    _check_name(revisions, rev_id)
    if len(rev_id) > revisions.LONGEST_ID:
        raise errors.UsageError(f'{rev_id!r} is longer than {revisions.LONGEST_ID} characters')
    return rev_id


def _check_name(revisions: timeline.Timeline, name: str) -> None:
    if name in revisions or name in revisions.labels():
        raise errors.UsageError(f'there is a revision or a branch {name} already')
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise errors.UsageError(f'{name!r} cannot be the name of a revision or a branch')


def _next_id(revisions: timeline.Timeline) -> str:
    """Count on where the heads are numbers; make an id up where not."""
    if not all(head.isdecimal() for head in revisions.heads()):
        return util.rev_id()
    last = max((id_ for id_ in revisions.ids() if id_.isdecimal()), key=int, default='000')
    return str(int(last) + 1).zfill(len(last))


def _folder(
    revisions: timeline.Timeline, draft: Draft, heads: Sequence[files.Revision],
) -> pathlib.Path:
    if draft.version_path:
        folder = pathlib.Path(draft.version_path)
    elif heads:
        folder = pathlib.Path(heads[0].path).parent
    else:
        folder = revisions.folders[0]
    if not os.access(folder, os.W_OK | os.X_OK):
        raise errors.UsageError(f'cannot write into {folder}; name a folder: --version-path')
    if not draft.version_path and _INSTALLED & set(folder.parts):
        raise errors.UsageError(f'{folder} is an installed package, not the source tree of '
                                'the service; name a folder: --version-path')
    if not _is_known(revisions, folder):
        output.say(f'{folder} is no folder of this service; it will not be looked into')
    return folder


def _heads_files(
    revisions: timeline.Timeline, path: pathlib.Path, rev_id: str, down: Sequence[str],
) -> dict[pathlib.Path, str]:
    """Return the HEADS files that the new revision changes."""
    heads = revisions.head_files()
    for problem in headsfile.problems(revisions.folders, heads):
        output.say(f'{problem.message}; it is put right')
    if _is_known(revisions, path.parent):
        heads = {one: file for one, file in heads.items() if one not in down}
        heads[rev_id] = path.resolve()
    return headsfile.texts(revisions.folders, heads)


def _is_known(revisions: timeline.Timeline, folder: pathlib.Path) -> bool:
    return folder.resolve() in [known.resolve() for known in revisions.folders]


def _labels(revisions: timeline.Timeline, draft: Draft, rev_id: str) -> Sequence[str]:
    for label in draft.branch_label:
        _check_name(revisions, label)
        if [rev_id, *draft.branch_label].count(label) > 1:
            raise errors.UsageError(f'{label} would be the name of two things')
    return draft.branch_label


def _dependencies(revisions: timeline.Timeline, names: Sequence[str]) -> list[str]:
    needed = list[str]()
    for name in names:
        found = [name] if name in revisions.labels() else [
            one.revision for one in revisions.resolve(name)]
        if not found:
            raise errors.UsageError(f'{name} is no revision to depend on')
        needed += found
    return needed


def _scalar(names: Sequence[str]) -> str | tuple[str, ...] | None:
    return tuple(names) if len(names) > 1 else names[0] if names else None


def _slug(message: str) -> str:
    slug = '_'.join(re.findall(r'\w+', message.splitlines()[0])).lower()
    return slug if len(slug) <= _LONGEST_SLUG else slug[:_LONGEST_SLUG].rsplit('_', 1)[0]


def _quoted(message: str) -> str:
    return message.replace('\\', '\\\\').replace('"""', r'\"\"\"')


def _keep(path: pathlib.Path, texts: Mapping[pathlib.Path, str]) -> None:
    """Write the revision, and what goes with it, or nothing."""
    if path.exists():
        raise errors.UsageError(f'{path} is there already')
    drafts = {one: one.with_name(f'.{one.name}.{os.getpid()}') for one in texts}
    at = path
    try:
        for at, text in texts.items():
            drafts[at].write_text(text, encoding='utf-8')
        files.compiled(str(drafts[path]))
        for at, draft in drafts.items():
            draft.replace(at)
    except OSError as e:
        raise errors.UsageError(f'cannot write {at}: {e.strerror}') from e
    except UnicodeEncodeError as e:
        raise errors.UsageError(f'the message is not text: {e.reason}') from e
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
