#!/usr/bin/env bash
# Succeeds if the server in this container is healthy.
set -euo pipefail

exec 3<>"/dev/tcp/127.0.0.1/${SENDLOG_HTTP_PORT:-8080}"
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS= read -r status <&3
[[ $status == 'HTTP/1.1 200 '* ]]
