#!/usr/bin/env bash
# Says whether the Citus extension is here, which the tests of a cluster need. Usage: citus.sh
set -euo pipefail

for folder in /usr/share/postgresql/*/extension "$(pg_config --sharedir 2>/dev/null || true)/extension"; do
    [ ! -e "$folder/citus.control" ] || exit 0
done
cat >&2 <<'TEXT'

There is no Citus here, so nothing was tested on a cluster.

Citus is an extension of PostgreSQL that spreads a database over several machines. Debian and Ubuntu have
no package of it; https://docs.citusdata.com/en/stable/installation/ tells how to install it beside the
PostgreSQL that is here. Then run make test-citus again: it starts a coordinator and two workers of its
own, and needs nothing else. All that does not need a cluster is tested by make test.
TEXT
exit 1
