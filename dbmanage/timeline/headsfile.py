# SPDX-License-Identifier: Apache-2.0
"""The HEADS file of a folder: two new heads meet in git, not in production."""

import pathlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from dbmanage.timeline import soundness

NAME = 'HEADS'


def problems(
    folders: Sequence[pathlib.Path], heads: Mapping[str, pathlib.Path],
) -> Iterator[soundness.Problem]:
    """Yield each HEADS that is not what it should be.

    ``heads`` are those of the timeline, each with its file.
    """
    for path, lines in _wanted(folders, heads).items():
        said = _said(path)
        if sorted(said) != lines:
            yield soundness.Problem('wrong_heads', '', str(path), (
                f'{path}: it holds {", ".join(said) or "nothing"}, and should hold '
                f'{", ".join(lines) or "nothing"}'))


def texts(
    folders: Sequence[pathlib.Path], heads: Mapping[str, pathlib.Path],
) -> dict[pathlib.Path, str]:
    """Return what is to be written, for each HEADS that is to change."""
    wanted = {path: ''.join(f'{line}\n' for line in lines)
              for path, lines in _wanted(folders, heads).items()}
    return {path: text for path, text in wanted.items()
            if text.encode() != path.read_bytes()}


def _wanted(
    folders: Sequence[pathlib.Path], heads: Mapping[str, pathlib.Path],
) -> dict[pathlib.Path, list[str]]:
    """Return the lines of each file: the heads in or below its folder, sorted.

    A head has its file beside its id: two branches may count to the same id.
    """
    paths = [folder.resolve() / NAME for folder in folders if (folder / NAME).is_file()]
    return {path: sorted(f'{one} {file.relative_to(path.parent).as_posix()}'
                         for one, file in heads.items() if file.is_relative_to(path.parent))
            for path in paths}


def _said(path: pathlib.Path) -> list[str]:
    lines = path.read_text(encoding='utf-8', errors='replace').splitlines()
    return [line.strip() for line in lines if line.strip()]
