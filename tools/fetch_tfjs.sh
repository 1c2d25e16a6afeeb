#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts TensorFlow.js, in one file for Node, into DEST, where tests compare SavedModels with it: fetch_tfjs.sh DEST. Does
# nothing when it is there.
set -euo pipefail

[[ -e $1/tf.min.js ]] && exit 0
"$(dirname "${BASH_SOURCE[0]}")/fetch_npm.sh" @tensorflow/tfjs 4.22.0 \
  56505c191e24116787477b3bb5bb1cc0cf1c2bdce8112b9c402a8a2d31cf2f00 "$1" dist/tf.min.js
