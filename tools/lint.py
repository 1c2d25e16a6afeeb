#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy on every source under src/: lint.py BUILD_FOLDER [--jobs N] [PATH_PART...]

With Clang's thread-safety annotations switched on, which g++ does not know. A file that passed is not looked at again until
it, a header of ours, its command or .clang-tidy changes: BUILD_FOLDER/lint/ remembers by content.
"""
import argparse
import hashlib
import json
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

TIDY = "clang-tidy-14"
EXTRA = ["--extra-arg=-Wthread-safety", "--extra-arg=-Wthread-safety-beta", "--extra-arg=-Wno-unknown-warning-option"]
# A test may spend time to be plain, compare bits, and loop over a benchmark's state.
NOT_IN_TESTS = ("--checks=-performance-inefficient-vector-operation,-performance-unnecessary-copy-initialization,"
                "-bugprone-suspicious-memory-comparison,-clang-analyzer-deadcode.DeadStores")
TEST_SUFFIXES = ("_test.cc", "_fuzz.cc", "_benchmark.cc")
ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


@lru_cache(maxsize=None)
def text_of(path):
    return path.read_bytes()


@lru_cache(maxsize=None)
def includes_of(path):
    names = INCLUDE.findall(text_of(path).decode(errors="replace"))
    return [ROOT / "src" / name for name in names if (ROOT / "src" / name).is_file()]


def with_headers(path):
    """The file and every header of ours that it sees."""
    seen, waiting = {path}, [path]
    while waiting:
        for header in includes_of(waiting.pop()):
            if header not in seen:
                seen.add(header)
                waiting.append(header)
    return sorted(seen)


def fingerprint(path, command, common):
    digest = hashlib.sha256(common)
    digest.update(command.encode())
    for file in with_headers(path):
        digest.update(str(file).encode() + b"\0" + text_of(file) + b"\0")
    return digest.hexdigest()


def our_commands(build, only):
    """Files and commands, under the names that the build has for them: clang-tidy looks their commands up by these."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"]).resolve()
        relative = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
        # What the build generates is not ours to read.
        if relative.startswith("src/") and not path.is_relative_to(build) and any(part in relative for part in only or [""]):
            yield entry["file"], entry.get("command") or shlex.join(entry["arguments"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("only", nargs="*", metavar="PATH_PART")
    options = parser.parse_intermixed_args()
    build = options.build.resolve()
    passed = build / "lint"
    passed.mkdir(exist_ok=True)

    version = subprocess.run([TIDY, "--version"], check=True, stdout=subprocess.PIPE).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes() + " ".join([*EXTRA, NOT_IN_TESTS]).encode()
    todo = {path: passed / fingerprint(Path(path).resolve(), command, common)
            for path, command in our_commands(build, options.only)}
    total = len(todo)
    todo = {path: mark for path, mark in todo.items() if not mark.exists()}
    print(f"clang-tidy: {len(todo)} of {total} files are new or changed", flush=True)

    def look_at(path):
        extra = [*EXTRA, NOT_IN_TESTS] if path.endswith(TEST_SUFFIXES) else EXTRA
        run = subprocess.run([TIDY, "-p", build, "--quiet", *extra, path], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        return path, run

    failed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for path, run in pool.map(look_at, todo):
            if run.returncode == 0:
                todo[path].touch()
            else:
                failed += 1
                print(run.stdout or run.stderr, flush=True)
    print(f"clang-tidy: {failed} files with findings")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
