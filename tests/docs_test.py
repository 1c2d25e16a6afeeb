#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples in the documents work, pasted one after the other: docs_test.py BUILD_FOLDER DOCUMENT...

What stands behind these lines is run as it stands, document by document, in a copy of the repository whose build/release
is the build folder:

    <!-- run -->     a block of sh, pasted into one shell for all of the document, or of python. It must end with
                     success, and neither its output nor an answer may be an error
    <!-- serve -->   one command that starts a server, in a second terminal. Its server stays until the next such block
                     or the document's end, and must then stop with exit code 0. build/release is on its PATH

Only the addresses of the server's ports are replaced: it listens on free ones. A document that starts no server relies
on those before it, and is given one with the models of `./dev models`.
"""
import os
import re
import subprocess
import sys
import tempfile
import threading
import uuid
from contextlib import ExitStack
from pathlib import Path

from ocr_server import ROOT, Trireme
from trireme import without_settings

EXAMPLE = re.compile(r"^<!-- (run|serve) -->\n```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MODELS = [("run", "sh", "./dev models models/\n"), ("serve", "sh", "./dev serve models/\n")]
PATIENCE_SECONDS = 120


def copy_repository(build, copy):
    """A repository as a clone is after `./dev build`, where commands may leave what they like."""
    for entry in ROOT.iterdir():
        if entry.name not in ("build", "models"):
            (copy / entry.name).symlink_to(entry)
    (copy / "build").mkdir()
    (copy / "build/release").symlink_to(build)


class Shell:
    """A terminal: blocks of commands, one after the other; variables stay."""

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(["bash", "-eu"], cwd=folder, env=environment, text=True, errors="replace",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def run(self, code):
        """What the block prints, and whether it ended with success; after one that did not the shell is gone."""
        end = uuid.uuid4().hex
        watchdog = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(f"{{\n{code}\n}} </dev/null\necho; echo {end}\n")
            self.process.stdin.flush()
            said = []
            for line in self.process.stdout:
                if line.strip() == end:
                    return "".join(said).rstrip("\n"), True
                said.append(line)
            return "".join(said), False
        finally:
            watchdog.cancel()


def serve(command, folder, variables):
    """The server that the command starts, as Trireme has it: a program that takes no arguments."""
    program = folder / f".serve-{uuid.uuid4().hex}"
    program.write_text(f'#!/bin/bash\ncd "{folder}"\nexec {command}')
    program.chmod(0o755)
    return Trireme(program, environment=variables, where=())


def at_ports_of(server, code):
    for port, its in ((8000, server.port), (8001, server.grpc_port), (8002, server.metrics_port),
                      (8080, server.sagemaker_port or server.torchserve_ports[0]),
                      (8501, server.tfserving_port), (8500, server.tfserving_grpc_port),
                      *zip((8081, 8082, 7070, 7071), server.torchserve_ports[1:])):
        code = re.sub(rf"\b(127\.0\.0\.1|localhost):{port}\b", rf"\1:{its}", code)
    url = f"--url http://127.0.0.1:{server.port}"
    return re.sub(r"^(examples/(?:read_text|read_page|image_client)\.py)", rf"\1 {url}", code, flags=re.MULTILINE)


class Document:
    """Runs the examples of one document in its own copy of the repository."""

    def __init__(self, path, build, stack):
        self.examples = EXAMPLE.findall(path.read_text())
        assert self.examples, f"{path} has no examples"
        if not any(kind == "serve" for kind, _, _ in self.examples):
            self.examples = MODELS + self.examples
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copy_repository(build, self.folder)
        torchserve = [f"TORCHSERVE{of}" for of in ("", "_MANAGEMENT", "_METRICS", "_GRPC", "_GRPC_MANAGEMENT")]
        ports = {f"TRIREME_{name}_PORT": "0" for name in ("HTTP", "GRPC", "METRICS", "SAGEMAKER", "TFSERVING", "TFSERVING_GRPC",
                                                           *torchserve)}
        as_built = {"TRIREME_DEV_AS_BUILT": "yes"}
        # For `trireme models`, which would find other servers of this user, too.
        admin_socket = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "socket")
        self.variables = {**ports, **as_built, "TRIREME_ADMIN_SOCKET": admin_socket, "TRIREME_LOG_FORMAT": "json",
                          "PATH": f"{self.folder}/build/release:{os.environ['PATH']}"}
        self.shell = stack.enter_context(Shell(self.folder, {**without_settings(os.environ), **as_built,
                                                               "TRIREME_SOCKET": admin_socket}))
        self.server = None

    def stop(self):
        """None, or what is wrong with how the server stops."""
        if self.server is None:
            return None
        with self.server as server:
            self.server = None
            code = server.stop()
            return None if code == 0 else f"the server stops with {code}\n{server.stdout()}{server.log()}"

    def run(self, kind, language, code):
        """None, or what is wrong with the example."""
        if kind == "serve":
            problem = self.stop()
            self.server = serve(code, self.folder, self.variables)
            return problem
        if self.server is not None:
            code = at_ports_of(self.server, code)
        if language == "python":
            code = f"/usr/bin/python3 <<'end of example'\n{code}end of example"
        said, success = self.shell.run(code)
        if not success or '{"error"' in said or "Traceback" in said:
            return f"{'' if success else 'it does not end with success'}\n{said}"
        return None


def main():
    build = Path(sys.argv[1]).resolve()
    passed = failed = 0
    for path in map(Path, sys.argv[2:]):
        with ExitStack() as stack:
            document = Document(path, build, stack)
            for example in document.examples:
                try:
                    problem = document.run(*example)
                except AssertionError as error:
                    problem = str(error)
                if problem:
                    failed += 1
                    print(f"{path.name}: this example fails:\n{example[2]}{problem}")
                    break  # those behind it rely on it
                passed += 1
            problem = document.stop()
            if problem:
                failed += 1
                print(f"{path.name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
