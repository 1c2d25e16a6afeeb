# SPDX-License-Identifier: Apache-2.0
"""A process that may have little memory: it says why it does not start, and refuses what is too much for it."""
import json
import resource
import subprocess

from raw_http import infer_body
from serving import ServingTest, ones
from test_pictures import RED, as_json, picture
from trireme import ANYWHERE, PATIENCE_SECONDS, wait_until

MEBIBYTE = 1 << 20
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class AtTheStart(ServingTest):
    def test_too_little_memory_is_a_reason_and_not_a_crash(self):
        log = self.folder() / "log"
        ends = set()
        # Around 64 libraries that begin before the program does have no memory, and end it.
        for limit in (48, 80, 96, 112, 128, 144, 160, 768):
            with self.subTest(mebibytes=limit), open(log, "w+b") as written:
                size = limit * MEBIBYTE
                process = subprocess.Popen(
                    [self.program, "serve", self.models / "good" / "add", "--load-timeout", "30s", *ANYWHERE],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=written,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
                # What serves is said in its first line; who ends says nothing there.
                serves = process.stdout.readline() != b""
                if serves:
                    process.terminate()
                process.stdout.close()
                code = process.wait(PATIENCE_SECONDS)
                said = log.read_text()
                ends.add((serves, code))
                # 127: the system could not even begin it, and says so.
                self.assertIn(code, (0,) if serves else (1, 127), said)
                if not serves:
                    self.assertRegex(said, "cannot|no model can be served|error while loading")
        self.assertIn((True, 0), ends)
        self.assertIn((False, 1), ends)


class WhileItServes(ServingTest):
    def size_of(self, server):
        return server.memory_bytes("VmSize")

    def limit(self, server, limits):
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, limits)

    def test_what_is_too_much_is_refused_and_the_rest_goes_on(self):
        server = self.serve(self.models / "good" / "add", "--max-body", "256MiB", "--max-body-in-flight", "1GiB",
                            "--budget", "none")
        self.assert_adds_one(server.infer("add", ones()))
        size = self.size_of(server) + MEBIBYTE
        self.limit(server, (size, resource.RLIM_INFINITY))
        body = infer_body(ones()) + b" " * (96 * MEBIBYTE)
        for _ in range(3):
            self.assert_refused(server.ask("POST", "/v2/models/add/infer", body), 507, "no more memory")
            self.assert_adds_one(server.infer("add", ones()))
        self.limit(server, NO_LIMIT)
        wait_until(lambda: server.ask("POST", "/v2/models/add/infer", body).status == 200, "it has memory again")
        self.assertEqual(server.stop(), 0)

    def test_a_picture_that_is_too_large_is_refused_and_the_rest_goes_on(self):
        server = self.serve(self.models / "triton" / "colours", "--budget", "none")
        large, small = (as_json("pixels", picture(RED, size)) for size in ((8000, 8000), (20, 13)))

        def classify(request):
            return server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode())

        self.assertEqual(classify(small).status, 200)
        self.limit(server, (self.size_of(server) + 96 * MEBIBYTE, resource.RLIM_INFINITY))
        for _ in range(3):
            self.assert_refused(classify(large), 507, "memory")
            self.assertEqual(classify(small).status, 200)
        self.limit(server, NO_LIMIT)
        self.assertEqual(classify(large).status, 200)
