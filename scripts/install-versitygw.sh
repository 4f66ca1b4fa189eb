#!/usr/bin/env bash
# Builds versitygw, a server that speaks S3, with the Go toolchain into the given folder, unless that version is there
# already. For the tests of what is kept in S3. Needs Go 1.25 or later.
set -euo pipefail
into="${1:?usage: install-versitygw.sh FOLDER}"
version=v1.8.0
mkdir -p "$into"
if [ -x "$into/versitygw" ] && "$into/versitygw" --version | grep -qF "$version"; then exit 0; fi
echo "building versitygw $version (some minutes, once)…"
built="$(mktemp -d "$into/.versitygw-XXXXXX")"
trap 'rm -rf "$built"' EXIT
GOBIN="$built" go install -trimpath -ldflags "-X main.Version=$version" "github.com/versity/versitygw/cmd/versitygw@$version" 2>/dev/null
mv "$built/versitygw" "$into/versitygw"
"$into/versitygw" --version
