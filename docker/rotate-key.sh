#!/bin/sh
# Gives the installation another SECRET_KEY. The former one is kept: what it signed or sealed stays good.
set -eu
umask 077
cd "$(dirname "$0")"
sh make-secrets.sh
echo "$(cat secrets/secret_key),$(cat secrets/secret_key_fallbacks)" >secrets/former
mv -f secrets/former secrets/secret_key_fallbacks
rm -f secrets/secret_key
sh make-secrets.sh
docker compose up --detach --wait --force-recreate web engine worker beat
