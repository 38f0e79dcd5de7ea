"""Writes sface.json and chips/sface_*.png: what OpenCV's FaceRecognizerSF makes of the test pictures.

    pip install opencv-python-headless==5.0.0.93
    python sface.py ../../../../tests/pictures YUNET.onnx SFACE.onnx

The two models are the published files, face_detection_yunet_2023mar.onnx and
face_recognition_sface_2021dec.onnx. Of each picture the face with the best score counts. The points are
OpenCV's YuNet's on a copy of at most 640 pixels a side; the test starts from them, so that it compares the
cutting of chips and the network alone.
"""

import json
import pathlib
import sys

import cv2
import numpy

# FaceRecognizerSF's, for the points in YuNet's order.
TEMPLATE = numpy.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)


def picture_pixels_a_chip_pixel(points):
    """The scale of the least-squares similarity from the picture to the chip, inverted."""
    here, there = points - points.mean(0), TEMPLATE - TEMPLATE.mean(0)
    dot, cross = (here * there).sum(), (here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]).sum()
    return (here**2).sum() / numpy.hypot(dot, cross)


pictures, yunet, sface = map(pathlib.Path, sys.argv[1:])
folder = pathlib.Path(__file__).parent
detector = cv2.FaceDetectorYN.create(str(yunet), "", (320, 320), 0.6, 0.3)
recogniser = cv2.FaceRecognizerSF.create(str(sface), "")


def embedding(chip):
    return [round(float(v), 6) for v in recogniser.feature(chip)[0]]


golden = {}
for path in sorted(pictures.glob("*.*")):
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    shrink = min(1.0, 640 / max(picture.shape[:2]))
    copy = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    detector.setInputSize((copy.shape[1], copy.shape[0]))
    face = max(detector.detect(copy)[1], key=lambda face: face[14])
    scale = numpy.array([picture.shape[1] / copy.shape[1], picture.shape[0] / copy.shape[0]])
    points = numpy.round(face[4:14].reshape(5, 2) * scale, 3).astype(numpy.float32)
    face[4:14] = points.reshape(-1)
    chip = recogniser.alignCrop(picture, face)
    entry = {
        "points": [[round(float(v), 3) for v in point] for point in points],
        "embedding": embedding(chip),
    }
    # Where the chip would skip pixels, also of the picture halved by the filter that pyramids are made with.
    # Which pixels a half keeps depends on where it starts: at an even or odd column and row.
    if picture_pixels_a_chip_pixel(points) > 2:
        entry["embeddings_halved"] = []
        for start in [(0, 0), (1, 0), (0, 1), (1, 1)]:
            half = cv2.pyrDown(picture[start[1] :, start[0] :])
            face[4:14] = ((points - start) / 2).reshape(-1)
            entry["embeddings_halved"].append(embedding(recogniser.alignCrop(half, face)))
    if path.suffix == ".png":
        entry["chip"] = f"sface_{path.stem}.png"
        cv2.imwrite(str(folder / "chips" / entry["chip"]), chip)
    golden[path.name] = entry
(folder / "sface.json").write_text(json.dumps(golden, indent=1) + "\n")
