# SPDX-License-Identifier: Apache-2.0
"""As Amazon SageMaker's platform runs a container: `serve` without a path, all else from its variables and folders."""
import io
import json
import os
import re
import shutil
import subprocess
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import numpy

from raw_http import Connection
from serving import ServingTest
from trireme import Trireme, wait_until, without_settings

ROW = list(range(16))
BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
ON_LOG = ("--log-form", "json")


def varint(number):
    """As protobuf writes it."""
    encoded = b""
    while number > 0x7f:
        encoded += bytes([number & 0x7f | 0x80])
        number >>= 7
    return encoded + bytes([number])


class Container(Trireme):
    """What the platform starts: it knows one port."""

    def __init__(self, program, base, *arguments, environment=None):
        variables = {"SAGEMAKER_BASE_DIR": str(base), **(environment or {})}
        variables.setdefault("SAGEMAKER_BIND_TO_PORT", "0")
        super().__init__(program, *arguments, environment=variables, wait=False, where=ON_LOG)
        self.port = self.sagemaker_port

    def load(self, name, url, **more):
        body = json.dumps({"model_name": name, "url": str(url)}).encode()
        return self.ask("POST", "/models", body, (("Content-Type", "application/json"), *more.items()))

    def unload(self, name):
        return self.ask("DELETE", f"/models/{quote(name, safe='')}")

    def invoke(self, name, rows, *headers):
        return self.ask("POST", f"/models/{quote(name, safe='')}/invoke", json.dumps(rows).encode(),
                        (("Content-Type", "application/json"), *headers))

    def wait_for_ping(self):
        wait_until(lambda: self.ask("GET", "/ping").status == 200, "/ping says 200")


class SagemakerTest(ServingTest):
    def setUp(self):
        self.base = self.folder()

    def container(self, *arguments, **environment):
        return self.enterContextHere(Container(self.program, self.base, *arguments, environment=environment))

    def enterContextHere(self, context):
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def put(self, model, *place):
        """A copy of a test model's file in a folder below the base."""
        folder = self.base.joinpath(*place)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.models / "good" / model / "1" / "model.onnx", folder / "model.onnx")
        return folder

    def put_larger(self, model, extra_bytes, *place):
        """The same with so many bytes more in its file, for which memory is set aside."""
        folder = self.put(model, *place)
        with open(folder / "model.onnx", "ab") as file:
            file.write(b"\x32" + varint(extra_bytes) + bytes(extra_bytes))  # ModelProto.doc_string
        return folder

    def assert_adds_one(self, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json(), [[value + 1 for value in ROW]])


class SingleModelTest(SagemakerTest):
    def setUp(self):
        super().setUp()
        self.put("add", "model", "add", "1")

    def test_serves_what_lies_in_the_folder_of_the_model(self):
        server = self.container()
        server.wait_for_ping()
        ping = server.ask("GET", "/ping")
        self.assertEqual((ping.status, ping.body), (200, b""))
        self.assertIn('"sagemaker":"http://0.0.0.0:', server.log())
        server.wait_until_loaded()
        self.assertRegex(server.stdout(), r"^Trireme serves SageMaker on http://0\.0\.0\.0:\d+\n")
        self.assert_adds_one(server.ask("POST", "/invocations", json.dumps([ROW]).encode(),
                                        (("Content-Type", "application/json"),)))
        parameters = server.ask("GET", "/execution-parameters").json()
        self.assertEqual(parameters, {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD",
                                      "MaxPayloadInMB": 6})
        self.assertEqual(server.ask("GET", "/v2/health/live").status, 404)
        self.assertEqual(server.stop(), 0)

    def test_the_word_of_the_platform_is_no_path(self):
        self.container("serve").wait_for_ping()

    def test_a_path_on_the_command_line_decides(self):
        with Trireme(self.program, self.models / "good" / "add",
                     environment={"SAGEMAKER_BASE_DIR": str(self.base)}) as server:
            self.assertTrue(server.ready())

    def test_arrays_of_numpy_both_ways(self):
        server = self.container()
        server.wait_for_ping()
        for dtype in (numpy.float32, numpy.float64, numpy.int64):
            sent = numpy.arange(32, dtype=dtype).reshape(2, 16)
            file = io.BytesIO()
            numpy.save(file, sent)
            answer = server.ask("POST", "/invocations", file.getvalue(),
                                (("Content-Type", "application/x-npy"), ("Accept", "application/x-npy")))
            self.assertEqual(answer.status, 200, answer)
            got = numpy.load(io.BytesIO(answer.body))
            self.assertEqual((got.dtype, got.tolist()), (numpy.float32, (sent + 1).tolist()))

    def test_variables_of_a_batch_job(self):
        server = self.container(SAGEMAKER_BATCH="true", SAGEMAKER_MAX_PAYLOAD_IN_MB="100",
                                SAGEMAKER_BATCH_STRATEGY="SINGLE_RECORD", SAGEMAKER_MAX_CONCURRENT_TRANSFORMS="4",
                                SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="text/csv")
        server.wait_for_ping()
        self.assertEqual(server.ask("GET", "/execution-parameters").json(),
                         {"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 100})
        lines = ",".join(map(str, ROW)) + "\n"
        answer = server.ask("POST", "/invocations", (lines * 3).encode(), (("Content-Type", "text/csv"),))
        self.assertEqual(answer.body.decode(), (",".join(str(value + 1) for value in ROW) + "\n") * 3)
        # More than the usual limit of 64 MiB is let in, to be read and found to be no such lines.
        large = server.ask("POST", "/invocations", b"1" * (65 << 20), (("Content-Type", "text/csv"),))
        self.assertEqual(large.status, 400, large)

    def test_several_models_need_one_that_is_meant(self):
        self.put("add_sub", "model", "other", "1")
        code, told = self.start_in_vain()
        self.assertEqual(code, 1)
        self.assertIn("SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: expected one of add, other, found nothing", told)
        code, told = self.start_in_vain(SAGEMAKER_TRITON_DEFAULT_MODEL_NAME="third")
        self.assertIn("expected one of add, other, found 'third'", told)
        server = self.container(SAGEMAKER_TRITON_DEFAULT_MODEL_NAME="add")
        server.wait_for_ping()
        self.assert_adds_one(server.ask("POST", "/invocations", json.dumps([ROW]).encode()))

    def test_other_ports_stay_in_the_range_that_is_left_to_them(self):
        code, told = self.start_in_vain(SAGEMAKER_SAFE_PORT_RANGE="9000-9999", SAGEMAKER_TRITON_ALLOW_METRICS="true",
                                        SAGEMAKER_TRITON_METRICS_PORT="8002")
        self.assertEqual(code, 2)
        self.assertIn("metrics-port: expected a port from 9000 to 9999 (sagemaker-safe-port-range), found 8002", told)
        code, told = self.start_in_vain(SAGEMAKER_SAFE_PORT_RANGE="9000")
        self.assertIn("SAGEMAKER_SAFE_PORT_RANGE: expected two ports such as 9000-9999, found '9000'", told)

    def test_what_has_no_effect_is_named_once(self):
        server = self.container(SAGEMAKER_MODEL_SERVER_WORKERS="2", SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE="1")
        self.assertEqual(len(re.findall("accepted without effect: SAGEMAKER_MODEL_SERVER_WORKERS, "
                                        "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE", server.log())), 1, server.log())

    def test_additional_arguments_are_flags(self):
        server = self.container(SAGEMAKER_TRITON_ADDITIONAL_ARGS="--id room-7 --max-batch=4")
        server.wait_for_ping()
        code, told = self.start_in_vain(SAGEMAKER_TRITON_ADDITIONAL_ARGS="--no-such-flag")
        self.assertEqual(code, 2)
        self.assertIn("SAGEMAKER_TRITON_ADDITIONAL_ARGS", told)

    def test_a_model_that_cannot_be_served_is_told_by_ping(self):
        (self.base / "model/add/1/model.onnx").write_bytes(b"no model")
        server = self.container("--exit-on-error", "off")
        wait_until(lambda: "failed" in server.log(), "the model has failed")
        ping = server.ask("GET", "/ping")
        self.assertEqual(ping.status, 503)
        self.assertIn("add", ping.error())
        self.assertEqual(server.ask("POST", "/invocations", b"[[1]]").status, 503)

    def test_invocations_that_generate(self):
        shutil.rmtree(self.base / "model")
        shutil.copytree(self.models / "decoupled" / "repeat_one", self.base / "model" / "repeat_one")
        body = b'{"IN":9}'
        for kind, path in (("generate", "generate"), ("generate_stream", "generate_stream")):
            server = self.container("--allow-http", "on", "--http-port", "0", SAGEMAKER_TRITON_INFERENCE_TYPE=kind)
            server.wait_for_ping()
            usual = int(re.search(r'"http":"http://127\.0\.0\.1:(\d+)"', server.log()).group(1))
            with Connection(usual) as connection:
                wanted = connection.ask("POST", "/v2/models/repeat_one/" + path, body)
            self.assertEqual(wanted.status, 200, wanted)
            got = server.ask("POST", "/invocations", body)
            self.assertEqual((got.status, got.header("Content-Type"), got.body),
                             (wanted.status, wanted.header("Content-Type"), wanted.body))

    def start_in_vain(self, **environment):
        done = subprocess.run([self.program, "serve", *ON_LOG], capture_output=True, timeout=60, check=False,
                              env={**without_settings(os.environ), "SAGEMAKER_BASE_DIR": str(self.base),
                                   "SAGEMAKER_BIND_TO_PORT": "0", **environment})
        return done.returncode, done.stderr.decode()


class MultiModelTest(SagemakerTest):
    def setUp(self):
        super().setUp()
        (self.base / "models").mkdir()

    def start(self, *arguments, **environment):
        return self.container(*arguments, SAGEMAKER_MULTI_MODEL="true", **environment)

    def test_a_model_is_loaded_invoked_listed_and_unloaded(self):
        url = self.put("add", "models", "h1", "model", "1").parent
        server = self.start()
        self.assertEqual(server.ask("GET", "/ping").status, 200)
        self.assertEqual(server.ask("GET", "/models").json(), {"models": []})
        self.assertEqual(server.invoke("h1", [ROW]).status, 404)
        self.assertEqual(server.unload("h1").status, 404)
        self.assertEqual(server.ask("GET", "/models/h1").status, 404)

        loaded = server.load("h1", url, **{"X-Amzn-SageMaker-Target-Model": "sub/add.tar.gz"})
        self.assertEqual((loaded.status, loaded.body), (200, b""), server.log())
        self.assertEqual(server.load("h1", url).status, 409)
        self.assert_adds_one(server.invoke("h1", [ROW], ("X-Amzn-SageMaker-Target-Model", "sub/add.tar.gz")))
        one = {"modelName": "h1", "modelUrl": str(url)}
        self.assertEqual(server.ask("GET", "/models/h1").json(), one)
        self.assertEqual(server.ask("GET", "/models").json(), {"models": [one]})

        unloaded = server.unload("h1")
        self.assertEqual((unloaded.status, unloaded.body), (200, b""))
        self.assertEqual(server.invoke("h1", [ROW]).status, 404)
        self.assertEqual(server.unload("h1").status, 404)
        self.assertEqual(server.load("h1", url).status, 200)
        self.assertEqual(server.ask("GET", "/ping").status, 200)
        self.assertEqual(server.stop(), 0)

    def test_every_usual_shape_of_a_folder(self):
        urls = {"flat": self.put("add", "models", "flat", "model"),
                "version": self.put("add", "models", "version", "model", "1").parent,
                "named": self.put("add", "models", "named", "model", "resnet", "7").parent.parent}
        (urls["named"] / "resnet" / "config.pbtxt").write_text('name: "resnet"')
        urls["file"] = urls["flat"] / "model.onnx"
        server = self.start()
        for name, url in urls.items():
            self.assertEqual(server.load(name, url).status, 200, server.log())
            self.assert_adds_one(server.invoke(name, [ROW]))

    def test_names_are_opaque(self):
        url = self.put("add", "models", "a", "model")
        server = self.start()
        for name in ("8f14e45fceea167a5a36dedd4bea2543", "a b", "ü+&=", "%41", "resnet50:latest", "n" * 255, "'\"<>"):
            with self.subTest(name):
                self.assertEqual(server.load(name, url).status, 200, server.log())
                self.assert_adds_one(server.invoke(name, [ROW]))
                self.assertEqual(server.ask("GET", "/models/" + quote(name, safe="")).json()["modelName"], name)
                self.assertEqual(server.unload(name).status, 200)
        for name in ("", "a/b", "..", "a\nb", "\x7f", "n" * 256, "n" * 100_000):
            with self.subTest(name[:20]):
                answer = server.load(name, url)
                self.assertIn(answer.status, (400, 413), answer)
        self.assertEqual(server.ask("GET", "/models").json(), {"models": []})

    def test_the_form_of_the_multi_model_server(self):
        url = self.put("add", "models", "a", "model")
        server = self.start()
        query = f"url={quote(str(url), safe='')}&model_name=x%20y&initial_workers=1"
        self.assertEqual(server.ask("POST", "/models?" + query).status, 200, server.log())
        self.assert_adds_one(server.invoke("x y", [ROW]))

    def test_lists_have_pages(self):
        url = self.put("add", "models", "a", "model")
        server = self.start()
        for name in "edcba":
            self.assertEqual(server.load(name, url).status, 200)
        seen, query = [], "limit=2"
        for _ in range(3):
            page = server.ask("GET", "/models?" + query).json()
            seen.append([model["modelName"] for model in page["models"]])
            query = "limit=2&next_page_token=" + page.get("nextPageToken", "")
        self.assertEqual(seen, [["a", "b"], ["c", "d"], ["e"]])
        self.assertNotIn("nextPageToken", page)
        self.assertEqual(server.ask("GET", "/models?limit=0").status, 400)

    def test_a_url_leads_nowhere_else(self):
        self.put("add", "models", "a", "model")
        self.put("add", "elsewhere")
        os.symlink(self.base / "elsewhere", self.base / "models" / "link")
        self.base.joinpath("models", "b").mkdir()
        os.symlink(self.base / "elsewhere" / "model.onnx", self.base / "models" / "b" / "model.onnx")
        server = self.start()
        models = self.base / "models"
        for url in ("", "/dev/zero", "/proc/self/environ", "/sys", "/", models, models / "link", models / "b",
                    f"{models}/../elsewhere", f"{models}/a/../../elsewhere", "a/model", "s3://bucket/a",
                    f"file://{models}/a/model", f"{models}/a\n", "/" * 5000):
            with self.subTest(str(url)):
                answer = server.load("x", url)
                self.assertEqual(answer.status, 400, answer)
        self.assertEqual(server.load("x", models / "nowhere").status, 404)
        self.assertEqual(server.ask("GET", "/models").json(), {"models": []})

    def test_a_load_that_fails_leaves_no_trace(self):
        url = self.put("add", "models", "a", "model")
        (url / "model.onnx").write_bytes(b"no model")
        server = self.start()
        for _ in range(2):
            answer = server.load("x", url)
            self.assertEqual(answer.status, 400, answer)
        self.assertEqual(server.ask("GET", "/models").json(), {"models": []})
        self.assertEqual(server.invoke("x", [ROW]).status, 404)
        self.put("add", "models", "a", "model")
        self.assertEqual(server.load("x", url).status, 200, server.log())
        self.assert_adds_one(server.invoke("x", [ROW]))

    def test_memory_that_is_full_is_507_and_nothing_is_thrown_out(self):
        small = self.put("add", "models", "small", "model")
        large = self.put_larger("add", 8 << 20, "models", "large", "model")
        server = self.start("--budget", "4MiB")
        self.assertEqual(server.load("small", small).status, 200, server.log())
        for _ in range(3):
            refusal = server.load("large", large)
            self.assertEqual(refusal.status, 507, refusal)
            self.assertIn("of a budget of 4.0 MiB", refusal.error())
            self.assertEqual(server.invoke("large", [ROW]).status, 404)
            self.assertEqual(server.ask("GET", "/models").json()["models"],
                             [{"modelName": "small", "modelUrl": str(small)}])
            self.assert_adds_one(server.invoke("small", [ROW]))
        # The file under that name is another one now: the attempts left nothing behind.
        self.put("add", "models", "large", "model")
        self.assertEqual(server.load("large", large).status, 200, server.log())

    def test_a_load_succeeds_once_the_platform_has_made_room(self):
        urls = [self.put_larger("add", 1 + i, "models", f"h{i}", "model") for i in range(60)]
        server = self.start("--budget", "3MiB")
        loaded = []
        for url in urls:
            name = f"h{len(loaded)}"
            answer = server.load(name, url)
            if answer.status != 200:
                break
            loaded.append(name)
        self.assertEqual(answer.status, 507, answer)
        for name_of_one in loaded:
            self.assert_adds_one(server.invoke(name_of_one, [ROW]))
        while answer.status == 507:
            self.assertEqual(server.unload(loaded.pop(0)).status, 200)
            answer = server.load(name, url)
        self.assertEqual(answer.status, 200, answer)
        self.assert_adds_one(server.invoke(name, [ROW]))

    def test_different_models_load_and_unload_side_by_side(self):
        names = [f"m{i}" for i in range(12)]
        urls = {name: self.put("add", "models", name, "model") for name in names}
        server = self.start()

        def live(name):
            answers = []
            for _ in range(3):
                answers += [server.load(name, urls[name]).status, server.invoke(name, [ROW]).status,
                            server.unload(name).status]
            return answers

        slowest, done = [], threading.Event()

        def ping():
            with Connection(server.port) as connection:
                while not done.is_set():
                    begin = time.monotonic()
                    slowest.append((connection.ask("GET", "/ping").status, time.monotonic() - begin))

        pinging = threading.Thread(target=ping)
        pinging.start()
        with ThreadPoolExecutor(6) as pool:
            for answers in pool.map(live, names):
                self.assertEqual(answers, [200] * 9, server.log())
        done.set()
        pinging.join()
        self.assertEqual({status for status, _ in slowest}, {200})
        self.assertLess(max(took for _, took in slowest), 2, "the platform waits no longer")
        self.assertEqual(server.ask("GET", "/models").json(), {"models": []})

    def test_the_same_model_asked_for_many_times_at_once_is_loaded_once(self):
        url = self.put("add", "models", "a", "model")
        server = self.start()
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: server.load("x", url).status, range(16)))
        self.assertEqual(sorted(statuses), [200] + [409] * 15)
        self.assert_adds_one(server.invoke("x", [ROW]))

    def test_bodies_that_are_no_request(self):
        server = self.start()
        for body in (b"", b"[]", b"{", b'{"model_name":"a"}', b'{"url":"/x"}', b'{"model_name":1,"url":"/x"}',
                     b'{"model_name":"a","url":"/x","url":"/y"}', b"\xff", b"[" * 50_000):
            with self.subTest(body[:30]):
                answer = server.ask("POST", "/models", body)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn("error", answer.json())
        for body, text in ((b'{"model_name":1,"url":"/x"}', "model_name: expected a string, found number 1"),
                           (b'{"model_name":"a"}', "Parameter url is required: expected the path of a model's folder"),
                           (b'{"model_name":"a","url":"/%s"}' % (b"x" * 10_000), "url: expected at most 4096 bytes")):
            error = server.ask("POST", "/models", body).json()["error"]
            self.assertIn(text, error)
            self.assertLess(len(error), 500)
        error = server.ask("GET", "/models/" + "n" * 8000).json()["error"]
        self.assertRegex(error, r"^model 'n+\.\.\.' \(8000 bytes\) is not loaded$")
        self.assertEqual(server.ask("POST", "/models", b"x" * (1 << 20)).status, 413)
        for path, status in (("/models/%2e%2e", 400), ("/models/a%2Fb", 400), ("/models/%zz", 400), ("/models/", 404),
                             ("/models/" + "n" * 8000, 404)):
            self.assertEqual(server.ask("GET", path).status, status, path)
        self.assertEqual(server.ask("PUT", "/models/a").status, 405)

    def test_binary_bodies(self):
        url = self.put("add", "models", "a", "model")
        server = self.start()
        self.assertEqual(server.load("x", url).status, 200)
        head = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16],
                                       "parameters": {"binary_data_size": 64}}],
                           "parameters": {"binary_data_output": True}}).encode()
        tensor = numpy.arange(16, dtype=numpy.float32)
        answer = server.ask("POST", "/models/x/invoke", head + tensor.tobytes(),
                            (("Content-Type", BINARY + str(len(head))),))
        self.assertEqual(answer.status, 200, answer)
        size = int(answer.header("Content-Type").removeprefix(BINARY))
        self.assertEqual(json.loads(answer.body[:size])["model_name"], "x")
        self.assertEqual(numpy.frombuffer(answer.body[size:], numpy.float32).tolist(), (tensor + 1).tolist())


class BesideOthersTest(ServingTest):
    def test_a_listener_beside_the_usual_ones(self):
        with Trireme(self.program, self.models / "good" / "add", "--dialects", "kserve,sagemaker", "--sagemaker-port",
                     "0") as server:
            with Connection(server.sagemaker_port) as connection:
                self.assertEqual(connection.ask("GET", "/ping").status, 200)
                self.assertEqual(connection.ask("POST", "/invocations", json.dumps([ROW]).encode()).status, 200)
                loading = connection.ask("POST", "/models", b'{"model_name":"a","url":"/opt/ml/models/a/model"}')
                self.assertIn(loading.status, (400, 404, 503), loading)
            self.assertTrue(server.ready())

    def test_keys_are_asked_for_where_there_are_some(self):
        keys = self.folder() / "keys.txt"
        key = subprocess.run([self.program, "keys", "add", keys, "web", "--role", "infer", "--model", "other"],
                             capture_output=True, check=True, text=True).stdout.split()[-1]
        with Trireme(self.program, self.models / "good" / "add", "--dialects", "kserve,sagemaker", "--sagemaker-port",
                     "0", "--keys", keys, wait=False) as server:
            with Connection(server.sagemaker_port) as connection:
                wait_until(lambda: connection.ask("GET", "/ping").status == 200, "/ping says 200")
                self.assertEqual(connection.ask("POST", "/invocations", b"[[1]]").status, 401)
                self.assertEqual(connection.ask("GET", "/models").status, 401)
                shown = (("Authorization", "Bearer " + key),)
                self.assertEqual(connection.ask("GET", "/models", b"", shown).json(), {"models": []})
                self.assertEqual(connection.ask("POST", "/models", b"{}", shown).status, 403)
                self.assertEqual(connection.ask("POST", "/models/add/invoke", b"[[1]]", shown).status, 403)
                self.assertEqual(connection.ask("POST", "/models/%61dd/invoke", b"[[1]]", shown).status, 403)


if __name__ == "__main__":
    unittest.main()
