"""What the document cannot say about a request that is to succeed, told to Schemathesis.

Which events, users and ids there are; which texts are names; what a picture of a face or an archive is. Only the parts of a
request that were made to be valid are touched: what was made to be wrong goes out as it is.
"""

import json
import os
import random
import unicodedata
from pathlib import Path
from urllib.parse import quote, unquote

import requests
import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.transport.serialization import Binary

SERVER = os.environ["CONTRACT_SERVER"]
http = requests.Session()
http.headers["Authorization"] = f"Bearer {os.environ['CONTRACT_KEY']}"
PICTURES = [
    Binary(Path(os.environ["CONTRACT_PICTURES"], f"{name}.jpg").read_bytes()) for name in ("obama2", "biden")
]
MODEL = "sface-2021dec"

# The names of the examples in the document, so that these meet something.
EVENT, USERS, KEYS = "conference_2024", ("john_doe", "jane_smith"), ("door 1", "door 2")
NAMES = {"event": (EVENT,), "event_name": (EVENT,), "user": USERS, "user_id": USERS, "username": USERS}
NAMES |= {"name": KEYS, "into": USERS}
INVISIBLE = " \u200b\u200c\u200d\u2060\ufeff"
FORBIDDEN = {"Cc", "Zl", "Zp"}
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

# One sequence of choices for a run, so that it can be repeated.
choices = random.Random(5)
# What answers named, for requests to come: ids by what they are of, cursors by the operation.
seen = {}


def seed():
    """Makes the event and its users what they are to be, whatever requests did to them."""
    event = f"{SERVER}/v1/events/{EVENT}"
    rule = {"match_rule": {"threshold": 0.4}, "retain_until": None, "on_duplicate": "allow"}
    for answer in [http.put(event, json={}), http.patch(event, json=rule)]:
        answer.raise_for_status()
    for user, embedding in zip(USERS, EMBEDDINGS):
        # Whoever else's faces requests have given them.
        anyway = {"on_duplicate": "allow", "on_other_person": "allow"}
        faces = http.post(
            f"{event}/users/{user}/faces", json={"model": MODEL, "embeddings": [embedding], **anyway}
        )
        faces.raise_for_status()
        seen.setdefault("faces", []).append(faces.json()["accepted"][0]["id"])
        check_in = http.post(f"{event}/check-ins", json={"user": user})
        check_in.raise_for_status()
        seen.setdefault("check-ins", []).append(check_in.json()["check_in"]["id"])
        seen.setdefault("transactions", []).append(check_in.headers["x-transaction-id"])


def archive():
    """The event as it is at first, to be taken in again."""
    answer = http.get(f"{SERVER}/v1/events/{EVENT}/export", params={"plain": "true"})
    answer.raise_for_status()
    return Binary(answer.content)


def embedding_of(picture):
    answer = http.post(f"{SERVER}/v1/faces/embed", files={"file": picture.data})
    answer.raise_for_status()
    return answer.json()["faces"][0]["embedding"]


def plain(text):
    """The text without what no name and no remark has."""
    kept = [c for c in text if unicodedata.category(c) not in FORBIDDEN and c not in BIDI]
    text = unicodedata.normalize("NFC", "".join(kept))[:60].strip()
    return text if text.strip(INVISIBLE) else "somebody"


def told(field, value):
    if not isinstance(value, str):
        return value
    if field in NAMES:
        # One that is there, more often than not.
        return choices.choice(NAMES[field]) if choices.random() < 0.6 else plain(value)
    return plain(value) if field in ("note", "reason", "label") else value


def with_names(fields):
    return {field: told(field, value) for field, value in fields.items()}


def an_id(path, drawn):
    kind = next((kind for kind in ("faces", "check-ins", "transactions") if f"/{kind}" in path), None)
    known = seen.get(kind, [])
    return choices.choice(known) if known and choices.random() < 0.8 else drawn


def path_parameters(case):
    fields = {}
    for field, value in case.path_parameters.items():
        # They come as they go into the path, percent-encoded.
        text = unquote(value) if isinstance(value, str) else value
        # A key that was made by the request before is the one that is meant.
        better = text if field == "name" and text in seen.get("keys", []) else told(field, text)
        fields[field] = value if better == text else quote(better, safe="")
    if "id" in fields:
        fields["id"] = an_id(case.path, fields["id"])
    return fields


def query(case):
    fields = with_names(case.query)
    if "cursor" in fields:
        # Whatever is no cursor of this list is refused.
        fields["cursor"] = seen.get(case.operation.label)
        fields = {key: value for key, value in fields.items() if key != "cursor" or value}
    if "transaction_id" in fields:
        fields["transaction_id"] = an_id("/transactions", fields["transaction_id"])
    return fields


def form(case):
    fields = {}
    for key, value in case.body.items():
        if key in ("first", "second", "file"):
            many = isinstance(value, list)
            fields[key] = [choices.choice(PICTURES) for _ in value] if many else choices.choice(PICTURES)
        elif key.isascii() and key.isprintable():
            # Other characters break the head of the field.
            fields[key] = told(key, value)
    return fields


def body(case):
    if case.media_type == "multipart/form-data":
        return form(case)
    fields = with_names(case.body)
    if fields.get("retain_until"):
        # What is over is refused.
        fields["retain_until"] = "2126-01-31T00:00:00Z"
    if fields.get("expires"):
        fields["expires"] = "2126-01-31T00:00:00Z"
    if case.path.endswith("/rotate"):
        # Only some of those that were rotated hold at a time.
        fields["old_until"] = "2026-01-31T00:00:00Z"
    if isinstance(fields.get("events"), list):
        fields["events"] = [plain(name) for name in fields["events"]]
    if isinstance(fields.get("match_rule"), dict):
        # What was not measured is refused.
        fields["match_rule"] = choices.choice(({"target_false_match_rate": 0.01}, {"threshold": 0.375}))
    if "embeddings" in fields:
        fields["model"] = MODEL
        near = choices.choice(EMBEDDINGS)
        fields["embeddings"] = [[choices.gauss(number, 0.3) for number in near] for _ in fields["embeddings"]]
    return fields


def valid(case, place):
    """Whether this part of the request was made to be valid."""
    meta = case.meta
    if meta is None:
        return True
    parts = {location.value: part.mode for location, part in meta.components.items()}
    return parts.get(place, meta.generation.mode) == GenerationMode.POSITIVE


@schemathesis.hook
def before_call(context, case, kwargs):
    if not seen:
        seed()
        seen["archive"] = archive()
    if case.path_parameters and valid(case, "path"):
        case.path_parameters = path_parameters(case)
    if case.query and valid(case, "query"):
        case.query = query(case)
    if isinstance(case.body, dict) and valid(case, "body"):
        case.body = body(case)
    elif case.path.endswith("/import") and valid(case, "body"):
        case.path_parameters["event"], case.body = EVENT, seen["archive"]
    # A picture is no text, and so reads as a wrong value when a changed request is judged again.
    case._record_starting_state()


@schemathesis.hook
def after_call(context, case, response):
    seen["transactions"] = seen["transactions"][-8:]
    if response.status_code == 404 and EVENT in response.text or response.status_code == 204:
        seed()
    try:
        answer = json.loads(response.content)
    except ValueError:
        return
    if response.status_code == 201 and case.path == "/v1/keys":
        seen.setdefault("keys", []).append(answer["name"])
    if isinstance(answer, dict) and answer.get("next_cursor"):
        seen[case.operation.label] = answer["next_cursor"]


EMBEDDINGS = [embedding_of(picture) for picture in PICTURES]
