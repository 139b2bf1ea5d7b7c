#!/bin/sh
# restore.sh FILE: makes this installation, new or old, what it was when backup.sh wrote FILE.
# What is here now is lost: database, secrets and settings.
set -eu
umask 077
file=$(realpath "${1:?usage: restore.sh FILE}")
cd "$(dirname "$0")"
work=$(mktemp -d "$PWD/.restore.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tar -C "$work" -xf "$file" database secrets .env
rm -rf secrets
cp -R "$work/secrets" "$work/.env" .
sh make-secrets.sh

docker compose down --timeout 10 # no answer has to end that is about to be lost
docker compose up --detach --wait postgres
inside() { docker compose exec -T postgres "$@"; }
printf "ALTER ROLE colloquy PASSWORD '%s'" "$(cat secrets/database_password)" |
    inside psql --quiet --username colloquy --dbname postgres
inside dropdb --username colloquy --maintenance-db postgres --force --if-exists colloquy
inside createdb --username colloquy --maintenance-db postgres colloquy
inside pg_restore --username colloquy --dbname colloquy --exit-on-error --single-transaction <"$work/database"
docker compose up --detach --wait
