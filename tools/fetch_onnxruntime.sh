#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts ONNX Runtime into a folder: fetch_onnxruntime.sh DEST (the build looks in .deps/onnxruntime)
#
#   DEST/include/*.h                 the C and C++ headers
#   DEST/lib/libonnxruntime.so.1     the library, built with the CUDA bridge but needing no CUDA
#   DEST/LICENSE, ThirdPartyNotices.txt
#   DEST/PINS                        what it was made of: an equal one makes a second run do nothing
#
# The library's package carries no headers and the headers' package a library without the CUDA bridge, hence two.
set -euo pipefail

readonly kLibrary=(onnxruntime-node 1.29.0 cfdfb45ec4044b1fdca43e5d2e180fb6817e649ff8ad1e0dfc90e18e51b67037)
readonly kHeaders=(com.github.asus4.onnxruntime 0.4.9 e59788788818fdde1b2e522e766a21ba0f7d8391de55737abf81e32cc801785d)
readonly kHeaderFolder="Plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers"

[[ $# -eq 1 ]] || { echo "usage: fetch_onnxruntime.sh DEST" >&2; exit 1; }
[[ $(uname -sm) == "Linux x86_64" ]] || { echo "fetch_onnxruntime: only Linux x86_64 is pinned here" >&2; exit 1; }
dest=$1
pins="${kLibrary[*]}"$'\n'"${kHeaders[*]}"
if [[ -f $dest/PINS && $(<"$dest/PINS") == "$pins" ]]; then exit 0; fi

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$(dirname "$dest")"
scratch=$(mktemp -d "$(dirname "$dest")/.onnxruntime.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

"$tools/fetch_npm.sh" "${kHeaders[@]}" "$scratch/made" LICENSE ThirdPartyNotices.txt "$kHeaderFolder"
mv "$scratch/made/Headers" "$scratch/made/include"
"$tools/fetch_npm.sh" "${kLibrary[@]}" "$scratch/made/lib" bin/napi-v6/linux/x64/libonnxruntime.so.1
echo "$pins" >"$scratch/made/PINS"

# An old one steps aside first: rename does not replace a folder that is not empty.
if [[ -e $dest ]]; then mv "$dest" "$scratch/old"; fi
mv --no-target-directory "$scratch/made" "$dest"
