#!/usr/bin/env bash
# Builds buildkitd with the Go toolchain into the given folder, unless that version is there already.
# For developers and CI who want the tests to run on buildkitd too. Needs Go 1.26.3 or later.
set -euo pipefail
into="${1:?usage: install-buildkitd.sh FOLDER}"
version=v0.32.2
mkdir -p "$into"
if [ -x "$into/buildkitd" ] && "$into/buildkitd" --version | grep -qF " $version "; then exit 0; fi
echo "building buildkitd $version (some minutes, once)…"
module="$(mktemp -d)"
trap 'rm -rf "$module"' EXIT
# The module's own go.mod has exclude directives, which `go install` refuses; as a dependency it builds.
cd "$module"
go mod init opendepot.local/tools >/dev/null 2>&1
go get "github.com/moby/buildkit/cmd/buildkitd@$version" >/dev/null 2>&1
go build -trimpath -ldflags "-X github.com/moby/buildkit/version.Version=$version" -o "$into/buildkitd" github.com/moby/buildkit/cmd/buildkitd
"$into/buildkitd" --version
