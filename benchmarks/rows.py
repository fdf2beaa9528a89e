# SPDX-License-Identifier: Apache-2.0
"""The rows of the table: what is run for each target, and what came out."""

import dataclasses
import pathlib
import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping

from benchmarks import chains
from benchmarks import measure
from benchmarks import peers
from benchmarks import services
from tests.servers import proxy

SHORT, LONG, LONGEST = 100, 5000, 10000
_DELAY = 0.001  # seconds, each way


@dataclasses.dataclass(frozen=True)
class Row:
    """A figure and its target; both are upper limits of ``unit``."""

    id: str
    what: str
    measured: float
    unit: str
    target: float
    note: str = ''

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.measured <= self.target


@dataclasses.dataclass(frozen=True)
class Bench:
    """What the rows are measured with."""

    home: pathlib.Path
    databases: Mapping[str, peers.Database]
    rounds: int
    quick: bool
    dbmate: str | None
    services: bool

    def chain(self, length: int, tables: int = 1) -> chains.Chain:
        """Return a chain, written once."""
        return chains.Chain(self.home, length, tables)


def _import(name: str) -> measure.Case:
    return measure.Case([sys.executable, '-c', f'import {name}'])


def start(bench: Bench) -> Iterator[Row]:
    """P1: what looks at no revision."""
    chain = bench.chain(SHORT)
    cases = {
        '--help': peers.ours(chain, None, '--help'),
        '--version': peers.ours(chain, None, '--version'),
        'usage': dataclasses.replace(peers.ours(chain, None, 'nope'), codes=(2,)),
        'configuration': dataclasses.replace(
            peers.ours(chain, None, 'upgrade', 'head'), codes=(2,)),
    }
    found = measure.in_turn({
        'S': _import('sqlalchemy'), 'oslo': _import('oslo_config.cfg'),
        'alembic': peers.alembic(chain, None, '--help'), **cases}, bench.rounds)
    worst = max(cases, key=lambda name: found[name].middle('cpu'))
    cpu, peer = found[worst].middle('cpu'), found['alembic'].middle('cpu')
    unit = found['S'].middle('cpu')
    said = ', '.join(f'{name} {found[name].middle("cpu") / unit:.2f}' for name in cases)
    yield Row('P1', 'start: --help ... a configuration error, CPU', cpu / unit, 'S', 0.55,
              f'{said}; alembic --help {peer / unit:.2f}; S = {unit:.3f} s')
    yield Row('P1', 'the same against import oslo_config.cfg',
              cpu / found['oslo'].middle('cpu'), '×', 1.2)


def reading(bench: Bench) -> Iterator[Row]:
    """P2: what reads the revisions."""
    for length, target in ((SHORT, 0.5), (LONG, 1.1)):
        chain = bench.chain(length)
        cases = {' '.join(argv): peers.ours(chain, None, *argv) for argv in (
            ['history'], ['heads'], ['branches'], ['check_migration', '--static'])}
        found = measure.in_turn({
            'S': _import('sqlalchemy'), 'alembic': peers.alembic(chain, None, 'history'),
            **cases}, bench.rounds)
        unit = found['S'].middle('cpu')
        said = ', '.join(f'{name} {found[name].middle("cpu") / unit:.2f}' for name in cases)
        peer = found['alembic'].middle('cpu') / unit
        yield Row('P2', f'history, heads, branches, check_migration --static: {length}, CPU',
                  max(found[name].middle('cpu') for name in cases) / unit, 'S', target,
                  f'{said}; alembic history {peer:.2f}')
        yield Row('P2', f'the same, memory: {length}',
                  max(map(measure.memory, cases.values())), 'MB', 40)


def nothing_to_do(bench: Bench) -> Iterator[Row]:
    """P3, P12: a start that finds the database at head."""
    for kind, database in bench.databases.items():
        for length, target in ((SHORT, 1.2), (LONG, 2.0)):
            chain = bench.chain(length)
            database.empty()
            measure.in_turn({'stamp': peers.ours(chain, database, 'stamp', 'head')}, 1)
            cases = {'S': _import('sqlalchemy'),
                     'ours': peers.ours(chain, database, 'upgrade', 'head')}
            if length == SHORT:
                cases |= {'sahara': peers.sahara_style(chain, database),
                          'alembic': peers.alembic(chain, database, 'upgrade', 'head')}
            found = measure.in_turn(cases, bench.rounds)
            unit, cpu = found['S'].middle('cpu'), found['ours'].middle('cpu')
            yield Row('P3', f'nothing to do: {length}, {kind}, CPU', cpu / unit, 'S', target,
                      f'{found["ours"].spread("cpu")} s' + (
                          f'; alembic {found["alembic"].middle("cpu") / unit:.2f}'
                          if length == SHORT else ''))
            if length == SHORT:
                yield Row('P3', f'the same against a sahara-style script: {kind}',
                          cpu / found['sahara'].middle('cpu'), '×', 0.65)
                if kind == 'postgresql':
                    yield Row('P12', 'nothing to do: postgresql, memory',
                              measure.memory(cases['ours']), 'MB', 62)


def current(bench: Bench) -> Iterator[Row]:
    """P4: where the database is."""
    cases = {'S': _import('sqlalchemy')}
    for length in (LONG, LONGEST):
        chain = bench.chain(length)
        at = peers.Database('sqlite', str(bench.home / f'current{length}.sqlite'))
        at.empty()
        measure.in_turn({'stamp': peers.ours(chain, at, 'stamp', 'head')}, 1)
        cases[str(length)] = peers.ours(chain, at, 'current')
    found = measure.in_turn(cases, bench.rounds)
    cpu = {length: found[str(length)].middle('cpu') for length in (LONG, LONGEST)}
    yield Row('P4', f'current: {LONG}, CPU', cpu[LONG] / found['S'].middle('cpu'), 'S', 2.2)
    yield Row('P4', f'current: {LONGEST} against {LONG}', cpu[LONGEST] / cpu[LONG], '×', 2.0)


def empty_to_head(bench: Bench) -> Iterator[Row]:
    """P5, P6, P7: 1,000 revisions on an empty database."""
    chain = bench.chain(1000)
    for id_, kind, target in (
            ('P5', 'postgresql', 1.75), ('P6', 'mariadb', 1.85), ('P7', 'sqlite', 2.8)):
        if kind in bench.databases:
            yield _against_client(bench, chain, bench.databases[kind], id_, target)


def far_away(bench: Bench) -> Iterator[Row]:
    """P8: the same on PostgreSQL, 2 ms away."""
    database = bench.databases['postgresql']
    delayed = proxy.Proxy(database.place)
    delayed.watch(_late)
    try:
        yield _against_client(
            bench, bench.chain(1000), database, 'P8', 1.5, database.through(delayed.url))
    finally:
        delayed.close()


def _late(_number: int, _when: str) -> bool:
    time.sleep(_DELAY)
    return True


def _against_client(
    bench: Bench, chain: chains.Chain, database: peers.Database, id_: str, target: float,
    through: peers.Database | None = None,
) -> Row:
    place = through or database
    cases = {'client': peers.client(chain, place),
             'ours': peers.ours(chain, place, 'upgrade', 'head'),
             'alembic': peers.alembic(chain, place, 'upgrade', 'head')}
    if database.kind == 'sqlite':
        cases['client in one transaction'] = peers.client_at_once(chain, place)
    if bench.dbmate:
        cases['dbmate'] = peers.dbmate(bench.dbmate, chain, place)
    rounds = 2 if through or bench.quick else 3
    found = measure.in_turn({name: dataclasses.replace(case, prepare=database.empty)
                             for name, case in cases.items()}, rounds)
    floor = found['client'].middle('wall')
    said = [f'{name} {found[name].middle("wall") / floor:.2f} ({found[name].spread("wall")} s)'
            for name in found if name != 'ours']
    said += [] if bench.dbmate else ['dbmate is not there']
    far = ', 2 ms away' if through else ''
    what = f'{chain.length} revisions: empty {database.kind}{far}, wall, against its client'
    return Row(id_, what, found['ours'].middle('wall') / floor, '×', target,
               f'{found["ours"].spread("wall")} s; ' + ', '.join(said))


def many(bench: Bench) -> Iterator[Row]:
    """P9, P12: more revisions than fit into one transaction."""
    database = bench.databases['postgresql']
    database.empty()
    memory = measure.memory(peers.ours(bench.chain(LONG), database, 'upgrade', 'head'))
    yield Row('P12', f'{LONG} revisions: postgresql, memory', memory, 'MB', 100)
    if bench.quick:
        return
    found = measure.in_turn({'ours': dataclasses.replace(
        peers.ours(bench.chain(LONGEST), database, 'upgrade', 'head'), prepare=database.empty)}, 1)
    yield Row('P9', f'{LONGEST} revisions: postgresql, default settings, wall',
              found['ours'].wall[0], 's', float('inf'), 'it succeeds')


def check(bench: Bench) -> Iterator[Row]:
    """P10: the models against the database."""
    chain = bench.chain(1, tables=1000)
    for kind, database in bench.databases.items():
        database.empty()
        measure.in_turn({'upgrade': peers.ours(chain, database, 'upgrade', 'head')}, 1)
        found = measure.in_turn({
            'ours': dataclasses.replace(peers.ours(chain, database, 'check'), codes=(0, 3)),
            'alembic': dataclasses.replace(
                peers.alembic(chain, database, 'check'), codes=(0, 1, 255))},
            1 if bench.quick else 3)
        cpu = {name: taken.middle('cpu') for name, taken in found.items()}
        yield Row('P10', f'check: {chain.tables} tables, {kind}, CPU, against alembic check',
                  cpu['ours'] / cpu['alembic'], '×', 0.7, f'{cpu["ours"]:.2f} s')


def adopters(bench: Bench) -> Iterator[Row]:
    """P11: the chains of sahara and mistral, against their own commands."""
    if not bench.services:
        return
    database = bench.databases['mariadb']
    programs = services.install(bench.home)
    for name in services.NAMES:
        cases = services.cases(programs, name, database)
        done = measure.in_turn({who: dataclasses.replace(case, prepare=database.empty)
                                for who, case in cases.items()}, 2 if bench.quick else 3)
        again = measure.in_turn(cases, bench.rounds)
        for what, found, kind, target in (
                (f'{name}, empty to head', done, 'cpu', 0.6),
                (f'{name}, empty to head', done, 'wall', 0.8),
                (f'{name}, nothing to do', again, 'cpu', 0.35)):
            ours, own = (found[who].middle(kind) for who in ('ours', 'own'))
            yield Row('P11', f'{what}: mariadb, {kind.replace("cpu", "CPU")}, against its own '
                      'command', ours / own, '×', target, f'{ours:.2f} s; its own {own:.2f} s')


ALL = (start, reading, nothing_to_do, current, empty_to_head, far_away, many, check, adopters)
