#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows check_includes.py small trees with one thing wrong each: it must see it, and nothing else."""
import tempfile
import unittest
from pathlib import Path

from check_includes import SPDX, check

HEADER = SPDX + "\n#pragma once\n"
GOOD = {
    "src/CMakeLists.txt": "add_subdirectory(base)\nadd_subdirectory(tensor)\nadd_subdirectory(wire/one)\n",
    "src/base/CMakeLists.txt": "trireme_part(base)\n",
    "src/base/status.h": HEADER + "#include <string>\n",
    "src/base/testing/fake.h": HEADER,
    "src/tensor/CMakeLists.txt": "trireme_part(tensor DEPS base LIBS outside)\n",
    "src/tensor/shape.h": HEADER + '#include "base/status.h"\n',
    "src/wire/one/CMakeLists.txt": "trireme_part(wire/one DEPS tensor TEST_DEPS base_testing)\n",
    "src/wire/one/one.cc": SPDX + '\n#include "tensor/shape.h"\n',
    "src/wire/one/one_test.cc": SPDX + '\n#include "base/status.h"\n#include "base/testing/fake.h"\n',
}


class CheckIncludesTest(unittest.TestCase):
    def found_with(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**GOOD, **changes}.items():
                path = Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check(root)

    def expect_one(self, changes, problem):
        problems = self.found_with(changes).problems
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(problem, problems[0])

    def test_accepts_a_tree_that_keeps_the_rules(self):
        found = self.found_with({})
        self.assertEqual((found.problems, found.warnings), ([], []))

    def test_refuses_an_include_of_a_part_that_is_not_declared(self):
        self.expect_one({"src/wire/one/one.cc": SPDX + '\n#include "tensor/shape.h"\n#include "base/status.h"\n'},
                        "src/wire/one/one.cc:3: includes 'base/status.h', but part 'wire/one' does not declare 'base'")

    def test_refuses_a_fake_outside_tests(self):
        self.expect_one({"src/tensor/shape.h": HEADER + '#include "base/status.h"\n#include "base/testing/fake.h"\n'},
                        "for tests only")

    def test_refuses_a_part_that_depends_on_one_below_it(self):
        self.expect_one({"src/base/CMakeLists.txt": "trireme_part(base DEPS wire/one)\n",
                         "src/wire/one/CMakeLists.txt": "trireme_part(wire/one TEST_DEPS base)\n",
                         "src/wire/one/one.cc": SPDX + "\n"},
                        "depends on 'wire/one', which stands below it")

    def test_refuses_a_circle(self):
        problems = self.found_with({"src/base/CMakeLists.txt": "trireme_part(base DEPS tensor)\n"}).problems
        self.assertIn("circle of parts: base -> tensor -> base", problems)

    def test_refuses_a_dependency_that_is_no_part(self):
        self.expect_one({"src/base/CMakeLists.txt": "trireme_part(base DEPS besa)\n"}, "'besa', which is no part")

    def test_refuses_a_part_that_is_not_in_the_order(self):
        self.expect_one({"src/late/CMakeLists.txt": "trireme_part(late)\n"}, "not named in src/CMakeLists.txt")

    def test_refuses_a_runtime_header_outside_its_backend(self):
        self.expect_one({"src/base/status.h": HEADER + "#include <onnxruntime_c_api.h>\n"}, "only backends/onnx")
        self.expect_one({"src/base/status.h": HEADER + "#include <torch/script.h>\n"}, "only backends/torch")

    def test_takes_generated_headers_where_they_may_be_seen(self):
        for part in ("repository", "client", "wire/two", "protocols/two", "backends/two"):
            found = self.found_with({
                "src/CMakeLists.txt": GOOD["src/CMakeLists.txt"] + f"add_subdirectory({part})\n",
                f"src/{part}/CMakeLists.txt": f"trireme_part({part})\n",
                f"src/{part}/x.cc": SPDX + '\n#include "proto/x.pb.h"\n#include <google/protobuf/message.h>\n'})
            self.assertEqual(found.problems, [], part)

    def test_refuses_generated_headers_elsewhere(self):
        for include in ('"proto/x.pb.h"', "<google/protobuf/message.h>"):
            self.expect_one({"src/base/status.h": HEADER + f"#include {include}\n"}, "may see")
            self.expect_one({"src/base/testing/fake.h": HEADER + f"#include {include}\n"}, "may see")

    def test_refuses_a_header_without_pragma_once(self):
        self.expect_one({"src/base/status.h": SPDX + "\n"}, "#pragma once")

    def test_refuses_a_file_without_a_licence_line(self):
        self.expect_one({"src/base/status.h": "#include <string>\n#pragma once\n"}, "first line must be")

    def test_refuses_an_include_that_does_not_exist(self):
        self.expect_one({"src/base/status.h": HEADER + '#include "status.h"\n'}, "there is no src/status.h")

    def test_refuses_angle_brackets_around_our_own(self):
        self.expect_one({"src/tensor/shape.h": HEADER + '#include "base/status.h"\n#include <base/status.h>\n'},
                        "include it with quotes")

    def test_refuses_a_file_that_nothing_builds(self):
        self.expect_one({"src/base/deep/x.cc": SPDX + "\n"}, "lies in no part's folder")

    def test_only_warns_of_a_declaration_that_is_not_used(self):
        found = self.found_with({"src/tensor/shape.h": HEADER})
        self.assertEqual(found.problems, [])
        self.assertEqual(len(found.warnings), 1)

    def test_does_not_read_comments_as_declarations(self):
        self.expect_one({"src/tensor/CMakeLists.txt": "trireme_part(tensor # DEPS base\n)\n"}, "does not declare 'base'")


if __name__ == "__main__":
    unittest.main()
