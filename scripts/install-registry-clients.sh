#!/usr/bin/env bash
# Builds two clients of registries, crane and oras, with the Go toolchain into the given folder, unless those versions are
# there already; prints the folder with both. For developers and CI. Needs Go 1.24 or later.
set -euo pipefail
into="${1:?usage: install-registry-clients.sh FOLDER}"
crane=v0.20.7
oras=v1.3.0
folder="$into/clients-$crane-$oras"
if [ ! -d "$folder" ]; then
  building="$(mktemp -d)"
  trap 'rm -rf "$building"' EXIT
  GOBIN="$building/bin" go install "github.com/google/go-containerregistry/cmd/crane@$crane" >&2
  GOBIN="$building/bin" go install "oras.land/oras/cmd/oras@$oras" >&2
  mkdir -p "$into"
  mv "$building/bin" "$folder.$$"
  mv -T "$folder.$$" "$folder" || rm -rf "$folder.$$" # another process was faster
fi
echo "$folder"
