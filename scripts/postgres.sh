#!/usr/bin/env bash
# A throw-away Postgres for tests. `postgres.sh start DIR` prints its URL; `postgres.sh stop DIR` ends it and deletes DIR.
# `start DIR safe` keeps what it has committed when `halt DIR fast|immediate` stops it; `resume DIR` starts it again.
. "$(dirname "$0")/lib.sh"
action="$1" dir="$2"

bin="$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1)" 2>/dev/null || true)"
[ -x "$bin/initdb" ] || bin="$(dirname "$(command -v initdb || true)")"
[ -x "$bin/initdb" ] || die "Postgres is not installed: run scripts/packages.sh test"

# Postgres refuses to run as root.
as_pg() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- env -u LD_PRELOAD "$@"; else "$@"; fi
}

up() {
  as_pg "$bin/pg_ctl" -D "$dir/cluster" -w -s -l "$dir/log" -o "$(cat "$dir/options")" start >/dev/null 2>&1
}

case "$action" in
  start)
    # Without `fsync` a crash of the machine loses data, a crash of Postgres does not.
    [ "${3:-}" = safe ] && commits=on || commits=off
    mkdir -p "$dir"
    if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
    chmod 755 "$dir"
    cd "$dir"
    as_pg "$bin/initdb" -D "$dir/cluster" -U millrace -A trust -E UTF8 --no-locale --no-sync >/dev/null
    for _ in 1 2 3 4 5; do
      # Below the ports that outgoing connections take: it has to get the same one again.
      port=$((20000 + RANDOM % 12000))
      echo "-p $port -k '$dir' -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=$commits -c full_page_writes=off -c max_connections=300" >"$dir/options"
      if up; then
        echo "postgres://millrace@127.0.0.1:$port/postgres"
        exit 0
      fi
    done
    tail -20 "$dir/log" >&2
    die "Postgres did not start"
    ;;
  halt)
    cd /
    as_pg "$bin/pg_ctl" -D "$dir/cluster" -m "${3:-fast}" -w -s stop >/dev/null 2>&1
    ;;
  resume)
    cd /
    up || { tail -20 "$dir/log" >&2; die "Postgres did not start again"; }
    ;;
  stop)
    cd /
    as_pg "$bin/pg_ctl" -D "$dir/cluster" -m immediate -s stop >/dev/null 2>&1 || true
    rm -rf "$dir"
    ;;
  *) die "postgres.sh start|halt|resume|stop DIR" ;;
esac
