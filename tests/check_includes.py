#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what each part under src/ declares with what it includes: check_includes.py ROOT

A part is declared by trireme_part(...) in its folder's CMakeLists.txt (cmake/Parts.cmake). It may include itself and the
parts in its DEPS; its tests, fuzzers, benchmarks and testing/ also those in its TEST_DEPS. Prints one line a problem and
fails if there is one; a DEPS entry that nothing includes is a warning only.
"""
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

KEYWORDS = ("PLUGIN", "DEPS", "LIBS", "TEST_DEPS", "TEST_LIBS")
SPDX = "// SPDX-License-Identifier: Apache-2.0"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# A runtime's headers are seen by the one plug-in that drives it.
RUNTIME_HOMES = {
    "onnxruntime": "backends/onnx",
    "torch/": "backends/torch",
    "ATen/": "backends/torch",
    "c10/": "backends/torch",
    "tensorflow/": "backends/tensorflow",
    "duckdb.h": "tables/duckdb",
}

# What protoc generates, and its library, are for cold messages and config files: nobody on a request's path sees them.
GENERATED = ("proto/", "google/protobuf/")
GENERATED_HOMES = re.compile(r"^(repository|client|(wire|protocols|backends)/.+)$")


@dataclass
class Part:
    name: str
    deps: list = field(default_factory=list)
    test_deps: list = field(default_factory=list)


@dataclass
class Findings:
    problems: list = field(default_factory=list)
    warnings: list = field(default_factory=list)


def without_comments(cmake):
    return re.sub(r"#[^\n]*", "", cmake)


def read_part(cmake):
    """The trireme_part(...) of a CMakeLists.txt, or None."""
    call = re.search(r"\btrireme_part\s*\(([^)]*)\)", without_comments(cmake))
    if not call:
        return None
    name, *words = call.group(1).split()
    part, keyword = Part(name), None
    for word in words:
        if word in KEYWORDS:
            keyword = word
        elif keyword == "DEPS":
            part.deps.append(word)
        elif keyword == "TEST_DEPS":
            # backend_testing is the library of fakes in backend/testing/.
            part.test_deps.append(re.sub(r"[_/]testing$", "", word))
    return part


def read_parts(src):
    parts = {}
    for path in sorted(src.rglob("CMakeLists.txt")):
        part = read_part(path.read_text())
        if part:
            parts[part.name] = part
    return parts


def read_order(src):
    """The parts from the bottom up, as src/CMakeLists.txt adds them."""
    return re.findall(r"\badd_subdirectory\s*\(\s*([^\s)]+)", without_comments((src / "CMakeLists.txt").read_text()))


def home_of(path, parts):
    """The part that a path from src/ lies in: the longest that is a folder above it."""
    folders = [str(folder) for folder in Path(path).parents]
    return next((folder for folder in folders if folder in parts), None)


def is_for_tests(path):
    return "testing" in path.parts or path.stem.endswith(("_test", "_fuzz", "_benchmark"))


def check_circles(parts, found):
    done = set()

    def visit(name, above):
        if name in above:
            found.problems.append("circle of parts: " + " -> ".join(above[above.index(name):] + [name]))
        elif name in parts and name not in done:
            for dep in parts[name].deps:
                visit(dep, above + [name])
            done.add(name)

    for name in parts:
        visit(name, [])


def check_declarations(parts, order, found):
    rank = {name: i for i, name in enumerate(order)}
    for part in parts.values():
        where = f"src/{part.name}/CMakeLists.txt"
        if part.name not in rank:
            found.problems.append(f"{where}: part '{part.name}' is not named in src/CMakeLists.txt")
        for dep in part.deps + part.test_deps:
            if dep not in parts:
                found.problems.append(f"{where}: depends on '{dep}', which is no part")
        for dep in part.deps:
            if rank.get(dep, -1) > rank.get(part.name, len(order)):
                found.problems.append(f"{where}: depends on '{dep}', which stands below it in src/CMakeLists.txt")
    check_circles(parts, found)


def check_form(path, text, found):
    if not text.startswith(SPDX):
        found.problems.append(f"src/{path}:1: the first line must be '{SPDX}'")
    if path.suffix == ".h" and "\n#pragma once\n" not in text:
        found.problems.append(f"src/{path}: has no '#pragma once'")


def check_include(src, parts, path, line, quote, included, used, found):
    home, where = home_of(path, parts), f"src/{path}:{line}"
    for prefix, backend in RUNTIME_HOMES.items():
        if included.startswith(prefix) and home != backend:
            found.problems.append(f"{where}: includes '{included}', a runtime's header that only {backend} may see")
    if included.startswith(GENERATED):
        if not GENERATED_HOMES.match(home):
            found.problems.append(f"{where}: includes '{included}', which only repository, wire, protocols, backends "
                                  "and client may see")
        return
    is_ours = (src / included).is_file()
    if quote == "<":
        if is_ours:
            found.problems.append(f"{where}: '{included}' is ours: include it with quotes")
        return
    if not is_ours:
        found.problems.append(f"{where}: there is no src/{included}; includes are paths from src/")
        return
    target = home_of(included, parts)
    if is_for_tests(Path(included)) and not is_for_tests(path):
        found.problems.append(f"{where}: includes '{included}', which is for tests only")
    if target == home:
        return
    used.add(target)
    allowed = parts[home].deps + (parts[home].test_deps if is_for_tests(path) else [])
    if target not in allowed:
        found.problems.append(f"{where}: includes '{included}', but part '{home}' does not declare '{target}'")


def check(root):
    src, found = Path(root) / "src", Findings()
    parts = read_parts(src)
    check_declarations(parts, read_order(src), found)
    used = {name: set() for name in parts}
    for file in sorted(src.rglob("*")):
        if file.suffix not in (".h", ".cc"):
            continue
        path, text = file.relative_to(src), file.read_text()
        check_form(path, text, found)
        home = home_of(path, parts)
        if home is None or str(path.parent) not in (home, home + "/testing"):
            found.problems.append(f"src/{path}: lies in no part's folder, so nothing builds it")
            continue
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            check_include(src, parts, path, line, match.group(1), match.group(2), used[home], found)
    for part in parts.values():
        for dep in part.deps:
            if dep not in used[part.name]:
                found.warnings.append(f"src/{part.name}/CMakeLists.txt: declares '{dep}' and includes nothing of it")
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_includes.py ROOT")
    found = check(sys.argv[1])
    for warning in found.warnings:
        print("warning:", warning)
    for problem in found.problems:
        print(problem)
    print(f"{len(found.problems)} problems, {len(found.warnings)} warnings")
    sys.exit(1 if found.problems else 0)


if __name__ == "__main__":
    main()
