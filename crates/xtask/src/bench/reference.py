"""Medians in milliseconds of the reference's steps on one picture, as JSON."""

import json
import statistics
import sys
import time

import dlib
import face_recognition
import face_recognition_models

picture = face_recognition.load_image_file(sys.argv[1])
boxes = face_recognition.face_locations(picture)
assert len(boxes) == 1, f"expected one face, found {len(boxes)}"
top, right, bottom, left = boxes[0]
shape = dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())
network = dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location())
chip = dlib.get_face_chip(picture, shape(picture, dlib.rectangle(left, top, right, bottom)), 150, 0.25)


def median(work, rounds):
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


hog = dlib.get_frontal_face_detector()
mmod = dlib.cnn_face_detection_model_v1(face_recognition_models.cnn_face_detector_model_location())

print(json.dumps({
    "face_locations": median(lambda: face_recognition.face_locations(picture), 15),
    "face_encodings": median(lambda: face_recognition.face_encodings(picture), 15),
    "descriptor of one chip": median(lambda: network.compute_face_descriptor(chip), 50),
    "hog0": median(lambda: hog(picture, 0), 15),
    "hog1": median(lambda: hog(picture, 1), 15),
    "mmod": median(lambda: mmod(picture, 0), 5),
}))
