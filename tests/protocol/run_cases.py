#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every protocol case, one server for all: run_cases.py TRIREME MAKE_TEST_MODELS CASES_FOLDER [PART_OF_A_NAME]

README.md has the form of a case, and says when there is another server. After each case two more things must hold, whatever the case sent:
- the connection goes on, where its answer did not announce an end: a good request on it is answered;
- nobody else noticed: a good request on another connection, open from the first case to the last, is answered.
"""
import functools
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from case_file import BadCase, load_json, parse_case, problems, same  # noqa: E402
from raw_http import TIMEOUT_SECONDS, BadAnswer, Connection, clip, infer_body, message  # noqa: E402
from trireme import Trireme  # noqa: E402

GOOD_VALUES = [0.5 * i for i in range(16)]


def good_request_problem(connection, tag):
    """Sends what every server must answer; None if it does."""
    body = infer_body(("INPUT0", "FP32", [1, 16], GOOD_VALUES), id=tag)
    wanted = {"id": tag, "model_name": "add", "model_version": "1",
              "outputs": [{"name": "OUTPUT0", "datatype": "FP32", "shape": [1, 16],
                           "data": [value + 1 for value in GOOD_VALUES]}]}
    try:
        connection.send(message("POST", "/v2/models/add/infer", body))
        answer = connection.read_answer()
    except (BadAnswer, OSError) as e:
        return f"no answer: {e!r}"
    if answer.status != 200 or not same(load_json(answer.body.decode()), wanted):
        return f"got\n{answer}"
    return None


@functools.lru_cache(maxsize=None)
def memory_factor(program):
    """ThreadSanitizer keeps several bytes of its own for each of the program's."""
    return 6 if b"__tsan_init" in Path(program).read_bytes() else 1


def run_case(server, case):
    """What is wrong, and the answer."""
    with Connection(server.port) as connection:
        if case.expected.memory_bytes:
            server.forget_peak_memory()
            before = server.memory_bytes("VmRSS")
        sender = connection.send_aside(case.request)
        answer = connection.read_answer(case.head_only)
        found = problems(case.expected, answer)
        sender.join(TIMEOUT_SECONDS)
        if answer.header("Connection") == "close":
            if not connection.at_end():
                found.append("the connection was announced to end and goes on")
        elif problem := good_request_problem(connection, "same connection"):
            found.append("the next request on this connection: " + problem)
        if case.expected.memory_bytes:
            # What still came after the answer counts too.
            grown = server.memory_bytes("VmHWM") - before
            if grown > case.expected.memory_bytes * memory_factor(server.process.args[0]):
                found.append(f"memory: grew by {grown} bytes")
    return found, answer


def check(server, neighbour, path):
    """Runs one file; what to print if it fails."""
    request, expected, answer = b"", "", None
    try:
        case = parse_case(path.read_text())
        request, expected = case.request, case.expected.text
        found, answer = run_case(server, case)
    except (BadCase, BadAnswer, OSError, ValueError, SyntaxError, NameError) as e:
        found = [f"{type(e).__name__}: {e}"]
    if problem := good_request_problem(neighbour, path.stem):
        found.append("a good request on another connection: " + problem)
    if not found:
        return None
    return (f"--- request\n{clip(request)}\n--- expected\n{expected}\n--- got\n{answer}\n--- because\n"
            + "\n".join(found))


def check_end(server):
    """The server is as well as before, and stops when it is told to."""
    found = [] if server.alive else [f"the server is gone, with exit code {server.process.returncode}"]
    if server.alive and not server.metric("trireme_requests_total", model="add", code="ok"):
        found.append("the metrics page knows of no request")
    if server.alive and (code := server.stop()) != 0:
        found.append(f"SIGTERM: expected exit code 0, got {code}")
    return "\n".join(found + [server.log()[-4000:]]) if found else None


DEFAULT_OPTIONS = ("{models}/good", "{models}/bad")


def options_of(path):
    """What the server that answers this case is started with."""
    file = path.parent / "options"
    return tuple(file.read_text().split("\n")[:-1]) if file.exists() else DEFAULT_OPTIONS


def run_group(program, models, options, paths, note):
    """All cases for one server."""
    with Trireme(program, *(option.replace("{models}", str(models)) for option in options)) as server:
        neighbour = Connection(server.port)
        for path in paths:
            note(path.name, check(server, neighbour, path))
            if not server.alive:
                break
        neighbour.close()
        note("the end", check_end(server))


def run_all(program, models, paths):
    passed, failed = 0, 0

    def note(name, failure):
        nonlocal passed, failed
        passed, failed = passed + (failure is None), failed + (failure is not None)
        if failure is not None:
            print(f"FAILED {name}\n{failure}\n", flush=True)

    groups = {}
    for path in paths:
        groups.setdefault(options_of(path), []).append(path)
    for options, group in groups.items():
        run_group(program, models, options, group, note)
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main():
    program, make_test_models, folder = map(Path, sys.argv[1:4])
    part = sys.argv[4] if len(sys.argv) > 4 else ""
    paths = sorted(path for path in folder.rglob("*.case") if part in str(path))
    if not paths:
        print(f"no case in {folder}")
        return 1
    with tempfile.TemporaryDirectory() as models:
        subprocess.run([make_test_models.resolve(), models], check=True)
        return 0 if run_all(program.resolve(), Path(models), paths) else 1


if __name__ == "__main__":
    sys.exit(main())
