#!/usr/bin/env bash
# Installs the Debian packages named that this machine lacks; touches nothing when it has them all.
set -euo pipefail

missing=()
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0
[[ $(id -u) -eq 0 ]] || { echo "need as root: apt-get install ${missing[*]}" >&2; exit 1; }

echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --no-install-recommends --yes "${missing[@]}" >/dev/null
