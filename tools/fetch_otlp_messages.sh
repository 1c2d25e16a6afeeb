#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts OpenTelemetry's own messages for Node into DEST (npm's @opentelemetry/otlp-transformer and what it needs, pinned by
# tests/otlp_collector/package-lock.json): fetch_otlp_messages.sh DEST. Does nothing when they are there.
set -euo pipefail

dest=$1
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../tests/otlp_collector" && pwd)
cmp --silent "$source/package-lock.json" "$dest/package-lock.json" && exit 0

echo "fetch_otlp_messages: downloading OpenTelemetry's messages" >&2
mkdir -p "$(dirname "$dest")"
scratch=$(mktemp -d "$(dirname "$dest")/.fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cp "$source/package.json" "$source/package-lock.json" "$scratch/"
npm ci --prefix "$scratch" --ignore-scripts --omit=dev --no-audit --no-fund --silent >&2
rm -rf "$dest"
mv --no-target-directory "$scratch" "$dest"
