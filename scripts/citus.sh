#!/usr/bin/env bash
# Checks that the Citus extension is installed, which the tests of a cluster need. Usage: citus.sh
set -euo pipefail

for folder in /usr/share/postgresql/*/extension "$(pg_config --sharedir 2>/dev/null || true)/extension"; do
    [ ! -e "$folder/citus.control" ] || exit 0
done
cat >&2 <<'TEXT'

error: Citus is not installed; no tests were run.

Citus is a PostgreSQL extension that distributes a database over several machines. Debian and Ubuntu have
no package of it; to install it for the local PostgreSQL, see
https://docs.citusdata.com/en/stable/installation/. Then run make test-citus again: it starts its own
coordinator and two workers. make test covers everything that does not need a cluster.
TEXT
exit 1
