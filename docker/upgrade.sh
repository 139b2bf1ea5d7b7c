#!/bin/sh
# Puts the new version beside the old one and lets the old one go: nobody waits, and answers go on being written.
# First `git pull`; this builds, migrates (additively: the old version goes on), and changes engines before web.
set -eu
cd "$(dirname "$0")"
docker compose build --quiet
docker compose run --rm --no-deps migrate
for service in engine web; do
    old=$(docker compose ps --quiet "$service")
    count=$(echo "$old" | wc -l)
    docker compose up --detach --wait --no-deps --no-recreate --scale "$service=$((count * 2))" "$service"
    # shellcheck disable=SC2086 # several
    docker stop --time 40 $old >/dev/null
    # shellcheck disable=SC2086
    docker rm $old >/dev/null
done
docker compose up --detach --wait --no-deps worker beat
