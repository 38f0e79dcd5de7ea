//! What is done, and how it ended.

use crate::string_enum::string_enum;

string_enum! {
    /// What somebody asked for, or the service did on its own.
    pub enum Action {
        /// A face was to be added to a person.
        Enrol = "enrol",
        /// It was asked whose face it is among those of an event (1:N).
        Identify = "identify",
        /// It was asked whether a face is a certain person's (1:1).
        Verify = "verify",
        /// Somebody was to be checked in.
        CheckIn = "check_in",
        /// A check-in was to be corrected or voided.
        CorrectCheckIn = "correct_check_in",
        /// Faces were looked for in a picture, for no event.
        Detect = "detect",
        /// Two pictures were compared, for no event.
        Compare = "compare",
        /// Embeddings were made of a picture, for no event.
        Embed = "embed",
        /// An event was to be created.
        CreateEvent = "create_event",
        /// An event was to be changed.
        UpdateEvent = "update_event",
        /// An event was to be deleted with all that is known of it.
        DeleteEvent = "delete_event",
        /// A person's record was to be changed.
        UpdateUser = "update_user",
        /// A person was to get another name.
        RenameUser = "rename_user",
        /// Two people were to become one.
        MergeUsers = "merge_users",
        /// A person was to be deleted with all that is known of them.
        DeleteUser = "delete_user",
        /// A face was to be removed from a person.
        DeleteFace = "delete_face",
        /// An event's data was to be given out.
        ExportEvent = "export_event",
        /// An event's data was to be taken in.
        ImportEvent = "import_event",
        /// Check-ins were read or given out.
        ReadCheckIns = "read_check_ins",
        /// The audit was read or given out.
        ReadAudit = "read_audit",
        /// A key of a client was to be made.
        CreateKey = "create_key",
        /// A key's label, role, events or end were to be changed.
        UpdateKey = "update_key",
        /// A new key was to take the place of one.
        RotateKey = "rotate_key",
        /// A key was to be ended.
        RevokeKey = "revoke_key",
        /// All that is stored was to be written into a snapshot.
        CreateSnapshot = "create_snapshot",
        /// A snapshot was given out.
        ReadSnapshot = "read_snapshot",
        /// A snapshot was to be removed.
        DeleteSnapshot = "delete_snapshot",
        /// An event's time was over, and it was to be deleted with all that is known of it.
        ExpireEvent = "expire_event",
        /// Audit entries were too old, and were to be erased.
        ExpireAudit = "expire_audit",
    }
}

string_enum! {
    /// How it ended.
    pub enum Outcome {
        /// It was done as asked.
        Done = "done",
        /// The face is the person's.
        Match = "match",
        /// The face is nobody's, or not the person's who was named.
        NoMatch = "no_match",
        /// The face may be the person's or another one's.
        Ambiguous = "ambiguous",
        /// It had been done when the same request came before.
        Repeated = "repeated",
        /// The person had been checked in a moment ago.
        Already = "already",
        /// The picture or the request cannot be used.
        Refused = "refused",
        /// Whoever asked may not do that.
        Denied = "denied",
        /// What it is about does not exist.
        NotFound = "not_found",
        /// It contradicts what is there.
        Conflict = "conflict",
        /// The service could not do it.
        Failed = "failed",
    }
}
