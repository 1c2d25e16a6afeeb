# SPDX-License-Identifier: Apache-2.0
"""Pictures in, answers out: around models of any backend, through every dialect; and TorchServe's archives."""
import base64
import concurrent.futures
import importlib.util
import io
import json
import os
import shutil
import struct
import unittest
import zipfile
from pathlib import Path

from PIL import Image

from serving import ServingTest
from trireme import wait_until

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
TRANSFORM = """
transform:
  image: {resize: {width: 4, height: 4}, normalise: minus_one_to_one}
  classes: {top: 2, labels: names.txt}
"""


def picture(colour, size=(20, 13), form="PNG", **options):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form, **options)
    return out.getvalue()


def elements(*pictures):
    return b"".join(struct.pack("<I", len(each)) + each for each in pictures)


def as_json(name, *pictures):
    return {"inputs": [{"name": name, "datatype": "BYTES", "shape": [len(pictures)],
                        "data": [base64.b64encode(each).decode() for each in pictures]}]}


class PicturesTest(ServingTest):
    def serve_colours(self, *arguments):
        """A model of bytes with labels, for which nothing has to be said; and one of floats."""
        folder = self.folder()
        shutil.copytree(self.models / "triton" / "colours", folder / "colours")
        floats = folder / "floats"
        shutil.copytree(self.models / "triton" / "colours" / "1", floats / "1")
        (floats / "names.txt").write_text((folder / "colours" / "colours.txt").read_text())
        (floats / "trireme.yaml").write_text(TRANSFORM.replace("minus_one_to_one", "none"))
        self.folder_ = folder
        return self.serve(folder, *arguments)

    def invoke(self, server, model, body, kind="image/png"):
        answer = server.ask("POST", f"/v2/models/{model}/infer", json.dumps(as_json("pixels", body)).encode())
        return answer

    def classes(self, answer):
        self.assertEqual(answer.status, 200, answer)
        outputs = answer.json()["outputs"]
        self.assertEqual([output["name"] for output in outputs], ["classes"])
        return [next(iter(json.loads(each))) for each in outputs[0]["data"]]

    def test_files_of_every_kind(self):
        server = self.serve_colours()
        for form, options in (("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})):
            for model in ("colours", "floats"):
                with self.subTest(form=form, model=model):
                    body = picture(GREEN, form=form, **options)
                    self.assertEqual(self.classes(self.invoke(server, model, body)), ["green"])

    def test_pictures_of_unequal_sizes_are_a_batch(self):
        server = self.serve_colours()
        request = as_json("pixels", picture(RED, (40, 10)), picture(BLUE, (5, 90)), picture(GREEN, (4, 4)))
        answer = server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode())
        self.assertEqual(self.classes(answer), ["red", "blue", "green"])

    def test_binary_form_and_outputs_by_name(self):
        server = self.serve_colours()
        body = elements(picture(RED), picture(BLUE))
        head = json.dumps({"inputs": [{"name": "pixels", "datatype": "BYTES", "shape": [2, 1],
                                       "parameters": {"binary_data_size": len(body)}}],
                           "outputs": [{"name": "scores"}, {"name": "classes"}]}).encode()
        answer = server.ask("POST", "/v2/models/colours/infer", head + body,
                            {"Inference-Header-Content-Length": len(head)})
        self.assertEqual(answer.status, 200, answer)
        scores, classes = answer.json()["outputs"]
        self.assertEqual((scores["name"], scores["shape"], classes["shape"]), ("scores", [2, 10], [2]))
        self.assertEqual(json.loads(classes["data"][1]).keys() & {"blue"}, {"blue"})

    def test_answers_of_tensors(self):
        server = self.serve_colours()
        request = {"inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [1, 4, 4, 3], "data": [255, 0, 0] * 16}],
                   "outputs": [{"name": "classes"}]}
        self.assertEqual(self.classes(server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode())), ["red"])
        del request["outputs"]
        answer = server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode()).json()
        self.assertEqual([output["name"] for output in answer["outputs"]], ["scores"], "as ever")

    def test_one_line_of_curl(self):
        folder = self.folder()
        shutil.copytree(self.models / "triton" / "colours", folder / "colours")
        server = self.serve(folder)
        answer = server.ask("POST", "/v2/models/colours/infer", picture(GREEN), {"Inference-Header-Content-Length": 0})
        self.assertEqual(self.classes(answer), ["green"])
        for kind in ("image/png", "application/x-image", "application/octet-stream"):
            answer = server.ask("POST", "/invocations", picture(BLUE), {"Content-Type": kind})
            self.assertEqual((answer.status, answer.header("Content-Type")), (200, "application/json"), answer)
            self.assertEqual(next(iter(answer.json())), "blue")

    def test_what_is_no_picture(self):
        server = self.serve_colours()
        whole = picture(RED, (64, 64), "JPEG")
        huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 60000, 60000) + b"\x08\x02\0\0\0\0\0\0\0"
        for body, expected in ((b"", "expected bytes of a JPEG, PNG or WebP"), (b"text", "found bytes that begin with"),
                               (whole[:-40], "truncated"), (huge, "60000")):
            with self.subTest(body=body[:20]):
                answer = self.invoke(server, "colours", body)
                self.assertIn(answer.status, (400, 413), answer)
                self.assertIn(expected, answer.error())
        request = as_json("pixels", picture(RED), b"no picture")
        answer = server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode())
        self.assertEqual(answer.status, 400)
        self.assertIn("input 'pixels', picture 1: ", answer.error())
        request["inputs"][0]["shape"] = [2, 2]
        self.assertEqual(server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode()).status, 400)
        self.assertEqual(self.classes(self.invoke(server, "colours", picture(RED))), ["red"])

    def test_what_is_too_much(self):
        server = self.serve_colours("--max-picture-memory", "64MiB")
        small = picture(RED, (1, 1), "WEBP", lossless=True)
        frame = struct.pack("<I", 0)[:3] * 5 + b"\0" + small[12:]
        chunks = b"VP8X" + struct.pack("<II", 10, 2) + (9458).to_bytes(3, "little") * 2 \
            + b"ANIM" + struct.pack("<IIH", 6, 0, 0) + b"ANMF" + struct.pack("<I", len(frame)) + frame
        bomb = b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
        self.assertEqual(Image.open(io.BytesIO(bomb)).size, (9459, 9459))
        for body, expected in ((bomb, "--max-picture-memory"),
                               (picture(RED, (8000, 8000), "PNG"), "at most 67108864 bytes (--max-picture-memory")):
            answer = self.invoke(server, "colours", body)
            self.assertEqual(answer.status, 413, answer)
            self.assertIn(expected, answer.error())
        self.assertEqual(self.classes(self.invoke(server, "colours", picture(RED))), ["red"])

    def test_the_whole_request_is_checked_before_anything_is_decoded(self):
        server = self.serve_colours()
        request = as_json("pixels", picture(RED), picture(RED)[:-30])
        request["outputs"] = [{"name": "none"}]
        answer = server.ask("POST", "/v2/models/colours/infer", json.dumps(request).encode())
        self.assertEqual(answer.status, 400, answer)
        self.assertIn("unexpected output 'none'", answer.error())

    def test_many_pictures_keep_nobody_waiting(self):
        server = self.serve_colours()
        many = json.dumps(as_json("pixels", *[picture(BLUE, (1500, 1500), "JPEG")] * 400)).encode()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            batch = pool.submit(server.ask, "POST", "/v2/models/floats/infer", many)
            answers = 0
            while not batch.done():
                self.assertEqual(self.classes(self.invoke(server, "colours", picture(RED))), ["red"])
                answers += not batch.done()
            self.assertEqual(self.classes(batch.result()), ["blue"] * 400)
        self.assertGreater(answers, 5)

    def test_a_reload_waits_for_no_picture(self):
        server = self.serve_colours()
        many = json.dumps(as_json("pixels", *[picture(GREEN, (1500, 1500), "JPEG")] * 300)).encode()
        file = self.folder_ / "floats" / "trireme.yaml"
        with concurrent.futures.ThreadPoolExecutor() as pool:
            batches = [pool.submit(server.ask, "POST", "/v2/models/floats/infer", many) for _ in range(2)]
            file.write_text(TRANSFORM.replace("minus_one_to_one", "none").replace("top: 2", "top: 1"))
            wait_until(lambda: len(json.loads(self.invoke(server, "floats", picture(RED)).json()["outputs"][0]["data"][0])) == 1,
                       "the new file counts")
            for batch in batches:
                self.assertEqual(self.classes(batch.result()), ["green"] * 300)

    def test_mistakes_in_the_file_are_named(self):
        server = self.serve_colours("--exit-on-error", "false")
        file = self.folder_ / "floats" / "trireme.yaml"
        file.write_text("transform:\n  image:\n    crop: 9\n    normalise: none\n")
        checked = self.run_trireme("check", self.folder_)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("transform.image: expected steps that make [4,4,3]", checked.stdout)
        file.write_text("transform:\n  image: {normalise: {}}\n")
        self.assertIn("found     an empty map", self.run_trireme("check", self.folder_).stdout)
        file.write_text("transform:\n  image: {colour: pink}\n")
        self.assertIn("expected  one of rgb, bgr, grey", self.run_trireme("check", self.folder_).stdout)
        self.assertEqual(self.classes(self.invoke(server, "floats", picture(RED))), ["red"], "what serves goes on")

    def test_real_photos(self):
        data = os.environ.get("TRIREME_TEST_DATA")
        if not data or not Path(data, "imagenet").is_dir():
            self.skipTest("TRIREME_TEST_DATA names no folder with imagenet/")
        data = Path(data, "imagenet")
        folder = self.folder() / "mobilenet"
        (folder / "1").mkdir(parents=True)
        shutil.copy(data / "mobilenet_v2_imagenet_fp32.onnx", folder / "1" / "model.onnx")
        shutil.copy(data / "imagenet_labels.txt", folder / "labels.txt")
        (folder / "trireme.yaml").write_text("transform:\n  image: {normalise: minus_one_to_one}\n"
                                             "  classes: {labels: labels.txt}\n")
        server = self.serve(folder)
        for photo, name in (("cat_720p", "Egyptian cat"), ("parrot", "macaw"), ("hot_dog", "hotdog, hot dog, red hot")):
            body = (data / f"{photo}.jpg").read_bytes()
            answer = server.ask("POST", "/v2/models/mobilenet/infer", json.dumps(as_json("input", body)).encode())
            self.assertEqual(self.classes(answer), [name])
            answer = server.ask("POST", "/invocations", body, {"Content-Type": "image/jpeg"})
            self.assertEqual(next(iter(answer.json())), name)


class ArchivesTest(ServingTest):
    """TorchServe's archives; an ONNX file is as good in one as TorchScript."""

    def pack(self, store, name, handler="image_classifier", more=None, manifest=None):
        model = {"modelName": name, "modelVersion": "1.0", "serializedFile": "model.onnx", "handler": handler}
        with zipfile.ZipFile(store / f"{name}.mar", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("MAR-INF/MANIFEST.json",
                             manifest if manifest is not None else json.dumps({"runtime": "python", "model": model}))
            archive.write(self.models / "triton" / "densenet_onnx" / "1" / "model.onnx", "model.onnx")
            for file, text in (more or {}).items():
                archive.writestr(file, text)

    def test_what_is_in_a_store(self):
        store = self.folder()
        scratch = self.folder()
        self.pack(store, "base", "base_handler")
        self.pack(store, "own", "service.py", {"service.py": "raise SystemExit"})
        self.pack(store, "climbs", "base_handler", {"../climbed": "x"})
        self.pack(store, "bare", manifest="{}")
        server = self.serve(store, "--exit-on-error", "false", environment={"TMPDIR": str(scratch)})
        answer = server.infer("base", ("data_0", "FP32", [1, 3, 4, 4], [1.0] * 48))
        self.assertEqual(answer.status, 200, answer)
        for name, why in (("own", "needs a Python worker"), ("climbs", r"climbed"), ("bare", "Missing Model entry")):
            answer = server.infer(name, ("data_0", "FP32", [1, 3, 4, 4], [1.0] * 48))
            self.assertEqual(answer.status, 503, answer)
            self.assertIn(why, answer.error())
        self.assertEqual(list(scratch.glob("trireme-load-*")), [], "nothing of an archive is left once it is loaded")
        self.assertFalse((store.parent / "climbed").exists())


@unittest.skipUnless(importlib.util.find_spec("torch"), "python3-torch is not here")
class DefaultHandlersTest(ServingTest):
    """TorchServe's image_classifier, with PyTorch itself as the judge."""

    def test_image_classifier(self):
        import torch
        torch.manual_seed(3)
        module = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, 7)).eval()
        store = self.folder()
        file = io.BytesIO()
        torch.jit.save(torch.jit.trace(module, torch.zeros(1, 3, 224, 224)), file)
        model = {"modelName": "tiny", "modelVersion": "1.0", "serializedFile": "tiny.pt", "handler": "image_classifier"}
        with zipfile.ZipFile(store / "tiny.mar", "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python", "model": model}))
            archive.writestr("tiny.pt", file.getvalue())
            archive.writestr("index_to_name.json", json.dumps({str(i): ["n", f"class {i}"] for i in range(7)}))
        server = self.serve(store)
        gradient = Image.linear_gradient("L").resize((300, 400)).convert("RGB")
        body = io.BytesIO()
        gradient.save(body, "PNG")
        answer = server.ask("POST", "/invocations", body.getvalue(), {"Content-Type": "image/png"})
        self.assertEqual(answer.status, 200, answer)
        got = answer.json()

        import numpy
        resized = gradient.resize((256, 341), Image.BILINEAR).crop((16, 58, 240, 282))
        pixels = torch.from_numpy(numpy.asarray(resized).copy()).permute(2, 0, 1).float() / 255
        normalised = (pixels - torch.tensor([.485, .456, .406])[:, None, None]) \
            / torch.tensor([.229, .224, .225])[:, None, None]
        with torch.no_grad():
            values, indexes = torch.softmax(module(normalised[None]), 1)[0].topk(5)
        self.assertEqual(list(got), [f"class {i}" for i in indexes.tolist()])
        for ours, theirs in zip(got.values(), values.tolist()):
            self.assertAlmostEqual(ours, theirs, places=5)


if __name__ == "__main__":
    unittest.main()
