# SPDX-License-Identifier: Apache-2.0
"""A script for each revision, in a folder that is there whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import typing
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from dbmanage import errors
from dbmanage import output

if typing.TYPE_CHECKING:
    from dbmanage.timeline import files

_MANIFEST = 'manifest.json'


@dataclasses.dataclass(frozen=True)
class Part:
    """The script of a revision, and the heads before and after it."""

    revision: files.Revision
    before: Sequence[str]
    after: Sequence[str]
    lines: Iterable[str]


def write(
    name: str, parts: Iterator[Part], facts: dict[str, Any], count: int,
) -> output.Answer:
    """Write 001_<revision>_<title>.sql and so on, and a manifest.json.

    Raises UsageError if the folder holds something, or cannot be written.
    """
    folder = pathlib.Path(name).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise errors.UsageError(f'--split {name} is there already, and not an empty folder')
    draft = folder.with_name(f'.{folder.name}.{os.getpid()}')
    try:
        draft.mkdir()
        manifest = facts | _write(draft, parts, max(3, len(str(count))))
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        (draft / _MANIFEST).write_text(f'{text}\n', encoding='utf-8')
        draft.replace(folder)
    except OSError as e:
        raise errors.UsageError(f'--split {name}: {e.strerror}') from e
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return output.Answer(manifest, [
        str(pathlib.Path(name, one['file'])) for one in manifest['files']])


def _write(draft: pathlib.Path, parts: Iterator[Part], width: int) -> dict[str, Any]:
    start: Sequence[str] | None = None
    written = []
    for number, part in enumerate(parts, 1):
        start = part.before if start is None else start
        end = part.after
        file = f'{number:0{width}}_{_stem(part.revision)}.sql'
        data = ''.join(f'{line}\n' for line in part.lines).encode()
        (draft / file).write_bytes(data)
        written.append({'file': file, 'revision': part.revision.revision,
                        'sha256': hashlib.sha256(data).hexdigest()})
    return {'from': sorted(start or ()), 'to': sorted(end), 'files': written}


def _stem(revision: files.Revision) -> str:
    stem = pathlib.Path(revision.path).stem
    return stem if stem.startswith(revision.revision) else f'{revision.revision}_{stem}'
