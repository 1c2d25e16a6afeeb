# SPDX-License-Identifier: Apache-2.0
"""TorchServe's keys: three in a file that the server writes, asked for on every listener."""
import json
import unittest

import grpc

from test_torchserve import ROW, TorchServe, TorchServeTest, text_field

REFUSED = "Token Authorization failed. Token either incorrect, expired, or not provided correctly"


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


class Tokens(TorchServeTest):
    def setUp(self):
        super().setUp()
        (self.store / "broken.onnx").unlink()
        self.file = self.store.parent / "key_file.json"

    def start_with_tokens(self, *arguments):
        return self.start("--torchserve-token-auth", "on", "--torchserve-key-file", self.file, *arguments)

    def keys(self):
        return {name: each["key"] for name, each in json.loads(self.file.read_text()).items()}

    def test_each_key_opens_its_surface(self):
        server = self.start_with_tokens()
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(set(json.loads(self.file.read_text())["inference"]), {"key", "expiration time"})
        keys = self.keys()
        for key in (None, "wrong"):
            answer = server.predict("/predictions/add", [ROW], bearer(key) if key else ())
            self.assert_failure(answer, 401, "InvalidKeyException", REFUSED)
        for key in (keys["management"], keys["API"]):
            answer = server.predict("/predictions/add", [ROW], bearer(key))
            self.assertEqual((answer.status, answer.json()["type"]), (403, "InvalidKeyException"), answer)
        self.assertEqual(server.predict("/predictions/add", [ROW], bearer(keys["inference"])).status, 200)
        self.assert_failure(server.manage("GET", "/models"), 401, "InvalidKeyException", REFUSED)
        self.assertEqual(server.manage("GET", "/models", headers=bearer(keys["inference"])).status, 403)
        self.assertEqual(server.manage("GET", "/models", headers=bearer(keys["management"])).status, 200)
        self.assertEqual(server.manage("GET", "/models", headers=bearer(keys["API"])).status, 403)
        self.assertEqual(server.curl(server.inference, "GET", "/ping").status, 200)
        self.assertEqual(server.curl(server.management, "OPTIONS", "/").status, 200)
        self.assertEqual(server.curl(server.metrics_page, "GET", "/metrics").status, 200)

    def test_no_other_listener_is_open(self):
        server = self.start_with_tokens()
        keys = self.keys()
        for target in ("/predictions/add", "/v2/models/add/infer"):
            self.assertEqual(server.ask("POST", target, json.dumps([ROW]).encode()).status, 401)
        self.assertEqual(server.ask("GET", "/v2/models/add").status, 401)
        self.assertEqual(server.ask("GET", "/v2/models/add", headers=bearer(keys["inference"])).status, 200)
        self.assertEqual(server.ask("GET", "/metrics").status, 401)
        self.assertEqual(server.ask("POST", "/predictions/add", json.dumps([ROW]).encode(),
                                    bearer(keys["management"])).status, 403)

    def test_a_key_is_made_anew(self):
        server = self.start_with_tokens()
        before = self.keys()
        answer = server.manage("GET", "/token?type=inference", headers=bearer(before["API"]))
        self.assertEqual((answer.status, answer.body), (200, b""))
        after = self.keys()
        self.assertNotEqual(after["inference"], before["inference"])
        self.assertEqual((after["management"], after["API"]), (before["management"], before["API"]))
        self.assertEqual(server.predict("/predictions/add", [ROW], bearer(before["inference"])).status, 401)
        self.assertEqual(server.predict("/predictions/add", [ROW], bearer(after["inference"])).status, 200)
        for kind in ("API", "token_api", "", "Inference"):
            answer = server.manage("GET", f"/token?type={kind}", headers=bearer(before["API"]))
            self.assert_failure(answer, 400, "InvalidKeyException", REFUSED.replace("Authorization", "Authentication"))
        for key, status in (("wrong", 401), (after["inference"], 403), (after["management"], 403)):
            answer = server.manage("GET", "/token?type=inference", headers=bearer(key))
            self.assertEqual(answer.status, status)
        self.assertEqual(self.keys(), after)

    def test_over_grpc(self):
        server = self.start_with_tokens()
        keys = self.keys()
        request = text_field(1, "identity_fp32") + text_field(3, text_field(1, "data") + text_field(2, "[[1, 2]]"))

        def call(port, service, rpc, message, key):
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                method = channel.unary_unary(f"/org.pytorch.serve.grpc.{service}/{rpc}")
                return method(message, timeout=60, metadata=[("authorization", f"Bearer {key}")])

        predict = (server.grpc_inference, "inference.InferenceAPIsService", "Predictions", request)
        listing = (server.grpc_management, "management.ManagementAPIsService", "ListModels", b"")
        self.assertIn(b"1.0", call(*predict, keys["inference"]))
        self.assertIn(b"add", call(*listing, keys["management"]))
        for ask, key, code in ((predict, "wrong", grpc.StatusCode.UNAUTHENTICATED),
                               (predict, keys["management"], grpc.StatusCode.PERMISSION_DENIED),
                               (listing, keys["inference"], grpc.StatusCode.PERMISSION_DENIED)):
            with self.assertRaises(grpc.RpcError) as caught:
                call(*ask, key)
            self.assertEqual(caught.exception.code(), code)
            if key == "wrong":
                self.assertEqual(caught.exception.details(), REFUSED)

    def test_the_file_goes_with_the_server_and_no_key_is_logged(self):
        server = self.start_with_tokens("--access-log", "-")
        keys = self.keys()
        self.assertEqual(server.predict("/predictions/add", [ROW], bearer(keys["inference"])).status, 200)
        self.assertEqual(server.stop(), 0)
        self.assertFalse(self.file.exists())
        for key in keys.values():
            self.assertNotIn(key, server.log())

    def test_keys_of_the_servers_own_are_known_beside_them(self):
        own = self.store.parent / "keys"
        added = self.run_trireme("keys", "add", own, "prometheus", "--role", "metrics")
        self.assertEqual(added.returncode, 0, added.stderr)
        server = self.start_with_tokens("--keys", own)
        page = lambda headers=(): server.curl(server.metrics_page, "GET", "/metrics", headers=headers)  # noqa: E731
        self.assertEqual(page().status, 401, "who has keys for metrics asks for one")
        self.assertEqual(page(bearer(added.stdout.strip())).status, 200)
        self.assertEqual(server.predict("/predictions/add", [ROW], bearer(self.keys()["inference"])).status, 200)

    def test_a_server_that_cannot_start_takes_no_file_away(self):
        server = self.start_with_tokens()
        before = self.file.read_text()
        failed = self.run_trireme("serve", self.store, "--dialects", "torchserve", "--torchserve-token-auth", "on",
                                  "--torchserve-key-file", self.file, "--torchserve-port", server.inference)
        self.assertEqual(failed.returncode, 1, failed.stderr)
        self.assertEqual(self.file.read_text(), before)

    def test_a_file_that_cannot_be_written(self):
        failed = self.run_trireme("serve", self.store, "--dialects", "torchserve", "--torchserve-token-auth", "on",
                                  "--torchserve-key-file", self.store / "none" / "key_file.json")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("key_file.json: cannot be written", failed.stderr)

    def test_as_config_properties_wants_it(self):
        config = self.store.parent / "config.properties"
        config.write_text(f"model_store={self.store}\n")
        server = TorchServe(self.program, "--ts-config", config)
        self.addCleanup(server.__exit__)
        self.assertIn("nobody is asked for a token", server.log())
        self.assertEqual(server.manage("GET", "/token?type=inference").status, 404)
        self.assertEqual(server.stop(), 0)
        config.write_text(f"model_store={self.store}\ndisable_token_authorization=false\ntoken_expiration_min=5\n")
        server = TorchServe(self.program, "--ts-config", config, "--torchserve-key-file", self.file)
        self.addCleanup(server.__exit__)
        self.assertEqual(server.manage("GET", "/models").status, 401)
        self.assertEqual(server.stop(), 0)
        config.write_text(f"model_store={self.store}\nmanagement_address=http://0.0.0.0:0\n")
        exposed = self.run_trireme("serve", "--dialects", "torchserve", "--ts-config", config)
        self.assertEqual(exposed.returncode, 2, exposed.stderr)
        self.assertIn(f"host '0.0.0.0' can be reached from other machines ({config}), and nobody is asked for a key",
                      exposed.stderr)
        self.assertIn("--torchserve-token-auth on", exposed.stderr)


if __name__ == "__main__":
    unittest.main()
