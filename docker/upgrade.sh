#!/bin/sh
# Puts the new version beside the old one and lets the old one go: nobody waits, and answers go on being written.
# First `git pull`. This builds, migrates (additively: the old version goes on), changes engines and then web, and
# starts the rest anew where it has changed. `PULL=false` keeps to the images that are on this machine.
set -eu
cd "$(dirname "$0")"
beside() { docker compose up --detach --no-recreate --wait --wait-timeout 180 "$@"; }

# change SERVICE SECONDS: new containers beside the old ones, which have that long to drain once those are well.
change() {
    docker compose rm --force "$1" >/dev/null # of those that stand still none is to be started again
    old=$(docker compose ps --quiet "$1" | tr '\n' ' ')
    count=$(echo "$old" | wc -w)
    if [ "$count" -eq 0 ]; then
        beside "$1" || give_up "$1"
        return
    fi
    beside --scale "$1=$((count * 2))" "$1" || give_up "$1"
    # shellcheck disable=SC2086 # several
    docker stop --time "$2" $old >/dev/null
    # shellcheck disable=SC2086
    docker rm $old >/dev/null
}

give_up() {
    for each in $(docker compose ps --all --quiet "$1"); do
        case " $old " in *" $each "*) continue ;; esac
        docker logs --tail 20 "$each"
        docker rm --force "$each" >/dev/null
    done
    echo "The new $1 does not come up and is gone again, what ran before goes on: above is what it said." >&2
    exit 1
}

sh make-secrets.sh # those that older versions did not have
if [ "${PULL:-true}" = true ]; then
    docker compose pull --quiet postgres valkey
    docker compose build --quiet --pull
else
    docker compose build --quiet
fi
docker compose rm --force migrate >/dev/null
docker compose up --detach --no-recreate migrate
if [ "$(docker wait "$(docker compose ps --all --quiet migrate)")" != 0 ]; then
    docker compose logs migrate
    exit 1
fi
change engine 320
change web 40
docker compose up --detach --wait
