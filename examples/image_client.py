#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a model what is in pictures, with the options and the output of Triton's client of that name.

    examples/image_client.py -m densenet_onnx -c 3 -s INCEPTION mug.jpg

Prints the likeliest classes of each picture as `    value (index) = label`; labels come from the server, if the model
has some. Needs Debian's python3-numpy and python3-pil; everything else is the standard library.
"""
import argparse
import http.client
import json
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy
from PIL import Image, ImageOps

TYPES = {"FP32": "<f4", "FP64": "<f8", "FP16": "<f2", "UINT8": "u1", "INT8": "i1", "UINT16": "<u2", "INT16": "<i2",
         "UINT32": "<u4", "INT32": "<i4", "UINT64": "<u8", "INT64": "<i8"}
ANY_SIDE = 224  # for models that take pictures of any size
VGG_MEAN = numpy.float32([123, 117, 104])


class Server:
    """The KServe V2 protocol, as far as it is needed here."""

    def __init__(self, url, verbose):
        self.connection = http.client.HTTPConnection(urlsplit(url if "//" in url else "//" + url).netloc, timeout=60)
        self.verbose = verbose

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        answer = response.read()
        if self.verbose:
            print(f"{method} {path}: {response.status} {answer.decode(errors='replace')}", file=sys.stderr)
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: the server answered {response.status}: "
                               f"{answer.decode(errors='replace').strip()}")
        return json.loads(answer)

    def classify(self, model, tensor, classes):
        """The classes of each row of the tensor, as (value, index, label)."""
        data = tensor.tobytes()
        header = json.dumps({
            "inputs": [{"name": model.input, "datatype": model.datatype, "shape": tensor.shape,
                        "parameters": {"binary_data_size": len(data)}}],
            "outputs": [{"name": model.output, "parameters": {"classification": classes}}],
        }).encode()
        answer = self.ask("POST", model.path + "/infer", header + data,
                          {"Inference-Header-Content-Length": str(len(header))})
        found, told = answer["outputs"][0]["data"], answer["outputs"][0]["shape"][-1]
        return [[text.split(":", 2) for text in found[i:i + told]] for i in range(0, len(found), told)]


class Model:
    """What a model wants to be given: one picture, or several at once."""

    def __init__(self, server, name, version):
        self.path = f"/v2/models/{quote(name)}" + (f"/versions/{quote(version)}" if version else "")
        metadata = server.ask("GET", self.path)
        config = server.ask("GET", self.path + "/config")
        if len(metadata["inputs"]) != 1 or len(metadata["outputs"]) != 1:
            raise RuntimeError(f"{name} has {len(metadata['inputs'])} inputs and {len(metadata['outputs'])} outputs, "
                               "where a classifier of pictures has one of each")
        self.input, self.output = metadata["inputs"][0]["name"], metadata["outputs"][0]["name"]
        self.datatype = metadata["inputs"][0]["datatype"]
        if self.datatype not in TYPES:
            raise RuntimeError(f"{name} takes {self.datatype}, which pictures are not made of")
        shape = [int(size) for size in metadata["inputs"][0]["shape"]]
        self.most_rows = int(config.get("max_batch_size", 0))
        self.has_rows = self.most_rows > 0 or len(shape) == 4
        if self.most_rows == 0:
            self.most_rows = sys.maxsize if self.has_rows and shape[0] < 0 else 1
        if len(shape) != 3 + self.has_rows:
            raise RuntimeError(f"{name} takes {shape}, where a classifier of pictures takes height, width and colours")
        self._set_picture(name, shape[-3:], config.get("input", [{}])[0].get("format", "FORMAT_NONE"))

    def _set_picture(self, name, shape, layout):
        self.colours_first = layout == "FORMAT_NCHW" or (layout != "FORMAT_NHWC" and shape[0] in (1, 3))
        colours, height, width = shape if self.colours_first else (shape[2], shape[0], shape[1])
        if colours not in (1, 3):
            raise RuntimeError(f"{name} takes pictures of {colours} colours, and they have 1 or 3")
        self.colours = colours
        self.size = tuple(ANY_SIDE if side < 0 else side for side in (width, height))

    def as_input(self, path, scaling):
        """The picture as the model wants it."""
        picture = ImageOps.exif_transpose(Image.open(path)).convert("L" if self.colours == 1 else "RGB")
        pixels = numpy.asarray(picture.resize(self.size, Image.BILINEAR), numpy.float32)
        pixels = pixels.reshape(self.size[1], self.size[0], self.colours)
        if scaling == "INCEPTION":
            pixels = pixels / 127.5 - 1
        elif scaling == "VGG":
            pixels = pixels - (128 if self.colours == 1 else VGG_MEAN)
        if self.colours_first:
            pixels = pixels.transpose(2, 0, 1)
        return numpy.ascontiguousarray(pixels, TYPES[self.datatype])


def pictures_of(path):
    path = Path(path)
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))


def main():
    parser = argparse.ArgumentParser(description="Asks a model what is in pictures.")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a file, or a folder of such")
    parser.add_argument("-m", "--model-name", required=True, metavar="MODEL")
    parser.add_argument("-x", "--model-version", default="", metavar="VERSION", help="if not the newest")
    parser.add_argument("-b", "--batch-size", type=int, default=1, metavar="N", help="pictures a request (1)")
    parser.add_argument("-c", "--classes", type=int, default=1, metavar="N", help="classes to tell of each picture (1)")
    parser.add_argument("-s", "--scaling", choices=["NONE", "INCEPTION", "VGG"], default="NONE",
                        help="of the pixels: 0 to 255 as they are (NONE), from -1 to 1, or less their usual mean")
    parser.add_argument("-u", "--url", default="localhost:8000", help="of the server (%(default)s)")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell what travels")
    options = parser.parse_args()

    server = Server(options.url, options.verbose)
    model = Model(server, options.model_name, options.model_version)
    if not 1 <= options.batch_size <= model.most_rows:
        raise RuntimeError(f"{options.model_name} takes at most {model.most_rows} at a time, not {options.batch_size}")
    if options.classes < 1:
        raise RuntimeError(f"at least one class can be told of a picture, not {options.classes}")
    paths = [path for given in options.pictures for path in pictures_of(given)]
    for number, first in enumerate(range(0, len(paths), options.batch_size), start=1):
        group = paths[first:first + options.batch_size]
        rows = [model.as_input(path, options.scaling) for path in group]
        print(f"Request {number}, batch size {len(group)}")
        answers = server.classify(model, numpy.stack(rows) if model.has_rows else rows[0], options.classes)
        for path, found in zip(group, answers):
            print(f"Image '{path}':")
            for value, index, *label in found:
                print(f"    {value} ({index}) = {label[0] if label else ''}")


if __name__ == "__main__":
    try:
        main()
    except ConnectionRefusedError:
        sys.exit("image_client: nobody answers there; start the server with ./dev serve")
    except (OSError, RuntimeError, http.client.HTTPException, Image.DecompressionBombError) as error:
        sys.exit(f"image_client: {error}")
