"""The official Python SDK against the stand-in, configured by CLOUDINARY_URL alone. Every check is a claim
of the SDK or of the service's documentation; texts of errors are only compared where they are documented."""

import io
import json
import os
import tempfile
import urllib.error
import urllib.request
import zipfile

import cloudinary
import cloudinary.api as api
import cloudinary.uploader as uploader
import cloudinary.utils as utils
from cloudinary.exceptions import AuthorizationRequired, BadRequest, Error, NotFound

RAW = {"resource_type": "raw", "type": "authenticated"}
USERS = [f"fr/e-demo/u-{number:02d}.json" for number in range(13)]


def get(url):
    """Status, body and X-Cld-Error of a plain GET."""
    try:
        with urllib.request.urlopen(url) as response:
            return response.status, response.read(), None
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers.get("X-Cld-Error")


def document(number):
    return json.dumps({"user": f"u{number}", "enc": [[number / 10] * 4]}).encode()


def raises(kind, text, call):
    """The call fails with this kind of error, whose message holds the text."""
    try:
        result = call()
    except Error as error:
        assert type(error) is kind, (type(error), str(error))
        assert text in str(error), str(error)
    else:
        raise AssertionError(f"no {kind.__name__}: {result}")


def upload(contents, **options):
    return uploader.upload(io.BytesIO(contents), filename="doc.json", **options)


def uploads():
    for number, user in enumerate(USERS):
        answer = upload(
            document(number), public_id=user, overwrite=True, invalidate=True,
            tags=["fr", "e-demo"], context={"u": f"user={number}|x"}, **RAW,
        )
        assert answer["public_id"] == user and answer["bytes"] == len(document(number))
        assert answer["tags"] == ["fr", "e-demo"]
        assert answer["context"]["custom"] == {"u": f"user={number}|x"}
        assert "overwritten" not in answer and "existing" not in answer
        assert utils.verify_api_response_signature(user, answer["version"], answer["signature"])
        # Not the first: what is uploaded over it in the same second has the same URL, and stays cached.
        if number > 0:
            assert get(answer["secure_url"])[:2] == (200, document(number))

    over = upload(b'{"v":2}', public_id=USERS[0], **RAW)
    assert over["overwritten"] is True and over["etag"] == "554a7f6757030bc85dc45e129076ef94"
    kept = upload(b'{"v":3}', public_id=USERS[0], overwrite=False, **RAW)
    assert kept["existing"] is True and kept["etag"] == over["etag"]


def an_id_without_an_extension_gets_that_of_the_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tmpX.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"Event A": {"bob": [[0.1]]}}')
        answer = uploader.upload(
            path, public_id="face_recognition/embeddings", resource_type="raw", overwrite=True, invalidate=True
        )
    assert answer["public_id"] == "face_recognition/embeddings.json"
    assert get(answer["secure_url"])[:2] == (200, b'{"Event A": {"bob": [[0.1]]}}')


def lists():
    seen, cursor, pages, remaining = [], None, 0, []
    while True:
        page = api.resources(
            prefix="fr/e-demo/", max_results=5, next_cursor=cursor, context=True, tags=True, **RAW
        )
        seen += [row["public_id"] for row in page["resources"]]
        pages += 1
        remaining.append(page.rate_limit_remaining)
        assert page.rate_limit_allowed == 500
        cursor = page.get("next_cursor")
        if not cursor:
            break
    assert seen == USERS and pages == 3, (pages, seen)
    assert remaining == list(range(remaining[0], remaining[0] - 3, -1)), remaining
    assert page["resources"][0]["context"]["custom"] == {"u": "user=10|x"}
    assert page["resources"][0]["tags"] == ["fr", "e-demo"]

    (row,) = api.resources(prefix="fr/", max_results=1, fields=["version", "etag", "bytes"], **RAW)["resources"]
    assert row["bytes"] == 7 and row["etag"] == "554a7f6757030bc85dc45e129076ef94"
    assert "secure_url" not in row

    one = api.resource(USERS[0], media_metadata=True, **RAW)
    assert one["public_id"] == USERS[0] and one["etag"] == "554a7f6757030bc85dc45e129076ef94"
    found = api.resources_by_ids([USERS[3], "nope.json"], **RAW)["resources"]
    assert [row["public_id"] for row in found] == [USERS[3]]
    tagged = api.resources_by_tag("e-demo", resource_type="raw", max_results=500)["resources"]
    assert len(tagged) == 12, "the upload over the first one named no tags"
    raises(NotFound, "Resource not found - fr/none.json", lambda: api.resource("fr/none.json", **RAW))
    assert [folder["path"] for folder in api.root_folders()["folders"]] == ["face_recognition", "fr"]
    assert api.ping()["status"] == "ok"
    assert api.usage()["media_limits"]["raw_max_size_bytes"] == 10485760


def explicit_tells_what_is_there():
    version = api.resource(USERS[0], **RAW)["version"]
    answer = uploader.explicit(USERS[0], **RAW)
    assert (answer["version"], answer["bytes"]) == (version, 7)
    raises(NotFound, "Resource not found - fr/none.json", lambda: uploader.explicit("fr/none.json", **RAW))


def labels():
    assert uploader.add_tag("late", [USERS[1], "nope.json"], **RAW)["public_ids"] == [USERS[1]]
    assert uploader.add_context({"k": "a=b|c"}, [USERS[1]], **RAW)["public_ids"] == [USERS[1]]
    one = api.resource(USERS[1], **RAW)
    assert one["tags"] == ["fr", "e-demo", "late"]
    assert one["context"]["custom"] == {"u": "user=1|x", "k": "a=b|c"}
    uploader.remove_tag("late", [USERS[1]], **RAW)
    assert api.resource(USERS[1], **RAW)["tags"] == ["fr", "e-demo"]


def deliveries():
    version = api.resource(USERS[0], **RAW)["version"]
    signed = {
        "short": {"sign_url": True, "version": version},
        "sha256": {"sign_url": True, "signature_algorithm": "sha256"},
        "long": {"sign_url": True, "long_url_signature": True},
        "without version": {"sign_url": True, "force_version": False},
    }
    url = lambda **options: utils.cloudinary_url(USERS[0], secure=False, **RAW, **options)[0]
    status, body, reason = get(url())
    assert status == 401 and body == b"" and reason, (status, body, reason)
    for name, options in signed.items():
        assert get(url(**options))[:2] == (200, b'{"v":2}'), name
    absent = utils.cloudinary_url("fr/none.json", secure=False, sign_url=True, **RAW)[0]
    assert get(absent) == (404, b"", "Resource not found - fr/none.json")

    download = lambda end: get(utils.private_download_url(USERS[0], None, expires_at=end, **RAW))
    assert download(4102444800)[:2] == (200, b'{"v":2}')
    assert download(1600000000)[0] in (400, 401)

    status, body, _ = get(utils.download_zip_url(prefixes="fr/e-demo/", **RAW))
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert status == 200 and sorted(archive.namelist()) == USERS
    assert archive.read(USERS[5]) == document(5)


def renames_and_deletes():
    legacy = "face_recognition/embeddings.json"
    moved = uploader.rename(legacy, legacy, resource_type="raw", to_type="authenticated", invalidate=True)
    assert moved["type"] == "authenticated" and "/s--EVTJ7SbN--/" in moved["secure_url"]
    raises(NotFound, legacy, lambda: api.resource(legacy, resource_type="raw"))
    raises(BadRequest, "already exists", lambda: uploader.rename(USERS[1], USERS[2], **RAW))

    assert uploader.destroy(USERS[12], invalidate=True, **RAW)["result"] == "ok"
    assert uploader.destroy(USERS[12], **RAW)["result"] == "not found"
    deleted = api.delete_resources([USERS[11], "fr/zzz.json"], invalidate=True, **RAW)
    assert deleted["deleted"] == {USERS[11]: "deleted", "fr/zzz.json": "not_found"}
    assert deleted["partial"] is False
    deleted = api.delete_resources_by_prefix("fr/e-demo/", **RAW)["deleted"]
    assert deleted == {user: "deleted" for user in USERS[:11]}
    assert api.resources(prefix="fr/", **RAW)["resources"] == []
    assert [folder["path"] for folder in api.root_folders()["folders"]] == ["face_recognition"]


def refusals():
    raw = {"public_id": "a.json", "resource_type": "raw"}
    timestamp = {"public_id": "a.json", "timestamp": utils.now()}
    stale = "Stale request - reported time is 2011-09-03 14:35:10 +0000 which is more than 1 hour ago"
    for kind, text, call in [
        (AuthorizationRequired, "Invalid Signature", lambda: upload(b"x", api_secret="wrong", **raw)),
        (AuthorizationRequired, "String to sign - 'public_id=a.json", lambda: upload(b"x", api_secret="w", **raw)),
        (AuthorizationRequired, "api_key", lambda: upload(b"x", api_key="999", **raw)),
        (BadRequest, stale, lambda: uploader.call_api(
            "destroy", {"public_id": "a.json", "timestamp": 1315060510}, resource_type="raw")),
        (AuthorizationRequired, "api_secret mismatch", lambda: api.ping(api_secret="wrong")),
        (AuthorizationRequired, "unknown api_key", lambda: api.ping(api_key="999")),
        (BadRequest, "file", lambda: uploader.call_api("upload", timestamp, resource_type="raw")),
        (BadRequest, "Invalid image file", lambda: upload(b"{}", public_id="a")),
        (BadRequest, "File size too large. Got 10485761. Maximum is 10485760.",
         lambda: upload(b"x" * 10485761, **raw)),
        (BadRequest, "a&b.json", lambda: upload(b"{}", public_id="a&b.json", resource_type="raw")),
    ]:
        raises(kind, text, call)


def every_signature_is_accepted():
    for algorithm in ("sha1", "sha256"):
        for version in (1, 2):
            answer = upload(
                b"{}", public_id="sig.json", resource_type="raw", context={"k": "a&b=c|d é"},
                signature_algorithm=algorithm, signature_version=version,
            )
            assert answer["context"]["custom"] == {"k": "a&b=c|d é"}, (algorithm, version)


def main():
    assert cloudinary.VERSION == "1.46.3", cloudinary.VERSION
    steps = [
        uploads, an_id_without_an_extension_gets_that_of_the_file, lists, explicit_tells_what_is_there,
        labels, deliveries, renames_and_deletes, refusals, every_signature_is_accepted,
    ]
    for step in steps:
        step()
        print("ok:", step.__name__)
    print("ALL OK")


main()
