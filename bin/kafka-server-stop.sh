#!/usr/bin/env bash
# Stops nodes cleanly (SIGTERM, or what SIGNAL names), as Apache Kafka's script of this name does: all of this machine,
# or those whose server.properties says so:
#   kafka-server-stop.sh [--process-role=ROLES] [--node-id=N]      the id wins over the role
# A node is a Node process that runs our main program with `start`; a launcher that only waits for one is left out.
set -euo pipefail
role= id=
for argument; do
  case $argument in
    --process-role=*) role=${argument#*=} ;;
    --node-id=*) id=${argument#*=} ;;
    *) echo "USAGE: $0 [--process-role=broker|controller] [--node-id=N]" >&2; exit 1 ;;
  esac
done

setting() { # PID KEY: the key's value in the properties file among the arguments of the process
  local file directory
  file=$(ps -ww -o args= -p "$1" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /\.properties$/) { print $i; exit } }') || return 0
  directory=$(readlink "/proc/$1/cwd" || lsof -a -p "$1" -d cwd -Fn | sed -n 's/^n//p')
  case $file in /*) ;; *) file=$directory/$file ;; esac
  sed -n "s/^[[:space:]]*${2/./\\.}[[:space:]]*[=:][[:space:]]*//p" "$file" | tail -n 1 | sed 's/[[:space:]]*$//'
}

is_meant() { # PID
  if [ -n "$id" ]; then [ "$(setting "$1" node.id)" = "$id" ]
  elif [ -n "$role" ]; then [ "$(setting "$1" process.roles)" = "$role" ]
  fi
}

nodes=$(ps -axww -o pid=,ppid=,args= | awk '
  $3 ~ /(^|\/)node$/ && / [^ ]*(packages\/cli\/src\/main\.ts|\/\.cache\/gregor\/[^ ]*\/main\.cjs) start( |$)/ { parent[$1] = $2 }
  END { for (pid in parent) waits[parent[pid]] = 1; for (pid in parent) if (!(pid in waits)) print pid }')
if [ -z "$nodes" ]; then
  echo "No kafka server to stop"
  exit 1
fi
for pid in $nodes; do
  # One that has ended meanwhile, or is somebody else’s, keeps none of the others running.
  if is_meant "$pid"; then kill -s "${SIGNAL:-TERM}" "$pid" || true; fi
done
