# SPDX-License-Identifier: Apache-2.0
"""What a trace collector is sent, read with OpenTelemetry's own messages."""
import io
import json
import os
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from raw_http import infer_body
from serving import ServingTest, ones
from trireme import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
STAGES = {"decode", "queue", "batch", "compute", "serialise"}


class Collector:
    """tests/otlp_collector/collector.js, for as long as its test runs."""

    def __init__(self, test):
        # A file, so that reading never waits.
        self.lines = tempfile.NamedTemporaryFile("w+")
        script = ROOT / "tests/otlp_collector/collector.js"
        self.process = subprocess.Popen(["node", script, ROOT / ".deps/otlp/node_modules"], stdin=subprocess.PIPE,
                                        stdout=self.lines)
        test.addCleanup(self.close)
        self.port = wait_until(self.read, "the collector has a port")[0]["port"]

    def read(self):
        text = Path(self.lines.name).read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def spans_of_a_request(self):
        """What has come, once a whole request has: its spans may be sent in several parts."""
        whole = 1 + len(STAGES)
        return wait_until(lambda: self.read()[1:] if len(self.read()) - 1 >= whole else None, "the spans have come")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.lines.close()


class TracingTest(ServingTest):
    def serve_traced(self, port, *arguments):
        return self.serve(self.models / "good" / "add", "--otlp-endpoint", f"http://127.0.0.1:{port}", *arguments)

    def infer(self, server, *headers):
        answer = server.ask("POST", "/v2/models/add/infer", infer_body(ones()), headers)
        self.assertEqual(answer.status, 200, answer)

    def test_a_sampled_request_is_a_span_with_its_stages(self):
        collector = Collector(self)
        server = self.serve_traced(collector.port, "--trace-rate", "1000")
        self.infer(server, ("traceparent", f"00-{TRACE}-{CALLER}-00"))
        self.infer(server, ("traceparent", f"00-{TRACE}-{CALLER}-01"), ("tracestate", "vendor=1"))
        spans = collector.spans_of_a_request()
        self.assertEqual({span["trace"] for span in spans}, {TRACE})
        request = next(span for span in spans if span["parent"] == CALLER)
        self.assertEqual((request["service"], request["name"], request["kind"]), ("trireme", "infer add", 2))
        self.assertEqual(request["state"], "vendor=1")
        self.assertEqual(request["attributes"]["trireme.model"], "add")
        self.assertLess(abs(request["age_seconds"]), 3600)
        stages = {span["name"]: span for span in spans if span is not request}
        self.assertEqual(set(stages), STAGES)
        for span in stages.values():
            self.assertEqual(span["parent"], request["span"])
            self.assertLessEqual(span["nanoseconds"], request["nanoseconds"])
        self.assertEqual(len(spans), 1 + len(STAGES))  # nothing of the one that was not sampled

    def test_what_sagemakers_clients_send_is_traced_like_any_other(self):
        npy = io.BytesIO()
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16), }"
        header += b" " * (-(len(header) + 11) % 64) + b"\n"
        npy.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<16f", *[1.0] * 16))
        bodies = {"application/json": json.dumps([[1.0] * 16]).encode(),
                  "text/csv": ",".join(["1"] * 16).encode(),
                  "application/x-npy": npy.getvalue()}
        for media_type, body in bodies.items():
            with self.subTest(media_type):
                collector = Collector(self)
                server = self.serve_traced(collector.port, "--trace-rate", "1000")
                answer = server.ask("POST", "/invocations", body,
                                    [("Content-Type", media_type), ("traceparent", f"00-{TRACE}-{CALLER}-01")])
                self.assertEqual(answer.status, 200, answer)
                spans = collector.spans_of_a_request()
                request = next(span for span in spans if span["parent"] == CALLER)
                self.assertEqual((request["trace"], request["name"]), (TRACE, "infer add"))
                self.assertEqual({span["name"] for span in spans if span is not request}, STAGES)

    def test_clients_switch_it_and_a_model_may_differ(self):
        collector = Collector(self)
        server = self.serve_traced(collector.port, "--trace-rate", "1000000")
        self.infer(server)
        changed = server.ask("POST", "/v2/models/add/trace/setting", b'{"trace_rate":"1","trace_count":"1"}')
        self.assertEqual(changed.status, 200, changed)
        self.infer(server)
        self.infer(server)  # its count is used up
        spans = collector.spans_of_a_request()
        self.assertEqual(len([span for span in spans if not span["parent"]]), 1)

    def test_a_collector_that_is_away_does_no_harm(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # and does not listen
            server = self.serve_traced(nobody.getsockname()[1], "--trace-rate", "1")
            for _ in range(20):
                self.infer(server)
            wait_until(lambda: server.metric("trireme_trace_spans_dropped_total") == 120, "the spans are dropped")
