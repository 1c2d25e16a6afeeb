# SPDX-License-Identifier: Apache-2.0
"""From a photo to its classes: the server, which decodes, resizes and runs the model, against libjpeg-turbo's full decode
and the bare model run in one process, which leave out all that comes between. Rounds of both, alternated."""
import json
import os
import shutil
import statistics
import urllib.request
from pathlib import Path

from harness import Failed, Server, load, markdown, number, run_json, say, spread
from photos import write_photos
from torch_rows import making

MODEL = "mobilenet_v3_large"
ROUNDS = 3
SECONDS = 6.0
TRANSFORM = "transform:\n  image: {{resize: 256, crop: 224, normalise: minus_one_to_one, decode: {}}}\n  classes: {{top: {}}}\n"
CLASSES = 1000


def make_repository(setup, model, decode="scaled", top=5):
    """One model around which photos are decoded; its input's name and size are the file's."""
    name = model.stem
    folder = setup.scratch / f"{name}-{decode}-{top}" / name
    if not folder.exists():
        (folder / "1").mkdir(parents=True)
        shutil.copy(model, folder / "1/model.onnx")
        (folder / "trireme.yaml").write_text(TRANSFORM.format(decode, top))
    return folder.parent


def server_round(setup, repository, photo, connections):
    with Server(setup, [repository]) as server:
        report = load(setup, server, None, connections=connections, seconds=SECONDS, windows=1,
                      dialect="sagemaker", inputs=[photo])
    return report["requests_per_second"]["median"], report["server_cpu_us"]["median"]


def bare_round(setup, model, photo):
    seconds = 1 if setup.quick else SECONDS
    report = run_json([setup.program("bare_onnx"), str(model), "--callers", str(os.cpu_count()), "--spin", "0",
                       "--jpeg", str(photo), "--seconds", str(seconds)], timeout_s=seconds + 60)
    return report["items_per_second"], report["cpu_us_per_item"]


def measure(setup, model, photo):
    repository = make_repository(setup, model)
    rows = {"bare": [], "server": []}
    for turn in range(1 if setup.quick else ROUNDS):
        say(f"{photo.name}, round {turn + 1}")
        rows["bare"].append(bare_round(setup, model, photo))
        rows["server"].append(server_round(setup, repository, photo, 2 * os.cpu_count()))
    return rows


def rows_of(name, photo, rows):
    cpu = {who: statistics.median(each for _, each in values) for who, values in rows.items()}
    title = f"{name}, {photo.stat().st_size // 1024:,} KiB"
    return [(title if who == "bare" else "", who, spread([rate for rate, _ in values]),
             spread([each for _, each in values]), f"{cpu[who] / cpu['bare']:.2f}") for who, values in rows.items()]


def classes(server, photo):
    """The probability of each class by its number."""
    request = urllib.request.Request(server.url + "/invocations", photo.read_bytes(), {"Content-Type": "image/jpeg"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def compare(setup, model, photos):
    """What decoding at a fraction of the size changes: (photo, same first class, largest change of a probability)."""
    answers = {}
    for decode in ("full", "scaled"):
        with Server(setup, [make_repository(setup, model, decode, CLASSES)]) as server:
            answers[decode] = [classes(server, photo) for photo in photos]
    rows = []
    for photo, full, scaled in zip(photos, answers["full"], answers["scaled"]):
        if full.keys() != scaled.keys():
            raise Failed(f"{photo.name} has other classes when it is decoded at a fraction of its size")
        first = max(full, key=full.get)
        rows.append((photo.name, "yes" if first == max(scaled, key=scaled.get) else "no", number(full[first]),
                     f"{max(abs(full[name] - scaled[name]) for name in full):.1e}"))
    return rows


def real_photos():
    """The trained model and photos of TRIREME_TEST_DATA, where there are any: random weights answer alike to all."""
    folder = Path(os.environ.get("TRIREME_TEST_DATA", "")) / "imagenet"
    model = folder / "mobilenet_v2_imagenet_fp32.onnx"
    return (model, sorted(folder.glob("*.jpg"))) if model.exists() else (None, [])


def run(setup):
    model = making(setup, "make", MODEL)
    photos = {name: paths[0] for name, paths in write_photos(setup.scratch).items()}
    rows = []
    for name, photo in photos.items():
        rows += rows_of(name, photo, measure(setup, model, photo))
    yield markdown(f"A photo in, classes out: {MODEL} on all processors",
                   ("photo", "", "photos/s", "CPU us a photo", "of bare"), rows)
    real, taken = real_photos()
    trained, taken = real_photos()
    if trained:
        yield markdown(f"{trained.stem}: photos that are decoded at a fraction of their size, or in full",
                       ("photo", "same first class", "its probability", "largest change of any"),
                       compare(setup, trained, [*taken, *photos.values()]))
    else:
        say("no comparison of answers: TRIREME_TEST_DATA names no folder with a trained model")
