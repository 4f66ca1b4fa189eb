#!/usr/bin/env bash
# Builds the conformance suite of the OCI distribution-spec with the Go toolchain into the given folder, unless that
# version is there already. For developers and CI. Needs Go 1.24 or later.
set -euo pipefail
into="${1:?usage: install-distribution-conformance.sh FOLDER}"
version=v0.0.0-20260831232431-97274622c111
program="$into/distribution-conformance-$version"
if [ ! -x "$program" ]; then
  building="$(mktemp -d)"
  trap 'rm -rf "$building"' EXIT
  GOBIN="$building" go install "github.com/opencontainers/distribution-spec/conformance@$version" >&2
  mkdir -p "$into"
  mv "$building/conformance" "$program.$$"
  mv "$program.$$" "$program"
fi
echo "$program"
