# SPDX-License-Identifier: Apache-2.0
"""Encrypted connections, certificates of clients, and Unix sockets: as curl and grpcio see them."""
import json
import subprocess
import time
from pathlib import Path

import grpc

from grpc_client import PATIENCE_SECONDS, Client, add_request
from serving import ServingTest
from trireme import wait_until

INFER = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16], "data": [1.0] * 16}]})

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """Signs certificates of its own, by openssl; made when it is needed, so that none expires in a drawer."""

    def __init__(self, folder, name="authority"):
        self.folder = Path(folder)
        self.certificate, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._openssl("req", "-x509", *NEW_KEY, "-days", 2, "-subj", f"/CN={name}", "-keyout", self.key, "-out",
                      self.certificate)

    def issue(self, name, names, days=1):
        """Files of a certificate for these names ("DNS:localhost,IP:127.0.0.1"), and of its key."""
        request, certificate, key = (self.folder / f"{name}.{kind}" for kind in ("csr", "pem", "key"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self._openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                      "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=PATIENCE_SECONDS)


class TlsTest(ServingTest):
    def setUp(self):
        self.files = self.folder()
        self.authority = Authority(self.files)
        self.certificate, self.key = self.authority.issue("server", "DNS:localhost,IP:127.0.0.1")

    def serve_tls(self, *arguments):
        return self.serve(self.models / "good" / "add", "--tls-cert", self.certificate, "--tls-key", self.key,
                          *arguments)

    def curl(self, *arguments, trust=None):
        return subprocess.run(["curl", "--silent", "--show-error", "--max-time", str(PATIENCE_SECONDS), "--cacert",
                               str(trust or self.authority.certificate), *map(str, arguments)],
                              capture_output=True, text=True)

    def get(self, port, path="/v2/health/live", *arguments):
        """The status, or curl's exit code below 100."""
        done = self.curl("--output", "/dev/null", "--write-out", "%{http_code}", f"https://127.0.0.1:{port}{path}",
                         *arguments)
        return int(done.stdout) if done.returncode == 0 else done.returncode

    def metrics(self, port, *arguments):
        page = self.curl(f"https://127.0.0.1:{port}/metrics", *arguments).stdout
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in page.splitlines()
                                                       if line and not line.startswith("#"))}

    def shown_serial(self, port):
        """Of the certificate that a new connection is shown."""
        shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}"], input=b"", capture_output=True,
                               timeout=PATIENCE_SECONDS).stdout
        return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown, capture_output=True,
                              check=True).stdout


class Ports(TlsTest):
    def test_every_port_is_encrypted_and_speaks_both_versions(self):
        server = self.serve_tls()
        for port in (server.port, server.grpc_port):
            for flag, version in (("--http1.1", "1.1"), ("--http2", "2")):
                done = self.curl(flag, "--write-out", "\n%{http_version}", "--data", INFER,
                                 f"https://127.0.0.1:{port}/v2/models/add/infer")
                body, _, spoken = done.stdout.rpartition("\n")
                self.assertEqual(spoken, version, done.stderr)
                self.assertEqual(json.loads(body)["outputs"][0]["data"], [2] * 16)
        self.assertEqual(self.get(server.metrics_port, "/metrics"), 200)
        self.assertRegex(server.stdout(), r"Trireme serves on https://127\.0\.0\.1:\d+ \(gRPC on https://")

    def test_a_client_in_the_clear_is_turned_away(self):
        server = self.serve_tls()
        answer = server.ask("GET", "/v2")
        self.assertEqual(answer.status, 400)
        self.assertRegex(answer.error(), "https")
        self.assertEqual(self.get(server.port), 200)

    def test_old_versions_are_turned_away(self):
        server = self.serve_tls()
        self.assertEqual(self.get(server.port, "/v2", "--tlsv1.2", "--tls-max", "1.2"), 200)
        self.assertEqual(self.get(server.port, "/v2", "--tlsv1.0", "--tls-max", "1.1"), 35)
        self.assertEqual(self.metrics(server.metrics_port)["trireme_tls_handshake_failures_total"], 1)

    def test_grpc_goes_through(self):
        server = self.serve_tls()
        trust = grpc.ssl_channel_credentials(self.authority.certificate.read_bytes())
        with TlsClient(server.grpc_port, trust) as client:
            self.assertEqual(len(client.infer(add_request()).raw_output_contents[0]), 64)

    def test_triton_has_certificates_of_grpc_alone(self):
        server = self.serve(self.models / "good" / "add", "--grpc-use-ssl-mutual=true", "--grpc-server-cert",
                            self.certificate, "--grpc-server-key", self.key, "--grpc-root-cert",
                            self.authority.certificate)
        self.assertTrue(server.ready())
        certificate, key = self.authority.issue("client", "DNS:client")
        root = self.authority.certificate.read_bytes()
        with TlsClient(server.grpc_port, grpc.ssl_channel_credentials(
                root, private_key=key.read_bytes(), certificate_chain=certificate.read_bytes())) as client:
            self.assertEqual(len(client.infer(add_request()).raw_output_contents[0]), 64)
        with TlsClient(server.grpc_port, grpc.ssl_channel_credentials(root)) as client:
            with self.assertRaises(grpc.RpcError) as caught:
                client.infer(add_request())
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)


class Files(TlsTest):
    def test_a_server_does_not_start_on_files_that_are_no_pair(self):
        other = self.authority.issue("other", "DNS:other")[1]
        for certificate, key, said in ((self.certificate, other, "other.key"), (self.files / "none", self.key, "none"),
                                       (self.key, self.key, "server.key")):
            result = self.run_trireme("serve", self.models / "good" / "add", "--tls-cert", certificate, "--tls-key",
                                      key, "--http-port", 0, "--grpc-port", 0, "--metrics-port", 0)
            self.assertEqual(result.returncode, 1, result)
            self.assertRegex(result.stderr, f"cannot start.*{said}")

    def test_new_files_are_taken_without_a_restart_and_wrong_ones_are_not(self):
        server = self.serve_tls()
        before = self.shown_serial(server.port)
        certificate, key = self.authority.issue("next", "DNS:localhost,IP:127.0.0.1", days=2)
        key.replace(self.key)
        certificate.replace(self.certificate)
        wait_until(lambda: self.shown_serial(server.port) != before, "the new certificate is shown")
        taken = self.shown_serial(server.port)
        self.certificate.write_text("no certificate\n")
        failed = 'trireme_tls_certificate_reloads_total{listener="http",result="failed"}'
        wait_until(lambda: self.metrics(server.metrics_port)[failed] > 0, "the wrong one is refused")
        self.assertEqual(self.shown_serial(server.port), taken)
        self.assertEqual(self.get(server.port), 200)

    def test_the_metrics_say_when_the_certificate_expires(self):
        server = self.serve_tls()
        samples = self.metrics(server.metrics_port)
        for listener in ("http", "grpc", "metrics"):
            expires = samples[f'trireme_tls_certificate_expiry_timestamp_seconds{{listener="{listener}"}}']
            self.assertAlmostEqual(expires, time.time() + 24 * 3600, delta=600)


class Clients(TlsTest):
    def client_flags(self, name, names, authority=None):
        certificate, key = (authority or self.authority).issue(name, names)
        return "--cert", certificate, "--key", key

    def serve_mutual(self, *arguments):
        return self.serve_tls("--tls-client-ca", self.authority.certificate, *arguments)

    def test_must_show_a_certificate_of_the_authority(self):
        server = self.serve_mutual()
        self.assertEqual(self.get(server.port, "/v2", *self.client_flags("web", "DNS:web")), 200)
        self.assertLess(self.get(server.port), 100)
        stranger = Authority(self.folder(), "stranger")
        self.assertLess(self.get(server.port, "/v2", *self.client_flags("web", "DNS:web", stranger)), 100)

    def test_must_have_a_name_that_is_wanted(self):
        server = self.serve_mutual("--tls-client-name", "*.example.org", "--tls-client-name", "web")
        for name, is_welcome in (("web", True), ("a.example.org", True), ("a.b.example.org", False), ("other", False)):
            with self.subTest(name=name):
                status = self.get(server.port, "/v2", *self.client_flags("client", f"DNS:{name}"))
                self.assertEqual(status == 200, is_welcome, status)

    def test_are_known_by_their_names_in_the_file_of_keys(self):
        keys = self.files / "keys"
        added = self.run_trireme("keys", "add", keys, "mesh", "--role", "infer", "--model", "add", "--certificate",
                                 "mesh.example.org")
        self.assertEqual((added.returncode, added.stdout), (0, ""), added.stderr)
        server = self.serve_mutual("--keys", keys)
        mesh = self.client_flags("mesh", "DNS:mesh.example.org")
        for path, status in (("/v2", 200), ("/v2/models/add", 200), ("/v2/models/other", 403), ("/metrics", 403)):
            self.assertEqual(self.get(server.port, path, *mesh), status, path)
        self.assertEqual(self.get(server.port, "/v2", *self.client_flags("other", "DNS:other")), 401)


class UnixSocket(ServingTest):
    def curl(self, socket, *arguments):
        return subprocess.run(["curl", "--silent", "--show-error", "--unix-socket", str(socket), *arguments], text=True,
                              capture_output=True, timeout=PATIENCE_SECONDS)

    def test_serves_what_the_ports_serve_and_goes_with_the_server(self):
        socket = self.folder() / "trireme.sock"
        server = self.serve(self.models / "good" / "add", "--unix-socket", socket)
        self.assertEqual(socket.stat().st_mode & 0o777, 0o600)
        done = self.curl(socket, "--data", INFER, "http://localhost/v2/models/add/infer")
        self.assertEqual(json.loads(done.stdout)["outputs"][0]["data"], [2] * 16, done)
        channel = grpc.insecure_channel(f"unix:{socket}")
        self.addCleanup(channel.close)
        answer = channel.unary_unary("/inference.GRPCInferenceService/ServerLive")(b"", timeout=PATIENCE_SECONDS)
        self.assertEqual(answer, b"\x08\x01")
        self.assertEqual(server.stop(), 0)
        self.assertFalse(socket.exists())

    def test_others_may_use_it_where_that_is_wanted_and_keys_are_asked_for(self):
        folder = self.folder()
        refused = self.run_trireme("serve", self.models / "good" / "add", "--unix-socket", folder / "s",
                                   "--unix-socket-mode", "0666")
        self.assertEqual(refused.returncode, 2)
        self.assertRegex(refused.stderr, "is open to other users")
        key = self.run_trireme("keys", "add", folder / "keys", "web", "--role", "infer", "--model", "*").stdout.strip()
        self.serve(self.models / "good" / "add", "--unix-socket", folder / "s", "--unix-socket-mode", "0666", "--keys",
                   folder / "keys")
        self.assertEqual((folder / "s").stat().st_mode & 0o777, 0o666)
        self.assertIn("found none", self.curl(folder / "s", "http://localhost/v2").stdout)
        self.assertIn("trireme", self.curl(folder / "s", "-H", f"X-Api-Key: {key}", "http://localhost/v2").stdout)


class TlsClient(Client):
    def __init__(self, port, credentials):  # pylint: disable=super-init-not-called
        self.channel = grpc.secure_channel(f"localhost:{port}", credentials)
