#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what we make of pictures with what Pillow and torchvision's arithmetic make of them.

compare_with_pillow.py TRANSFORM_IMAGES

Pictures of many kinds and sizes are made here; each goes through both, and must come out the same bit for bit. Where a
JPEG is decoded at a part of its size (which Pillow does not do unasked) the difference is bounded instead.
"""
import io
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing} (apt-get install python3-numpy python3-pil)")
    sys.exit(77)

FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def painted(width, height, channels, seed=1):
    """Smooth hills with hard edges and a little noise, as photos have: uint8 height x width x channels."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = []
    for _ in range(channels):
        a, b, c, d = random.uniform(0.5, 6, 4)
        plane = 128 + 90 * np.sin(a * x / max(width, 8) * 6 + b) * np.cos(c * y / max(height, 8) * 6 + d)
        plane += 60 * ((x * random.uniform(-1, 1) + y * random.uniform(-1, 1)) > (width + height) / 9)
        planes.append(plane + random.normal(0, 3, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def rgb(width, height, seed=1):
    return Image.fromarray(painted(width, height, 3, seed))


def in_mode(mode, width, height):
    """A picture with all that the mode has, alpha and holes in the palette included."""
    if mode == "I;16":
        grey = painted(width, height, 1)[..., 0].astype(np.uint16)
        grey[:, ::2] *= 257  # beyond 255
        return Image.fromarray(grey)
    if mode == "LA":
        return Image.fromarray(painted(width, height, 2), "LA")
    if mode in ("RGBA", "CMYK"):
        return Image.fromarray(painted(width, height, 4), mode)
    if mode == "P":
        return rgb(width, height).quantize(20)
    return rgb(width, height).convert(mode)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(width, height, bits, colour_type, rows, extra=b"", interlace=0):
    """A PNG with what Pillow does not write: 16 bits, few bits, interlaced rows."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, interlace)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def palette(*colours):
    data = bytes(value for colour in colours for value in colour)
    return struct.pack(">I", len(data)) + b"PLTE" + data + struct.pack(">I", zlib.crc32(b"PLTE" + data))


def transparency(data):
    return struct.pack(">I", len(data)) + b"tRNS" + data + struct.pack(">I", zlib.crc32(b"tRNS" + data))


def animation(kind, **options):
    frames = [rgb(60, 40, seed) for seed in (1, 2, 3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **options)


def small_first_frame():
    """An animated WebP whose first picture covers a part of its canvas."""
    frames = [Image.new("RGBA", (64, 48), (0, 0, 0, 0)), in_mode("RGBA", 64, 48)]
    frames[0].paste(in_mode("RGBA", 20, 10), (12, 8))
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, minimize_size=True)


def all_files():
    files = {}
    for width, height in ((1, 1), (7, 5), (64, 48), (333, 250), (17, 200)):
        size = f"{width}x{height}"
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            files[f"png {mode} {size}"] = encoded(in_mode(mode, width, height), "PNG")
        files[f"png P transparent {size}"] = encoded(in_mode("P", width, height), "PNG", transparency=3)
        for mode in ("L", "RGB", "CMYK"):
            files[f"jpeg {mode} {size}"] = encoded(in_mode(mode, width, height), "JPEG", quality=90)
        for subsampling in (0, 1, 2):
            for progressive in (False, True):
                files[f"jpeg {subsampling} {progressive} {size}"] = encoded(
                    rgb(width, height), "JPEG", subsampling=subsampling, progressive=progressive, quality=80)
        for mode in ("RGB", "RGBA"):
            for lossless in (False, True):
                files[f"webp {mode} {lossless} {size}"] = encoded(
                    in_mode(mode, width, height), "WEBP", lossless=lossless, exact=True)
    files["webp animated"] = animation("WEBP")
    files["webp animated lossless"] = animation("WEBP", lossless=True)
    files["webp animated small first"] = small_first_frame()
    files["png animated"] = animation("PNG")
    files["png animated with another default"] = animation("PNG", default_image=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn it": nobody does
    files["jpeg turned"] = encoded(rgb(40, 30), "JPEG", exif=exif)
    random = np.random.default_rng(5)
    for bits in (1, 2, 4):
        rows = random.integers(0, 256, (9, (11 * bits + 7) // 8), np.uint8)
        files[f"png grey {bits} bits"] = png(11, 9, bits, 0, rows)
    for colour_type, channels in ((0, 1), (2, 3), (4, 2), (6, 4)):
        rows = random.integers(0, 256, (9, 11 * channels * 2), np.uint8)
        files[f"png 16 bits type {colour_type}"] = png(11, 9, 16, colour_type, rows)
    rows = random.integers(0, 6, (9, 11), np.uint8)
    colours = [(200, 10, 20), (1, 2, 3), (90, 80, 255)]
    files["png palette"] = png(11, 9, 8, 3, rows % 3, palette(*colours))
    files["png grey transparent"] = png(11, 9, 8, 0, rows, transparency(b"\0\3"))
    files["png palette of alphas"] = png(11, 9, 8, 3, rows % 3, palette(*colours) + transparency(b"\0\x80\xff"))
    # One pixel wide, so that its interlaced form has the passes 1, 3, 5, 7 of a column.
    files["png interlaced"] = png(1, 8, 8, 2, [rows[i % 9][:3] for i in (0, 4, 2, 6, 1, 3, 5, 7)], interlace=1)
    deep = random.integers(0, 256, (8, 2), np.uint8)
    files["png interlaced 16 bits grey"] = png(1, 8, 16, 0, [deep[i] for i in range(8)], interlace=1)
    # Bytes between two segments are harmless.
    jpeg = encoded(rgb(50, 40), "JPEG")
    files["jpeg with bytes between"] = jpeg[:2] + jpeg[2:20] + b"\0\0\0" + jpeg[20:]
    return files


def jpegs(width, height):
    """A JPEG of each kind: grey, inks, and colours of every sampling, in one scan, with restarts or progressive."""
    files = {}
    for mode in ("L", "CMYK"):
        files[mode] = encoded(in_mode(mode, width, height), "JPEG", quality=90)
    for subsampling in (0, 1, 2):
        for progressive in (False, True):
            files[f"{subsampling} {progressive}"] = encoded(
                rgb(width, height), "JPEG", subsampling=subsampling, progressive=progressive, quality=90)
    return files


def broken_files():
    jpeg = encoded(rgb(300, 200), "JPEG")
    progressive = encoded(rgb(300, 200), "JPEG", progressive=True)
    whole_png = encoded(rgb(300, 200), "PNG")
    webp = encoded(rgb(300, 200), "WEBP")
    lossless = encoded(rgb(300, 200), "WEBP", lossless=True)
    moving = animation("WEBP")
    for name, data in (("jpeg", jpeg), ("progressive", progressive), ("png", whole_png), ("webp", webp),
                       ("lossless", lossless), ("moving", moving)):
        for part in (0, 3, 20, 40, len(data) // 3, len(data) * 2 // 3):
            yield f"{name} cut at {part}", data[:part]
    yield "jpeg without its end", jpeg[:-2]
    yield "jpeg cut and ended", jpeg[:len(jpeg) // 2] + b"\xff\xd9"
    yield "zeros", bytes(1000)
    yield "text", b"hello"
    yield "gif", encoded(rgb(8, 8), "GIF")
    yield "bmp", encoded(rgb(8, 8), "BMP")
    yield "huge png", png(60000, 60000, 8, 2, [b"\0\0\0"])
    yield "lying png", png(600, 600, 8, 2, [b"\0\0\0"])
    frame = jpeg.index(b"\xff\xc0")
    yield "huge jpeg", jpeg[:frame + 5] + struct.pack(">HH", 60000, 60000) + jpeg[frame + 9:]
    yield "taller jpeg", jpeg[:frame + 5] + struct.pack(">HH", 2000, 300) + jpeg[frame + 9:]
    yield "flat jpeg", jpeg[:frame + 5] + struct.pack(">HH", 0, 300) + jpeg[frame + 9:]
    yield "flat png", png(0, 4, 8, 2, [b""])


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def shorter_side(image, side, filter_):
    width, height = image.size
    if width <= height:
        return image.resize((side, int(side * height / width)), filter_)
    return image.resize((int(side * width / height), side), filter_)


def centre_crop(image, width, height):
    """torchvision's, for pictures."""
    if image.width < width or image.height < height:
        larger = Image.new(image.mode, (max(width, image.width), max(height, image.height)))
        larger.paste(image, (max(0, (width - image.width) // 2), max(0, (height - image.height) // 2)))
        image = larger
    top = int(round((image.height - height) / 2.0))
    left = int(round((image.width - width) / 2.0))
    return image.crop((left, top, left + width, top + height))


def letterboxed(image, side, filter_):
    scale = side / max(image.size)
    width, height = (max(1, round(edge * scale)) for edge in image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image.resize((width, height), filter_), ((side - width) // 2, (side - height) // 2))
    return square


def normalised(image):
    values = np.asarray(image, np.float32).transpose(2, 0, 1) / np.float32(255)
    return (values - MEAN[:, None, None]) / DEVIATION[:, None, None]


class Comparison(unittest.TestCase):
    program = None

    def transform(self, jobs):
        """[(bytes, words)] to [(array or error)], by one run of the program."""
        with tempfile.TemporaryDirectory() as folder:
            lines = []
            for index, (data, words) in enumerate(jobs):
                (Path(folder) / f"{index}.in").write_bytes(data)
                lines.append(f"{folder}/{index}.in {folder}/{index}.out {words}\n")
            done = subprocess.run([self.program], input="".join(lines), capture_output=True, text=True, check=True)
            answers = done.stdout.splitlines()
            self.assertEqual(len(answers), len(jobs), done.stderr)
            return [self.result(answer, Path(folder) / f"{index}.out", jobs[index][1])
                    for index, answer in enumerate(answers)]

    @staticmethod
    def result(answer, file, words):
        if answer.startswith("error: "):
            return answer[len("error: "):]
        types = {"FP16": np.float16, "UINT8": np.uint8}
        kind = next((kind for name, kind in types.items() if f"type={name}" in words), np.float32)
        return np.fromfile(file, kind).reshape(eval(answer))

    def assert_same(self, found, expected, what):
        self.assertNotIsInstance(found, str, f"{what}: {found}")
        self.assertEqual(found.shape, expected.shape, what)
        different = np.count_nonzero(found != expected)
        if different:
            worst = np.max(np.abs(found.astype(np.float64) - expected.astype(np.float64)))
            self.fail(f"{what}: {different} of {expected.size} values differ, by up to {worst}")

    def test_decodes_every_kind_as_pillow(self):
        files = all_files()
        results = self.transform([(data, "type=UINT8 layout=nhwc") for data in files.values()])
        for (name, data), found in zip(files.items(), results):
            with self.subTest(name):
                self.assert_same(found, np.asarray(opened(data)), name)

    def test_resizes_every_way_as_pillow(self):
        sizes = [(1, 1), (2, 3), (5, 4), (64, 48), (61, 97), (333, 250), (640, 7), (1500, 900)]
        targets = [(1, 1), (3, 2), (7, 31), (64, 48), (224, 224), (301, 100), (256, 400)]
        jobs, expected, names = [], [], []
        for width, height in sizes:
            image = rgb(width, height)
            data = encoded(image, "PNG", compress_level=1)
            for target in targets:
                for name, filter_ in FILTERS.items():
                    jobs.append((data, f"resize=exact:{target[0]}x{target[1]} filter={name} type=UINT8 layout=nhwc"))
                    expected.append(np.asarray(image.resize(target, filter_)))
                    names.append(f"{width}x{height} to {target} {name}")
        for found, want, name in zip(self.transform(jobs), expected, names):
            with self.subTest(name):
                self.assert_same(found, want, name)

    def test_classifies_as_torchvision_prepares(self):
        words = "resize=shorter:256 crop=224x224 mean=0.485,0.456,0.406 deviation=0.229,0.224,0.225 full"
        sizes = [(500, 375), (375, 500), (224, 224), (100, 300), (257, 256), (1920, 1080), (30, 2000), (9, 9)]
        images = [rgb(*size) for size in sizes]
        data = [encoded(image, "JPEG", quality=92) for image in images]
        for size, file, found in zip(sizes, data, self.transform([(file, words) for file in data])):
            expected = normalised(centre_crop(shorter_side(opened(file), 256, Image.BILINEAR), 224, 224))
            self.assert_same(found, expected, size)

    def test_crops_and_fills_up_as_torchvision(self):
        jobs, expected, names = [], [], []
        for width in (3, 4, 5, 8, 9):
            for height in (3, 6, 11):
                image = rgb(width, height)
                data = encoded(image, "PNG")
                for crop in ((3, 3), (4, 4), (5, 8), (6, 2), (10, 11)):
                    jobs.append((data, f"crop={crop[0]}x{crop[1]} type=UINT8 layout=nhwc"))
                    expected.append(np.asarray(centre_crop(image, *crop)))
                    names.append(f"{width}x{height} crop {crop}")
                for side in (4, 7, 12):
                    jobs.append((data, f"resize=longest:{side} type=UINT8 layout=nhwc"))
                    expected.append(np.asarray(letterboxed(image, side, Image.BILINEAR)))
                    names.append(f"{width}x{height} longest {side}")
                    jobs.append((data, f"resize=shorter:{side} crop=5x5 type=UINT8 layout=nhwc"))
                    expected.append(np.asarray(centre_crop(shorter_side(image, side, Image.BILINEAR), 5, 5)))
                    names.append(f"{width}x{height} shorter {side}")
        for found, want, name in zip(self.transform(jobs), expected, names):
            with self.subTest(name):
                self.assert_same(found, want, name)

    def test_orders_types_and_layouts(self):
        image = rgb(40, 30)
        data = encoded(image, "PNG")
        small = image.resize((16, 12), Image.BILINEAR)
        grey = image.convert("L").resize((16, 12), Image.BILINEAR)
        values = np.asarray(small)
        scaled = values.astype(np.float32) / np.float32(255)
        cases = {
            "type=UINT8": values.transpose(2, 0, 1),
            "type=UINT8 order=bgr layout=nhwc": values[..., ::-1],
            "type=UINT8 order=grey": np.asarray(grey)[None],
            "type=UINT8 order=grey layout=nhwc": np.asarray(grey)[..., None],
            "layout=nhwc": scaled,
            "order=bgr": scaled[..., ::-1].transpose(2, 0, 1),
            "type=FP16": scaled.transpose(2, 0, 1).astype(np.float16),
            "order=grey mean=0.5 deviation=0.25":
                ((np.asarray(grey, np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.25))[None],
        }
        found = self.transform([(data, "resize=exact:16x12 " + words) for words in cases])
        for (words, expected), result in zip(cases.items(), found):
            with self.subTest(words):
                self.assert_same(result, expected, words)

    def assert_near(self, image, what, most_mean, most):
        words = "resize=shorter:256 crop=224x224 type=UINT8 layout=nhwc"
        for subsampling in (0, 2):
            data = encoded(image, "JPEG", quality=92, subsampling=subsampling)
            (found,) = self.transform([(data, words)])
            self.assertNotIsInstance(found, str, found)
            expected = np.asarray(centre_crop(shorter_side(opened(data), 256, Image.BILINEAR), 224, 224))
            difference = np.abs(found.astype(int) - expected.astype(int))
            print(f"{what}, {image.size}: mean {difference.mean():.2f}, worst {difference.max()} of 255")
            self.assertGreater(difference.max(), 0, "it was decoded in full")
            self.assertLess(difference.mean(), most_mean)
            self.assertLessEqual(difference.max(), most)

    def test_a_jpeg_decoded_at_a_part_of_its_size_differs_little(self):
        for width, height in ((1100, 1300), (1537, 1027), (2101, 2303), (4101, 4201)):
            self.assert_near(rgb(width, height), "hills and edges", 0.4, 8)
            # The hardest: black and white squares by chance, each of a size that is not a multiple of anything.
            squares = np.random.default_rng(1).integers(0, 2, (height // 3 + 1, width // 3 + 1), np.uint8) * 255
            squares = np.repeat(np.repeat(squares, 3, 0), 3, 1)[:height, :width]
            self.assert_near(Image.fromarray(squares).convert("RGB"), "black and white squares", 6, 40)

    # Of a JPEG only what is looked at is made into pixels: with every sampling, because samples are spread over their neighbours.
    def test_crops_every_kind_of_jpeg_as_pillow(self):
        jobs, expected, names = [], [], []
        for size in ((331, 250), (97, 403), (640, 33), (16, 16), (5, 7)):
            for kind, data in jpegs(*size).items():
                for resize, filter_ in ((None, "bilinear"), (70, "bilinear"), (70, "bicubic"), (300, "nearest")):
                    for crop in ((48, 40), (60, 20), (9, 77)):
                        steps = f"resize=shorter:{resize} filter={filter_}" if resize else ""
                        jobs.append((data, f"{steps} crop={crop[0]}x{crop[1]} full type=UINT8 layout=nhwc"))
                        image = shorter_side(opened(data), resize, FILTERS[filter_]) if resize else opened(data)
                        expected.append(np.asarray(centre_crop(image, *crop)))
                        names.append(f"{kind} {size} {steps} crop {crop}")
        for found, want, name in zip(self.transform(jobs), expected, names):
            with self.subTest(name):
                self.assert_same(found, want, name)

    def test_crops_every_kind_of_jpeg_at_a_part_of_its_size(self):
        words = "resize=shorter:41 crop=37x29 type=UINT8 layout=nhwc"
        for size in ((331, 250), (197, 403), (1301, 333)):
            files = jpegs(*size)
            for (kind, data), found in zip(files.items(), self.transform([(data, words) for data in files.values()])):
                with self.subTest(f"{kind} {size}"):
                    expected = np.asarray(centre_crop(shorter_side(opened(data), 41, Image.BILINEAR), 37, 29))
                    difference = np.abs(found.astype(int) - expected.astype(int))
                    self.assertGreater(difference.max(), 0, "it was decoded in full")
                    self.assertLess(difference.mean(), 1)
                    self.assertLessEqual(difference.max(), 8)

    def test_what_is_no_whole_picture_is_an_error(self):
        files = dict(broken_files())
        for name, found in zip(files, self.transform([(data, "type=UINT8") for data in files.values()])):
            with self.subTest(name):
                self.assertIsInstance(found, str, f"{name} was read")
                self.assertRegex(found, "expected|Unsupported")


if __name__ == "__main__":
    Comparison.program = sys.argv.pop(1)
    unittest.main()
