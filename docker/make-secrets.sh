#!/bin/sh
# Makes what is missing in docker/secrets/: keys and passwords nobody has to know, and empty files for yours.
# The folder is closed to others; the files in it are readable, since containers read them as other users.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for name in secret_key database_password valkey_password metrics_token; do
    [ -s "secrets/$name" ] || head -c 48 /dev/urandom | base64 | tr -d '\n+/=' >"secrets/$name"
done
for name in openai_api_key email_url secret_key_fallbacks; do
    [ -e "secrets/$name" ] || : >"secrets/$name"
done
chmod 444 secrets/*
chmod u+w secrets/openai_api_key secrets/email_url secrets/secret_key_fallbacks
