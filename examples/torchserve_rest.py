#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What TorchServe's clients ask over REST, in one line each.

    examples/torchserve_rest.py ping
    examples/torchserve_rest.py register resnet --workers 2        # resnet.mar of the model store
    examples/torchserve_rest.py infer resnet cat.jpg               # the file as the body, as `curl -T` sends it
    examples/torchserve_rest.py infer resnet cat.jpg --form        # as the field "data", as `curl -F` and requests do
    examples/torchserve_rest.py describe resnet
    examples/torchserve_rest.py unregister resnet

Needs nothing but the standard library.
"""
import argparse
import os
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import quote, urlencode


def ask(url, method="GET", body=None, content_type=None):
    headers = {"Content-Type": content_type} if content_type else {}
    if os.environ.get("TRIREME_API_KEY"):
        headers["Authorization"] = f"Bearer {os.environ['TRIREME_API_KEY']}"
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{error.code}: {error.read().decode(errors='replace').strip()}")
    except urllib.error.URLError as error:
        raise SystemExit(f"{url}: nobody answers: {error.reason}")


def as_form(file):
    """A form with the file as its one field "data", and the content type that goes with it."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="{file.name}"\r\n\r\n'
    return head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def infer(options):
    url = f"{options.url}/predictions/{quote(options.model, safe='')}"
    # urllib calls a body without a type a form; TorchServe would look for its fields.
    body, kind = as_form(options.file) if options.form else (options.file.read_bytes(), "application/octet-stream")
    return ask(url + (f"/{options.version}" if options.version else ""), "POST", body, kind)


def register(options):
    wanted = {"url": options.archive or f"{options.model}.mar", "model_name": options.model,
              "initial_workers": options.workers, "synchronous": "true"}
    return ask(f"{options.management_url}/models?{urlencode(wanted)}", "POST", b"")


def of_model(method):
    return lambda options: ask(f"{options.management_url}/models/{quote(options.model, safe='')}", method)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="of the inference API (%(default)s)")
    parser.add_argument("--management-url", default="http://127.0.0.1:8081", help="(%(default)s)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = {"ping": lambda options: ask(f"{options.url}/ping"), "infer": infer, "register": register,
             "describe": of_model("GET"), "unregister": of_model("DELETE")}
    parsers = {}
    for name, call in asked.items():
        parsers[name] = commands.add_parser(name)
        parsers[name].set_defaults(call=call)
        if name != "ping":
            parsers[name].add_argument("model")
    parsers["infer"].add_argument("file", type=Path)
    parsers["infer"].add_argument("--form", action="store_true", help="send it as a field of a form")
    parsers["infer"].add_argument("--version")
    parsers["register"].add_argument("--archive", help="a file of the model store (MODEL.mar)")
    parsers["register"].add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    sys.stdout.write(options.call(options).rstrip("\n") + "\n")


if __name__ == "__main__":
    main()
