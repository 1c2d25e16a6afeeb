# SPDX-License-Identifier: Apache-2.0
"""Models that TorchServe's clients register by URLs of other servers."""
import io
import json
import shutil
import ssl
import threading
import unittest
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from test_tls import Authority
from test_torchserve import ROW, TorchServeTest
from trireme import wait_until


class Web(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients who go away are what is tested."""


class Models(BaseHTTPRequestHandler):
    """What `files` has by path: bytes, or a function that answers."""
    protocol_version = "HTTP/1.1"
    files = {}
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        found = self.files.get(self.path.partition("?")[0])
        if callable(found):
            return found(self)
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, *_):
        pass


def redirect(location):
    def answer(request):
        request.send_response(302)
        request.send_header("Location", location)
        request.send_header("Content-Length", "0")
        request.end_headers()
    return answer


def without_end(request):
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    try:
        while True:
            request.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
    except OSError:
        pass


def shorter_than_said(request):
    request.send_response(200)
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    request.wfile.write(b"short")
    request.close_connection = True


class Downloads(TorchServeTest):
    def setUp(self):
        super().setUp()
        self.web = self.serve_web()
        self.url = f"http://127.0.0.1:{self.web.server_port}"
        Models.asked = []
        Models.files = {"/sum.mar": self.archive(), "/add.onnx": b"another", "/junk.mar": b"no archive at all"}

    def serve_web(self, certificate=None):
        web = Web(("127.0.0.1", 0), Models)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            web.socket = context.wrap_socket(web.socket, server_side=True)
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        return web

    def archive(self, version="1.0"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            model = {"modelName": "sum", "modelVersion": version, "handler": "base_handler",
                     "serializedFile": "model.onnx"}
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python3", "model": model}))
            archive.write(self.store / "add.onnx", "model.onnx")
        return packed.getvalue()

    def start(self, *arguments, allowed=r"https?://127\.0\.0\.1:\d+/(?!forbidden).*", networks="127.0.0.0/8",
              **options):
        return super().start("--enable-model-api", "--torchserve-allowed-urls", allowed,
                             "--torchserve-download-networks", networks, *arguments, **options)

    def register(self, server, path, more="&initial_workers=1"):
        url = path if "://" in path else self.url + path
        return server.manage("POST", f"/models?url={url.replace('&', '%26')}{more}")

    def assert_not_downloaded(self, answer, url, why):
        self.assert_failure(answer, 400, "DownloadArchiveException", f"Failed to download archive from: {url} ({why})")

    def names(self):
        return {path.name for path in self.store.iterdir()} - {"add.onnx", "identity_fp32.onnx", "broken.onnx"}

    def test_the_life_of_a_download(self):
        server = self.start()
        registered = self.register(server, "/sum.mar?signature=x")
        self.assertEqual((registered.status, registered.json()), (200, {
            "status": 'Model "sum" Version: 1.0 registered with 1 initial workers'}))
        self.assertEqual(self.names(), {"sum.mar"})
        self.assertEqual(server.predict("/predictions/sum", ROW).json(), [value + 1.0 for value in ROW])
        described, = server.manage("GET", "/models/sum").json()
        self.assertEqual(described["modelUrl"], f"{self.url}/sum.mar?signature=x")
        Models.asked.clear()
        self.assert_failure(self.register(server, "/sum.mar"), 409, "ConflictStatusException",
                            "Model file already exists sum.mar")
        self.assert_failure(self.register(server, "/add.onnx"), 409, "ConflictStatusException",
                            "Model file already exists add.onnx")
        self.assertEqual(Models.asked, [], "what is there already is not asked for")
        self.assertEqual(server.manage("DELETE", "/models/sum").status, 200)
        self.assertEqual(self.names(), set())
        self.assertTrue((self.store / "add.onnx").exists())
        self.assertEqual(self.register(server, "/sum.mar").status, 200)

    def test_what_is_not_allowed(self):
        server = self.start(allowed=r"https://models\.example\.org/.*")
        refused = self.register(server, "/sum.mar")
        self.assert_failure(refused, 404, "ModelNotFoundException",
                            f"Given URL {self.url}/sum.mar does not match any allowed URL(s)")
        self.assertEqual(Models.asked, [])

    def test_addresses_that_are_not_public(self):
        server = self.start(allowed="http://.*", networks="10.1.0.0/16")
        for host in ("127.0.0.1", "localhost", "169.254.169.254", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"):
            url = f"http://{host}:{self.web.server_port}/sum.mar"
            self.assert_not_downloaded(self.register(server, url), url,
                                       "expected a host with a public address, found one without")
        self.assertEqual(Models.asked, [])
        self.assertEqual(self.names(), set())

    def test_redirects(self):
        Models.files |= {
            "/moved.mar": redirect("/sum.mar"),
            "/out.mar": redirect("/forbidden/sum.mar"),
            "/inside.mar": redirect(f"http://127.0.0.1:{self.web.server_port}/inside.mar"),
            "/metadata.mar": redirect("http://169.254.169.254/latest/meta-data/"),
            "/file.mar": redirect("file:///etc/passwd")}
        server = self.start()
        self.assertEqual(self.register(server, "/moved.mar").status, 200)
        self.assertEqual(self.names(), {"moved.mar"})
        for name, why in (("out", "found a redirect to a URL that is not allowed"),
                          ("inside", "expected at most 5 redirects, found more"),
                          ("metadata", "found a redirect to a URL that is not allowed"),
                          ("file", "expected http:// or https://, found 'file:///etc/passwd'")):
            self.assert_not_downloaded(self.register(server, f"/{name}.mar"), f"{self.url}/{name}.mar", why)
        self.assertNotIn("/forbidden/sum.mar", Models.asked)
        self.assertEqual(self.names(), {"moved.mar"})

    def test_what_cannot_be_had_leaves_nothing(self):
        Models.files |= {"/endless.mar": without_end, "/short.mar": shorter_than_said}
        server = self.start("--torchserve-download-size", "1MiB")
        for name, why in (("none.mar", "found 404"), ("endless.mar", "1048576"), ("short.mar", "")):
            answer = self.register(server, f"/{name}")
            self.assertEqual((answer.status, answer.json()["type"]), (400, "DownloadArchiveException"), answer)
            self.assertIn(why, answer.json()["message"])
        self.assert_not_downloaded(self.register(server, f"{self.url}/"), f"{self.url}/", (
            "expected a path that ends with the name of a file, of letters, digits and _-.+@~, found ''"))
        junk = self.register(server, "/junk.mar")
        self.assertEqual((junk.status, junk.json()["type"]), (400, "InvalidModelException"), junk)
        self.assertIn("junk.mar", junk.json()["message"])
        self.assertNotIn(str(self.store), junk.json()["message"])
        self.assertEqual(self.names(), set())
        self.assertEqual(server.manage("GET", "/models").json(), {"models": []})

    def test_one_that_is_slow_and_a_server_that_stops(self):
        asked, may_go_on = threading.Event(), threading.Event()
        self.addCleanup(may_go_on.set)

        def slow(request):
            request.send_response(200)
            request.send_header("Content-Length", "100")
            request.end_headers()
            asked.set()
            may_go_on.wait()
        Models.files["/slow.mar"] = slow
        server = self.start("--torchserve-download-timeout", "1s")
        self.assert_not_downloaded(self.register(server, "/slow.mar"), f"{self.url}/slow.mar", "it takes too long")
        self.assertEqual(server.stop(), 0)

        asked.clear()
        server = self.start()
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.register(server, "/slow.mar")))
        thread.start()
        asked.wait()
        self.assertEqual(server.stop(), 0)
        thread.join()
        self.assertEqual(answers[0].status, 503, answers)
        self.assertEqual(self.names(), set())

    def test_https(self):
        authority = Authority(self.store.parent)
        web = self.serve_web(authority.issue("web", "IP:127.0.0.1"))
        url = f"https://127.0.0.1:{web.server_port}"
        other = self.serve_web(authority.issue("other", "DNS:models.example.org"))
        Models.files["/down.mar"] = redirect(f"{self.url}/sum.mar")
        server = self.start(environment={"SSL_CERT_FILE": str(authority.certificate)})
        self.assertEqual(self.register(server, f"{url}/sum.mar").status, 200)
        wrong = self.register(server, f"https://127.0.0.1:{other.server_port}/wrong.mar")
        self.assertEqual(wrong.status, 400)
        self.assertIn("certificate", wrong.json()["message"])
        self.assert_not_downloaded(self.register(server, f"{url}/down.mar"), f"{url}/down.mar",
                                   "expected an answer, found a redirect from https to http")
        stranger = self.start()
        refused = self.register(stranger, f"{url}/refused.mar")
        self.assertEqual(refused.status, 400)
        self.assertIn("certificate", refused.json()["message"])
        self.assertEqual(self.names(), {"sum.mar"})

    def test_at_the_start_and_again(self):
        arguments = ("--models", f"sum={self.url}/sum.mar")
        for _ in range(2):
            server = self.start(*arguments)
            wait_until(lambda: server.predict("/predictions/sum", ROW).status == 200, "the model serves")
            self.assertEqual(server.stop(), 0)
        self.assertEqual(Models.asked, ["/sum.mar"])
        self.assertEqual(self.names(), {"sum.mar"})
        shutil.rmtree(self.store)


if __name__ == "__main__":
    unittest.main()
