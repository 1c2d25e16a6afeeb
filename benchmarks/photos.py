# SPDX-License-Identifier: Apache-2.0
"""JPEG files of a camera's sizes, painted: noise that is strong where it is coarse, as in photos of the world."""
import io

SIZES = {"500 x 375": (500, 375), "2 MP": (1632, 1224), "12 MP": (4000, 3000)}


def photo(width, height, seed=7):
    """A JPEG file with 4:2:0 colours at quality 90: about 0.4 bytes a pixel, as cameras write them."""
    import numpy
    from PIL import Image

    chance = numpy.random.default_rng(seed)
    across = numpy.fft.rfftfreq(width)[None, :]
    down = numpy.fft.fftfreq(height)[:, None]
    falling = 1 / numpy.maximum(numpy.hypot(across, down), 1 / max(width, height)) ** 1.25
    planes = []
    for strength in (1.0, 0.35, 0.35):  # luma, and two of colour
        waves = falling * numpy.exp(2j * numpy.pi * chance.random(falling.shape))
        plane = numpy.fft.irfft2(waves, s=(height, width))
        planes.append(128 + 48 * strength * plane / plane.std())
    pixels = numpy.clip(numpy.stack(planes, axis=-1), 0, 255).astype(numpy.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels, "YCbCr").save(file, "JPEG", quality=90, subsampling="4:2:0")
    return file.getvalue()


def write_photos(folder, count=1):
    """Paths by the name of their size: each a list of so many, all different."""
    paths = {}
    for name, (width, height) in SIZES.items():
        for number in range(count):
            path = folder / f"{width}x{height}-{number}.jpg"
            if not path.exists():
                path.write_bytes(photo(width, height, seed=number))
            paths.setdefault(name, []).append(path)
    return paths
