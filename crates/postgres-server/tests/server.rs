//! The test server itself: what it promises to the tests that use it.

use std::error::Error;
use std::fs;
use std::net::TcpStream;

use postgres_server::{Database, Installation, PostgresServer};

type Outcome = Result<(), Box<dyn Error>>;

fn answers(server: &PostgresServer) -> bool {
    TcpStream::connect(("127.0.0.1", server.port())).is_ok()
}

#[test]
fn a_server_is_stopped_killed_and_started_again_on_its_data() -> Outcome {
    let mut server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    assert!(answers(&server));
    for crash in [false, true] {
        if crash {
            server.kill()?
        } else {
            server.stop()?
        }
        assert!(!answers(&server));
        server.start_again()?;
        assert!(answers(&server));
    }
    assert!(server.data().join("base").is_dir());
    assert!(database.url().ends_with(database.name()));
    Ok(())
}

#[test]
fn nothing_of_a_server_is_left() -> Outcome {
    let server = PostgresServer::start(&Installation::of_tests()?)?;
    let (port, data) = (server.port(), server.data());
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!data.exists());
    Ok(())
}

#[test]
fn a_setting_that_the_server_refuses_is_in_the_message() -> Outcome {
    let error = PostgresServer::start_with(&Installation::of_tests()?, &["max_connections=many"]);
    let error = error.err().ok_or("it was started")?.to_string();
    assert!(error.contains("max_connections"), "{error}");
    Ok(())
}

#[test]
fn a_schema_that_was_dumped_is_loaded_into_another_database_whole_or_not_at_all() -> Outcome {
    let (one, other) = (Database::new()?, Database::new()?);
    let file = tempfile::NamedTempFile::new()?;
    let statements =
        "CREATE SCHEMA a; CREATE TABLE a.t (n integer, b bytea); INSERT INTO a.t VALUES (1, '\\x00');";
    fs::write(file.path(), statements)?;
    one.load(file.path())?;
    let dump = one.dump("a")?;
    assert!(dump.contains("CREATE TABLE a.t") && dump.contains("INSERT INTO a.t"), "{dump}");
    assert!(!dump.contains("OWNER") && !dump.contains("SET "), "{dump}");

    fs::write(file.path(), format!("{dump}SELECT 1 / 0;"))?;
    assert!(other.load(file.path()).is_err_and(|error| error.to_string().contains("division by zero")));
    assert!(other.dump("a").is_err(), "there is no such schema");
    fs::write(file.path(), &dump)?;
    other.load(file.path())?;
    assert_eq!(other.dump("a")?, dump);
    Ok(())
}
