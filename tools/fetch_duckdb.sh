#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts DuckDB into a folder: fetch_duckdb.sh DEST (the build looks in .deps/duckdb)
#
#   DEST/include/duckdb.h      its C interface
#   DEST/lib/libduckdb.so      the library
#   DEST/LICENSE
#   DEST/PINS                  what it was made of: an equal one makes a second run do nothing
#
# The library's package carries no header and the header's package no library that stands alone, hence two.
set -euo pipefail

readonly kLibrary=(@duckdb/node-bindings-linux-x64 1.4.4-r.3 59d0f150d84bbc413aa80b9b7ae45916e710c27d18d66722d4875a7b840415a5)
readonly kHeader=(duckdb 1.4.4 5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed)

[[ $# -eq 1 ]] || { echo "usage: fetch_duckdb.sh DEST" >&2; exit 1; }
[[ $(uname -sm) == "Linux x86_64" ]] || { echo "fetch_duckdb: only Linux x86_64 is pinned here" >&2; exit 1; }
dest=$1
pins="${kLibrary[*]}"$'\n'"${kHeader[*]}"
if [[ -f $dest/PINS && $(<"$dest/PINS") == "$pins" ]]; then exit 0; fi

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$(dirname "$dest")"
scratch=$(mktemp -d "$(dirname "$dest")/.duckdb.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

"$tools/fetch_npm.sh" "${kHeader[@]}" "$scratch/made" LICENSE
"$tools/fetch_npm.sh" "${kHeader[@]}" "$scratch/made/include" src/duckdb/src/include/duckdb.h
"$tools/fetch_npm.sh" "${kLibrary[@]}" "$scratch/made/lib" libduckdb.so
echo "$pins" >"$scratch/made/PINS"

# An old one steps aside first: rename does not replace a folder that is not empty.
if [[ -e $dest ]]; then mv "$dest" "$scratch/old"; fi
mv --no-target-directory "$scratch/made" "$dest"
