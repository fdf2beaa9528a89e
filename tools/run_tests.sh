#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Run the tests by tox, to which the arguments go, on a fresh machine too.
set -euo pipefail
cd "$(dirname "$0")/.."

servers_installed() {
    local program
    for program in mariadbd mariadb psql pgbouncer rsync ip sqlite3; do
        PATH=$PATH:/usr/sbin command -v "$program" > /dev/null || return 1
    done
    compgen -G '/usr/lib/postgresql/*/bin/postgres' > /dev/null || return 1
    compgen -G '/usr/lib/galera/libgalera_smm.so' > /dev/null || return 1
    python3 -c 'import ensurepip'
}

install_servers() {
    if [ "$(id -u)" = 0 ]; then
        tools/install_servers.sh
    elif sudo -n true 2> /dev/null; then
        sudo -n tools/install_servers.sh
    else
        echo "run_tests.sh: error: programs are missing; as root: apt-get install" \
            "--no-install-recommends $(paste -sd' ' tools/packages.txt)" >&2
        exit 2
    fi
}

find_pythons() {
    local folder
    for folder in "${PYENV_ROOT:-${HOME:-/root}/.pyenv}"/versions/3.1[123].*/bin; do
        PATH=$PATH:$folder
    done
}

find_tox() {
    if ! tox --version 2> /dev/null | grep -q '^4'; then
        [ -x .venv-tox/bin/tox ] || { python3 -m venv .venv-tox && .venv-tox/bin/pip install -q tox; }
        PATH=$PWD/.venv-tox/bin:$PATH
    fi
}

servers_installed || install_servers
find_pythons
find_tox
exec tox run "$@"
