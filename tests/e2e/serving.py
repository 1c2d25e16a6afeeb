# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests have in common: the program, its models, and work that keeps it busy."""
import array
import functools
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from raw_http import message
from trireme import PATIENCE_SECONDS, Trireme, wait_until, without_settings

ONES = [1.0] * 16

# A run of square_matmul on this many rows and columns takes from a tenth of a second to seconds: long beside what a
# test does meanwhile, also where the server runs under a sanitizer and ONNX Runtime, which is not, on a fast machine.
BUSY_SIZE = 512
BUSY_SHIFT = 65  # the model multiplies its input by itself as many times, less one


def ones(rows=1):
    """Input of the model `add`."""
    return ("INPUT0", "FP32", [rows, 16], ONES * rows)


@functools.lru_cache(maxsize=None)
def shift_matrix(size, by):
    """The permutation that moves every element on by `by`; its products are known exactly."""
    matrix = array.array("f", bytes(4 * size * size))
    for row in range(size):
        matrix[row * size + (row + by) % size] = 1
    return matrix.tobytes()


def busy_request():
    tensor = shift_matrix(BUSY_SIZE, 1)
    head = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [BUSY_SIZE, BUSY_SIZE],
                                   "parameters": {"binary_data_size": len(tensor)}}],
                       "parameters": {"binary_data_output": True}}).encode()
    return message("POST", "/v2/models/square_matmul/infer", head + tensor,
                   {"Inference-Header-Content-Length": len(head)})


class ServingTest(unittest.TestCase):
    """run.py sets what is served; every server ends with its test."""
    maxDiff = None
    program = None
    models = None  # a folder with the repositories `good` and `bad`

    def serve(self, *arguments, **options):
        server = Trireme(self.program, *arguments, **options)
        self.addCleanup(server.__exit__)
        return server

    def serve_one_instance(self, *arguments):
        """Runs one request after another, and puts a request into its line before it answers a later one."""
        return self.serve(self.models / "good" / "square_matmul", "--instances", 1, "--threads", 1, "--max-batch", 1,
                          "--loops", 1, *arguments)

    def run_trireme(self, *arguments, environment=None):
        """For commands that end by themselves."""
        return subprocess.run([self.program, *map(str, arguments)], text=True, capture_output=True,
                              timeout=PATIENCE_SECONDS, env={**without_settings(os.environ), **(environment or {})})

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def connect(self, server, **options):
        connection = server.connect(**options)
        self.addCleanup(connection.close)
        return connection

    def keep_busy(self, server, count):
        """Connections whose requests run or wait in the line of a server with one instance and one loop."""
        request = busy_request()
        wanted = server.metric("trireme_http_received_bytes_total") + count * len(request)
        connections = [self.connect(server) for _ in range(count)]
        for connection in connections:
            connection.send(request)
        wait_until(lambda: server.metric("trireme_http_received_bytes_total") >= wanted, "all requests have arrived")
        return connections

    def wait_until_accepted(self, server, count):
        """All of the busy requests, of which one runs: what has arrived may still be decoded."""
        def in_line_or_answered():
            return server.metric("nv_inference_pending_request_count") + server.metric("nv_inference_request_success")
        wait_until(lambda: in_line_or_answered() >= count - 1, "all requests are in line")

    def assert_busy_answer(self, answer):
        self.assertEqual(answer.status, 200, answer)
        end = int(answer.header("Inference-Header-Content-Length"))
        self.assertTrue(answer.body[end:] == shift_matrix(BUSY_SIZE, BUSY_SHIFT), "the product is wrong")

    def assert_adds_one(self, answer, rows=1):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["outputs"],
                         [{"name": "OUTPUT0", "datatype": "FP32", "shape": [rows, 16], "data": [2] * 16 * rows}])

    def assert_refused(self, answer, status, pattern):
        self.assertEqual(answer.status, status, answer)
        self.assertRegex(answer.error(), pattern)
