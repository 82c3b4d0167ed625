#!/usr/bin/env bash
# Starts one node, as Apache Kafka's script of this name does. JVM settings in the environment have no meaning here.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*" >&2
  exit 1
fi
if [ "$1" = -daemon ]; then
  shift
  logs=${LOG_DIR:-$(dirname "$here")/logs}
  mkdir -p "$logs"
  # In a session of its own, where there is setsid: a node stops in order when the terminal it belongs to is closed.
  nohup $(command -v setsid) "$here/gregor" start "$@" > "$logs/kafkaServer.out" 2>&1 < /dev/null &
  exit
fi
exec "$here/gregor" start "$@"
