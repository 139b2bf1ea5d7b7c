#!/bin/sh
# Puts the new version beside the old one and lets the old one go: nobody waits, and answers go on being written.
# First `git pull`; this builds, migrates (additively: the old version goes on), and changes engines before web.
# Database, bus and proxy are left alone.
set -eu
cd "$(dirname "$0")"
beside() { docker compose up --detach --no-recreate "$@"; }

docker compose build --quiet
docker compose rm --force migrate >/dev/null
beside migrate
if [ "$(docker wait "$(docker compose ps --all --quiet migrate)")" != 0 ]; then
    docker compose logs migrate
    exit 1
fi
for service in engine web; do
    old=$(docker compose ps --quiet "$service")
    count=$(echo "$old" | wc -l)
    beside --wait --scale "$service=$((count * 2))" "$service"
    # shellcheck disable=SC2086 # several
    docker stop --time 40 $old >/dev/null
    # shellcheck disable=SC2086
    docker rm $old >/dev/null
done
docker compose rm --stop --force worker beat >/dev/null
beside --wait worker beat
