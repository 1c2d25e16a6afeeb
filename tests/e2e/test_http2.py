# SPDX-License-Identifier: Apache-2.0
"""REST over HTTP/2, under the load of nghttp2's own client."""
import re
import subprocess

from raw_http import infer_body
from serving import ServingTest, ones

REQUESTS = 2000


class Http2Test(ServingTest):
    def load(self, url, *arguments):
        """How many of the requests were answered 2xx, and how many 4xx."""
        done = subprocess.run(["h2load", "-n", str(REQUESTS), "-c", "4", "-m", "16", *map(str, arguments), url],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.search(r"status codes: (\d+) 2xx, \d+ 3xx, (\d+) 4xx", done.stdout)
        self.assertIsNotNone(found, done.stdout)
        return tuple(int(number) for number in found.groups())

    def test_many_streams_on_a_few_connections(self):
        server = self.serve(self.models / "good" / "add")
        body = server.folder.name + "/body.json"
        with open(body, "wb") as file:
            file.write(infer_body(ones()))
        for port in (server.port, server.grpc_port):
            self.assertEqual(self.load(f"http://127.0.0.1:{port}/v2/models/add/infer", "-d", body),
                             (REQUESTS, 0))
        self.assertEqual(server.metric("nv_inference_request_success"), 2 * REQUESTS)

    def test_a_refusal_ends_no_connection(self):
        server = self.serve(self.models / "good" / "add")
        self.assertEqual(self.load(f"http://127.0.0.1:{server.port}/v2/models/nobody"), (0, REQUESTS))
