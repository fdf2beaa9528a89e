#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Install, as root, the database servers of the tests by apt; start none.
set -euo pipefail
cd "$(dirname "$0")/.."

policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.conf
saved=$(mktemp -d)

restore() {
    rm -f "$policy"
    if [ -e "$saved/policy" ]; then mv "$saved/policy" "$policy"; fi
    if [ -e "$saved/clusters" ]; then mv "$saved/clusters" "$clusters"; fi
    rmdir "$saved"
}

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

trap restore EXIT
if [ -e "$policy" ]; then mv "$policy" "$saved/policy"; fi
printf '#!/bin/sh\nexit 101\n' > "$policy"
chmod +x "$policy"

apt-get update -q
install postgresql-common
cp -p "$clusters" "$saved/clusters"
echo 'create_main_cluster = false' >> "$clusters"
mapfile -t packages < tools/packages.txt
install "${packages[@]}"
