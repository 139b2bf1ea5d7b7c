#!/bin/sh
# backup.sh FILE: puts all that is worth keeping into FILE, while everything runs: the database, secrets, settings.
# What it writes opens every door: keep it like a key.
set -eu
umask 077
file=$(realpath "${1:?usage: backup.sh FILE}")
cd "$(dirname "$0")"
work=$(mktemp -d "$file.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
docker compose exec -T postgres pg_dump --username colloquy --format custom colloquy >"$work/database"
cp -R secrets .env "$work"
tar -C "$work" -cf "$work/backup" database secrets .env
mv "$work/backup" "$file"
