#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples in the documents work: docs_test.py TRIREME MAKE_TEST_MODELS DOCUMENT...

A block of code behind the line `<!-- run: MODELS -->` is run as it stands, as sh or python, against a server with these
models: `tiny` are the test models, `triton` the test repository as Triton's users write them (loaded by name; $MODELS is
its folder), `ocr` those that ./dev serve takes. Only addresses and the program's path are replaced. It must end with
success and say no error.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ocr_server import ROOT, Trireme, ocr_models

EXAMPLE = re.compile(r"<!-- run: (\w+) -->\n```(sh|python)\n(.*?)```", re.DOTALL)


def arguments_of(name, make_test_models, scratch):
    """How the server is started for the examples with these models."""
    if name == "ocr":
        return [ocr_models()]
    subprocess.run([make_test_models, scratch], check=True, stdout=subprocess.DEVNULL)
    if name == "triton":
        by_name = ("--model-control-mode", "explicit", "--load-model", "*")
        return [Path(scratch, "triton"), Path(scratch, "good/add"), Path(scratch, "decoupled/repeat"), *by_name]
    assert name == "tiny", f"unknown models '{name}'"
    return [Path(scratch, "good")]


def run(language, code, server, program, models):
    code = code.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    code = code.replace("127.0.0.1:8001", f"127.0.0.1:{server.grpc_port}")
    code = code.replace("127.0.0.1:8002", f"127.0.0.1:{server.metrics_port}")
    code = code.replace("build/release/trireme", program)
    for example in ("read_text.py", "read_page.py", "image_client.py"):
        code = code.replace(example, f"{example} --url http://127.0.0.1:{server.port}")
    command = ["/usr/bin/python3", "-c", code] if language == "python" else ["bash", "-eu", "-c", code]
    done = subprocess.run(command, cwd=ROOT, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120,
                          env={**os.environ, "MODELS": str(models)})
    if done.returncode != 0 or not done.stdout.strip() or '{"error"' in done.stdout:
        return f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    return None


def main():
    program, make_test_models = (os.path.abspath(path) for path in sys.argv[1:3])
    examples = [(Path(document).name, *found.groups()) for document in sys.argv[3:]
                for found in EXAMPLE.finditer(Path(document).read_text())]
    failed = 0
    for models in sorted({example[1] for example in examples}):
        with tempfile.TemporaryDirectory() as scratch, \
                Trireme(program, *(arguments := arguments_of(models, make_test_models, scratch))) as server:
            for document, _, language, code in (example for example in examples if example[1] == models):
                problem = run(language, code, server, program, arguments[0])
                if problem:
                    failed += 1
                    print(f"{document}: this example fails:\n{code}{problem}")
    print(f"{len(examples) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not examples else 0)


if __name__ == "__main__":
    main()
