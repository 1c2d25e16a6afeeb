# SPDX-License-Identifier: Apache-2.0
"""Changes of what TorchServe's clients registered: that overlap, that come from other clients, and across restarts."""
import json
import shutil
import threading
import unittest
import zipfile
from urllib.parse import quote

from test_torchserve import FORM, ROW, TorchServe, TorchServeTest, form
from trireme import wait_until


def added(row=ROW):
    return [value + 1.0 for value in row]


class ChangesTest(TorchServeTest):
    def pack(self, version, model="s", source="add"):
        """An archive of this version; `source` is one of the store's models."""
        name = f"{model}-{version}.mar"
        with zipfile.ZipFile(self.store / name, "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python3", "model": {
                "modelName": model, "modelVersion": version, "serializedFile": "model.onnx", "handler": "base_handler"}}))
            archive.write(self.store / f"{source}.onnx", "model.onnx")
        return name

    def register(self, server, url, **parameters):
        query = "".join(f"&{key}={value}" for key, value in {"initial_workers": 1, **parameters}.items())
        answer = server.manage("POST", f"/models?url={quote(url)}{query}")
        self.assertIn(answer.status, (200, 202), answer)

    def listed(self, server):
        return [model["modelName"] for model in server.manage("GET", "/models").json()["models"]]


class Overlapping(ChangesTest):
    def setUp(self):
        super().setUp()
        self.server = self.start("--enable-model-api")

    def test_who_scales_what_is_on_its_way_finds_it_there(self):
        for i in range(8):
            name = f"m{i}"
            self.register(self.server, "add.onnx", model_name=name, synchronous="false")
            self.assertEqual(self.server.manage("PUT", f"/models/{name}?min_worker=1&synchronous=true").status, 200)
            self.assertEqual(self.server.predict(f"/predictions/{name}", ROW).json(), added())

    def test_no_workers_after_some_stay_none(self):
        self.register(self.server, "add.onnx")
        self.assertEqual(self.server.manage("PUT", "/models/add?min_worker=2").status, 202)
        self.assertEqual(self.server.manage("PUT", "/models/add?min_worker=0").status, 202)
        # Whatever came before it is done.
        self.assertEqual(self.server.manage("PUT", "/models/add?min_worker=3&synchronous=true").status, 200)
        self.assertEqual(self.server.manage("PUT", "/models/add?min_worker=0").status, 202)
        self.assertEqual(self.server.manage("GET", "/models/add").json()[0]["minWorkers"], 0)
        self.assertEqual(self.server.predict("/predictions/add", ROW).status, 503)

    def test_another_model_takes_the_name_at_once(self):
        self.register(self.server, "add.onnx", model_name="m")
        for source in ("identity_fp32", "add") * 3:
            self.assertEqual(self.server.manage("PUT", "/models/m?min_worker=3").status, 202)
            self.assertEqual(self.server.manage("DELETE", "/models/m").status, 200)
            self.register(self.server, f"{source}.onnx", model_name="m")
            described, = self.server.manage("GET", "/models/m").json()
            self.assertEqual((described["modelUrl"], described["minWorkers"]), (f"{source}.onnx", 1))
            wanted = added() if source == "add" else [float(value) for value in ROW]
            self.assertEqual(self.server.predict("/predictions/m", [ROW]).json(), [wanted])

    def test_whoever_comes_first(self):
        """Many clients at one name: each is answered, and in the end it is whole."""
        def work(index):
            for _ in range(4):
                self.server.manage("POST", f"/models?url=add.onnx&model_name=m&initial_workers=1&synchronous={'true' if index % 2 else 'false'}")
                self.server.manage("PUT", f"/models/m?min_worker={index % 3}&synchronous={'false' if index % 2 else 'true'}")
                self.server.manage("DELETE", "/models/m")
                self.server.ask("POST", "/v2/repository/models/m/unload")
        threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: self.server.manage("DELETE", "/models/m").status == 404, "nothing is left of it")
        self.assertEqual(self.listed(self.server), [])
        self.register(self.server, "add.onnx", model_name="m")
        self.assertEqual(self.server.predict("/predictions/m", ROW).json(), added())


class BesideOtherClients(ChangesTest):
    def setUp(self):
        super().setUp()
        self.repository = self.store.parent / "repository"
        self.repository.mkdir()
        self.server = self.start(self.repository, "--enable-model-api")

    def test_what_they_unload_is_forgotten(self):
        self.register(self.server, "add.onnx", model_name="m")
        self.assertEqual(self.server.ask("POST", "/v2/repository/models/m/unload").status, 200)
        self.assertEqual(self.listed(self.server), [])
        self.assertEqual(self.server.manage("DELETE", "/models/m").status, 404)
        self.register(self.server, "add.onnx", model_name="m")
        self.assertEqual(self.server.predict("/predictions/m", ROW).json(), added())

    def test_a_name_that_failed_is_the_repositorys_again(self):
        self.assertEqual(self.server.manage("POST", "/models?url=broken.onnx&model_name=q").status, 400)
        shutil.copy(self.store / "add.onnx", self.repository / "q.onnx")
        self.assertEqual(self.server.ask("POST", "/v2/repository/models/q/load").status, 200)
        self.assertEqual(self.server.predict("/predictions/q", ROW).json(), added())
        self.assertEqual(self.server.manage("DELETE", "/models/q/999").status, 404)
        self.assertEqual(self.server.predict("/predictions/q", ROW).status, 200)
        self.assertEqual(self.server.manage("DELETE", "/models/q/1.0").status, 200)
        self.assertEqual(self.server.predict("/predictions/q", ROW).status, 503, "it is known, and not loaded")

    def test_a_further_version_is_no_model(self):
        for version in ("1.0", "2.0"):
            self.register(self.server, self.pack(version))
        self.assertEqual(self.server.ask("GET", "/v2/models/s:2.0/ready").status, 200)
        for answer in (self.server.manage("DELETE", "/models/s:2.0"), self.server.predict("/predictions/s:2.0", ROW),
                       self.server.manage("GET", "/models/s:2.0")):
            self.assertEqual((answer.status, answer.json()["type"]), (404, "ModelNotFoundException"))
        self.assertEqual(self.server.predict("/predictions/s/2.0", ROW).status, 200)

    def test_the_only_model_is_a_further_version(self):
        for version in ("1.0", "2.0+cu118"):
            self.register(self.server, self.pack(version))
        self.assertEqual(self.server.predict("/predictions/s/2.0%2Bcu118", ROW).json(), added())
        self.assertEqual(self.server.manage("PUT", "/models/s/2.0%2Bcu118/set-default").status, 200)
        self.assertEqual(self.server.manage("DELETE", "/models/s/1.0").status, 200)
        self.assertEqual(self.server.predict("/invocations", ROW).json(), added())

    def test_a_form_that_names_the_model(self):
        self.register(self.server, "add.onnx", model_name="m")
        self.register(self.server, "identity_fp32.onnx", model_name="n")
        small = form(model_name="m", data=json.dumps(ROW))
        large = form(data=json.dumps([ROW] * 8000), model_name="m")
        self.assertGreater(len(large), 400_000)
        self.assertEqual(self.server.predict("/invocations", small, FORM).json(), added())
        self.assertEqual(self.server.predict("/invocations", large, FORM).json(), [added()] * 8000)

    def test_what_has_no_worker_describes_itself(self):
        self.register(self.server, "add.onnx", model_name="m", initial_workers=0)
        self.assertEqual(self.server.curl(self.server.inference, "OPTIONS", "/predictions/m").status, 200)
        self.assertEqual(self.server.curl(self.server.inference, "OPTIONS", "/predictions/m/9").json()["type"],
                         "ModelVersionNotFoundException")


class AcrossRestarts(ChangesTest):
    def snapshot(self):
        return self.store.parent / "snapshot.cfg"

    def begin_again(self):
        server = TorchServe(self.program, "--ts-config", self.snapshot(), "--torchserve-snapshot", self.snapshot())
        self.addCleanup(server.__exit__)
        wait_until(lambda: server.curl(server.inference, "GET", "/ping").status == 200, "what was there is there again")
        return server

    def written(self):
        text = self.snapshot().read_text().replace("\\\n", "")
        line, = (line for line in text.splitlines() if line.startswith("model_snapshot="))
        return json.loads(line.partition("=")[2].replace("\\n", "\n"))["models"]

    def test_everything_is_as_it_was(self):
        server = self.start("--enable-model-api", "--torchserve-snapshot", self.snapshot())
        self.register(server, self.pack("2.0"), response_timeout=0)
        self.register(server, self.pack("1.0", source="identity_fp32"), startup_timeout=0, initial_workers=0)
        self.assertEqual(server.manage("PUT", "/models/s/1.0?min_worker=1&max_worker=3&synchronous=true").status, 200)
        self.assertEqual(server.manage("PUT", "/models/s/1.0/set-default").status, 200)
        before = server.manage("GET", "/models/s/all").json()
        self.assertEqual(server.stop(), 0)
        for _ in range(2):
            again = self.begin_again()
            after = again.manage("GET", "/models/s/all").json()
            for old, new in zip(before, after):
                for key in ("modelVersion", "minWorkers", "maxWorkers", "responseTimeout", "startupTimeout", "modelUrl"):
                    self.assertEqual(old.get(key), new.get(key), key)
            self.assertEqual(again.predict("/predictions/s", [ROW]).json(), [[float(value) for value in ROW]])
            self.assertEqual(again.ask("GET", "/v2/models/s:1.0/ready").status, 200)
            row = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16], "data": ROW}]}
            answer = again.ask("POST", "/v2/models/s/infer", json.dumps(row).encode()).json()
            self.assertEqual(answer["outputs"][0]["data"], added())
            self.assertEqual(again.stop(), 0)

    def test_what_cannot_be_had_once_is_not_forgotten(self):
        server = self.start("--enable-model-api", "--torchserve-snapshot", self.snapshot())
        self.register(server, self.pack("1.0"))
        self.register(server, "add.onnx", model_name="m")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(set(self.written()), {"s", "m"})

        (self.store / "s-1.0.mar").rename(self.store / "elsewhere")
        without = self.begin_again()
        self.assertEqual(self.listed(without), ["m"])
        self.register(without, "add.onnx", model_name="n")
        self.assertEqual(without.stop(), 0)
        self.assertEqual(set(self.written()), {"s", "m", "n"})

        (self.store / "elsewhere").rename(self.store / "s-1.0.mar")
        again = self.begin_again()
        self.assertEqual(again.predict("/predictions/s", ROW).json(), added())
        self.assertEqual(again.manage("DELETE", "/models/s").status, 200)
        self.assertEqual(again.stop(), 0)
        self.assertEqual(set(self.written()), {"m", "n"})

    def test_what_others_unload_does_not_come_again(self):
        server = self.start("--enable-model-api", "--torchserve-snapshot", self.snapshot())
        self.register(server, "add.onnx", model_name="m")
        self.register(server, "add.onnx", model_name="n")
        self.assertEqual(server.ask("POST", "/v2/repository/models/m/unload").status, 200)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(set(self.written()), {"n"})

    def test_a_start_that_is_killed_forgets_nothing(self):
        names = [f"m{number}" for number in range(20)]
        server = self.start("--enable-model-api", "--torchserve-snapshot", self.snapshot())
        for name in names:
            self.register(server, "add.onnx", model_name=name, initial_workers=0)
        self.assertEqual(server.stop(), 0)
        killed = TorchServe(self.program, "--ts-config", self.snapshot(), "--torchserve-snapshot", self.snapshot())
        self.addCleanup(killed.__exit__)
        killed.process.kill()
        killed.process.wait()
        self.assertEqual(set(self.written()), set(names))


if __name__ == "__main__":
    unittest.main()
