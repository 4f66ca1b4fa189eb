#!/usr/bin/env bash
# Builds buildkitd with the Go toolchain into the given folder, unless that version, built the same way, is there already.
# For developers and CI who want the tests to run on buildkitd too. Needs Go 1.21 or later, which fetches the toolchain
# that is named here where it is another one itself.
set -euo pipefail
mkdir -p "${1:?usage: install-buildkitd.sh FOLDER}"
into="$(cd "$1" && pwd)"
version=v0.32.2
# Built with Go 1.27, whose compress/flate writes less, it panics on compression=estargz: "footer buffer = 48, not 51"
# (containerd/stargz-snapshotter#2330, mended in estargz v0.19.0; this version has v0.18.2).
toolchain=go1.26.8
program="$into/buildkitd"
is_there() {
  [ -x "$program" ] && "$program" --version | grep -qF " $version " &&
    [ "$(GOTOOLCHAIN=local go version "$program")" = "$program: $toolchain" ]
}
if is_there; then exit 0; fi
echo "building buildkitd $version with $toolchain (some minutes, once)…"
building="$(mktemp -d "$into/.buildkitd-XXXXXX")"
trap 'rm -rf "$building"' EXIT
# The module's own go.mod has exclude directives, which `go install` refuses; as a dependency it builds.
cd "$building"
export GOTOOLCHAIN="$toolchain"
go mod init opendepot.local/tools 2>/dev/null
go get "github.com/moby/buildkit/cmd/buildkitd@$version" 2>/dev/null
go build -trimpath -ldflags "-X github.com/moby/buildkit/version.Version=$version" -o buildkitd github.com/moby/buildkit/cmd/buildkitd
mv buildkitd "$program"
"$program" --version
