"""The main job by the generated client: an event, a user, who is it, who came, and all of it gone again."""

import sys
from pathlib import Path

from face_client import AuthenticatedClient
from face_client.api.check_ins import check_in, list_check_ins
from face_client.api.events import delete_event, get_event, put_event
from face_client.api.recognition import identify, verify_user
from face_client.api.users_and_faces import delete_user, enrol_faces, list_users
from face_client.models import (
    CheckedIn,
    CheckInBody,
    CheckInForm,
    CheckInList,
    Enrolled,
    EventBody,
    FacesForm,
    IdentifyForm,
    PictureForm,
    ProblemError,
)
from face_client.types import File

EVENT, USER = "conference 2024", "Zoë/1"


def file(name):
    return File(payload=Path(name).read_bytes(), file_name=f"{name}.jpg", mime_type="image/jpeg")


url, key = sys.argv[1:]
with AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True) as client:
    made = put_event.sync_detailed(EVENT, client=client, body=EventBody())
    assert made.status_code == 201 and made.parsed.name == EVENT, made

    pictures = FacesForm(file=[file("first"), file("second")])
    enrolled = enrol_faces.sync(EVENT, USER, client=client, body=pictures, idempotency_key="enrol-1")
    assert isinstance(enrolled, Enrolled) and enrolled.embedding_count == 2, enrolled
    assert [face.index for face in enrolled.accepted] == [0, 1] and not enrolled.rejected, enrolled
    users = list_users.sync(EVENT, client=client)
    assert [user.name for user in users.users] == [USER], users

    who = identify.sync(EVENT, client=client, body=IdentifyForm(file=file("second")))
    (face,) = who.faces
    assert (face.decision, face.user) == ("match", USER), face
    who = identify.sync(EVENT, client=client, body=IdentifyForm(file=file("stranger")))
    assert who.faces[0].decision == "no_match", who
    same = verify_user.sync(EVENT, USER, client=client, body=PictureForm(file=file("first")))
    assert same.decision == "match", same

    came = CheckInForm(file=file("second"), note="north entrance")
    first = check_in.sync(EVENT, client=client, body=came, idempotency_key="check-in-1")
    assert isinstance(first, CheckedIn) and first.outcome == "checked_in", first
    again = check_in.sync(EVENT, client=client, body=came, idempotency_key="check-in-1")
    assert again.outcome == "repeated" and again.check_in.id == first.check_in.id, again
    soon = check_in.sync(EVENT, client=client, body=CheckInBody(user=USER))
    assert soon.outcome == "already_checked_in", soon
    listed = list_check_ins.sync(EVENT, client=client)
    assert isinstance(listed, CheckInList), listed
    assert [(one.id, one.user, one.note) for one in listed.check_ins] == [
        (first.check_in.id, USER, "north entrance")
    ], listed

    assert delete_user.sync_detailed(EVENT, USER, client=client).status_code == 204
    assert delete_event.sync_detailed(EVENT, client=client).status_code == 204
    gone = get_event.sync_detailed(EVENT, client=client)
    assert gone.status_code == 404 and isinstance(gone.parsed, ProblemError), gone
    assert gone.parsed.code == "no_such_event", gone

print("ALL OK")
