# SPDX-License-Identifier: Apache-2.0
"""Reading the revision files: found in their folders, and not run."""

from __future__ import annotations

import inspect
import os
import pathlib
import re
from collections.abc import Iterable

from dbmanage import errors
from dbmanage.timeline import files

# What stands in column 0 and in one line, as nearly every file has it.
_DECLARATION = re.compile(
    r'\n(revision|down_revision|branch_labels|depends_on)[ \t]*(?::[^\n=]*)?=[ \t]*([^\n]*)')
_STRING = r'''(?:'[^'\\\n]*'|"[^"\\\n]*")'''
_SCALAR = re.compile(rf'(?:None|({_STRING}))[ \t]*(?:#.*)?')
_TUPLE = re.compile(
    rf'(?:\([ \t]*({_STRING}(?:[ \t]*,[ \t]*{_STRING})*)?[ \t]*,?[ \t]*\)'
    rf'|\[[ \t]*({_STRING}(?:[ \t]*,[ \t]*{_STRING})*)?[ \t]*,?[ \t]*\])[ \t]*(?:#.*)?')
_STRINGS = re.compile(_STRING)
_PROLOGUE = re.compile(r'\s*(?:#[^\n]*\n\s*)*')
_FIRST_WORDS = ('from ', 'import ', 'revision', 'down_revision')
_COOKIE = re.compile(rb'coding[:=][ \t]*(?!utf-?8)', re.IGNORECASE)


def find(folders: Iterable[pathlib.Path]) -> list[str]:
    """Return the revision files of the folders, by folder, then by name."""
    found = dict[str, None]()
    for folder in folders:
        home = os.path.realpath(folder)
        with os.scandir(home) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith('.py') and not entry.name.startswith(('__init__', '.#')):
                    path = entry.path
                    found[os.path.realpath(path) if entry.is_symlink() else path] = None
    return list(found)


def read(path: str) -> files.File:
    """Return what a file declares; run it only if that takes running it.

    Raises Failed for a file that declares no revision, or that cannot be parsed
    where it has to be.
    """
    try:
        with open(path, 'rb', buffering=0) as file:
            data = file.read()
    except OSError as e:
        raise errors.Failed(f'{path}: {errors.describe(e)}') from e
    found = _seen(path, data)
    if found is None:
        from dbmanage.timeline import declarations
        found = declarations.read(path, data)
    return found


def _seen(path: str, data: bytes) -> files.File | None:
    """Return what stands in plain sight; None if it takes a closer look."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if _COOKIE.search(data, 0, 200):
        return None
    if '\r' in text:
        text = text.replace('\r\n', '\n').replace('\r', '\n')
    declared = dict[str, tuple[str, ...]]()
    for name, value in _DECLARATION.findall(text):
        names = _value(value)
        if names is None or name in declared:
            return None
        declared[name] = names
    if len(declared.get('revision', ())) != 1 or 'down_revision' not in declared:
        return None
    doc = _docstring(text)
    if doc is None or '\ndef upgrade(' not in text:
        return None
    return files.File(path, declared['revision'][0], declared['down_revision'],
                declared.get('branch_labels', ()), declared.get('depends_on', ()), doc)


def _value(text: str) -> tuple[str, ...] | None:
    if text == 'None':
        return ()
    if match := _SCALAR.fullmatch(text):
        return (match[1][1:-1],) if match[1] else ()
    if match := _TUPLE.fullmatch(text):
        return tuple(one[1:-1] for one in _STRINGS.findall(match[1] or match[2] or ''))
    return None


def _docstring(text: str) -> str | None:
    """Return the docstring of the file; None if it is not a plain one."""
    start = _PROLOGUE.match(text).end()  # type: ignore[union-attr]
    quotes = text[start:start + 3]
    if quotes not in ('"""', "'''"):
        return '' if text.startswith(_FIRST_WORDS, start) else None
    end = text.find(quotes, start + 3)
    doc = text[start + 3:end]
    if end < 0 or text[end + 3:end + 4] != '\n' or '\\' in doc:
        return None
    return inspect.cleandoc(doc).strip() if '\n ' in doc or '\t' in doc else doc.strip()
