#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs gRPC's C++ client against a server of its own: run_client.py TRIREME MAKE_TEST_MODELS GRPC_CLIENT"""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from trireme import Trireme


def main():
    program, make_test_models, client = (Path(argument).resolve() for argument in sys.argv[1:4])
    with tempfile.TemporaryDirectory() as models:
        subprocess.run([make_test_models, models], check=True)
        good = Path(models, "good")
        with Trireme(program, good / "add", good / "square_matmul", "--instances", 1) as server:
            code = subprocess.run([client, f"127.0.0.1:{server.grpc_port}"], timeout=280).returncode
            if not server.alive or server.stop() != 0:
                sys.exit("the server did not end well:\n" + server.log())
    sys.exit(code)


if __name__ == "__main__":
    main()
