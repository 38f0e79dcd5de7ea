//! The tables: made and brought up to date at opening, by one server at a time.

use tokio_postgres::Client;

use super::failure::Failure;
use super::locks;
use crate::StoreError;

/// What brings the tables from each version to the next. Only ever appended to.
pub(super) const MIGRATIONS: &[&str] =
    &[include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// Brings the tables in `schema` to the last of `migrations`; a database that is there already is only read,
/// so that a user without the right to change tables can go on.
pub(super) async fn migrate(client: &Client, schema: &str, migrations: &[&str]) -> Result<(), Failure> {
    if check(version(client, schema).await?, migrations.len())? {
        return Ok(());
    }
    // One transaction: a server that dies here leaves the tables as they were.
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    // CREATE ... IF NOT EXISTS can fail when another session creates the same at the same moment. No time
    // limit on either side, because the other server may be rewriting large tables.
    client.batch_execute(locks::MAKE).await?;
    // Read again, because another server may have migrated during the wait for the lock.
    let found = version(client, schema).await?;
    if !check(found, migrations.len())? {
        client
            .batch_execute(&format!(
                "CREATE SCHEMA IF NOT EXISTS \"{schema}\"; \
                 CREATE TABLE IF NOT EXISTS \"{schema}\".format (version integer NOT NULL); \
                 DELETE FROM \"{schema}\".format"
            ))
            .await?;
        // Migrations name no schema: search_path, set before the schema existed, leads to it from here on.
        for migration in migrations.iter().skip(found.unwrap_or(0)) {
            client.batch_execute(migration).await?;
        }
        let version = i32::try_from(migrations.len()).unwrap_or(i32::MAX);
        let note = format!("INSERT INTO \"{schema}\".format VALUES ({version})");
        client.batch_execute(&note).await?;
    }
    Ok(client.batch_execute("COMMIT").await?)
}

/// Whether `schema` has the tables, of a version that is known here.
pub(super) async fn are_tables_there(client: &Client, schema: &str, last: usize) -> Result<bool, Failure> {
    let found = version(client, schema).await?;
    check(found, last)?;
    Ok(found.is_some())
}

/// Whether nothing is to be done.
fn check(found: Option<usize>, last: usize) -> Result<bool, StoreError> {
    match found {
        Some(version) if version > last => Err(StoreError::misconfigured(format!(
            "the tables are of version {version}, this program knows them up to {last}: use a newer version"
        ))),
        found => Ok(found == Some(last)),
    }
}

/// The version of the tables; `None` where there are none.
async fn version(client: &Client, schema: &str) -> Result<Option<usize>, Failure> {
    // Not `to_regclass`, which after a wait for the lock may answer from before it.
    let exists = "SELECT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
                WHERE nspname = $1 AND relname = 'format')";
    let is_there: bool = client.query_one(exists, &[&schema]).await?.try_get(0)?;
    let table = format!("\"{schema}\".format");
    if !is_there {
        return Ok(None);
    }
    let row = client.query_opt(&format!("SELECT version FROM {table}"), &[]).await?;
    let version: Option<i32> = row.map(|row| row.try_get(0)).transpose()?;
    match version.map(usize::try_from) {
        Some(Ok(version)) if version > 0 => Ok(Some(version)),
        _ => {
            Err(StoreError::corrupt(format!("table {table} does not say of which version the tables are"))
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use postgres_server::Database;
    use tokio_postgres::NoTls;

    use super::*;

    const NEXT: &str = "ALTER TABLE events ADD COLUMN remark text NOT NULL DEFAULT 'none'";

    async fn client(database: &Database) -> Client {
        let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("SET search_path = faces").await.unwrap();
        client
    }

    fn first_and<'m>(next: &'m [&'m str]) -> Vec<&'m str> {
        MIGRATIONS.iter().take(1).chain(next).copied().collect()
    }

    #[tokio::test]
    async fn tables_of_an_older_version_are_brought_up_to_date_with_all_they_hold() {
        let database = Database::new().unwrap();
        let client = client(&database).await;
        migrate(&client, "faces", &first_and(&[])).await.unwrap();
        client.batch_execute("INSERT INTO events VALUES ('conference', 'test', 'record')").await.unwrap();
        assert_eq!(version(&client, "faces").await.unwrap(), Some(1));

        let to_second = first_and(&[NEXT]);
        for _ in 0..2 {
            migrate(&client, "faces", &to_second).await.unwrap();
            assert_eq!(version(&client, "faces").await.unwrap(), Some(2));
        }
        let row = client.query_one("SELECT name, remark FROM events", &[]).await.unwrap();
        assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("conference", "none"));

        let refused = migrate(&client, "faces", &first_and(&[])).await.unwrap_err().into_error();
        assert!(matches!(refused, StoreError::Misconfigured { .. }), "{refused:?}");
        assert_eq!(version(&client, "faces").await.unwrap(), Some(2));
    }

    #[tokio::test]
    async fn the_journal_comes_to_tables_that_had_none() {
        let database = Database::new().unwrap();
        let client = client(&database).await;
        migrate(&client, "faces", &first_and(&[])).await.unwrap();
        client.batch_execute("INSERT INTO events VALUES ('conference', 'test', 'record')").await.unwrap();
        client.query("SELECT id FROM journal", &[]).await.unwrap_err();
        migrate(&client, "faces", MIGRATIONS).await.unwrap();
        assert!(client.query("SELECT id FROM journal", &[]).await.unwrap().is_empty());
        assert_eq!(client.query("SELECT name FROM events", &[]).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_tables_as_they_were() {
        let database = Database::new().unwrap();
        let failing = client(&database).await;
        migrate(&failing, "faces", &first_and(&[])).await.unwrap();
        migrate(&failing, "faces", &first_and(&[NEXT, "SELECT 1 / 0"])).await.unwrap_err();
        // As after its death: what it did not commit is gone with its connection.
        drop(failing);
        let client = client(&database).await;
        assert_eq!(version(&client, "faces").await.unwrap(), Some(1));
        client.query("SELECT remark FROM events", &[]).await.unwrap_err();
        migrate(&client, "faces", &first_and(&[NEXT])).await.unwrap();
        assert_eq!(version(&client, "faces").await.unwrap(), Some(2));
    }

    #[tokio::test]
    async fn of_many_that_migrate_at_once_one_does() {
        let database = Database::new().unwrap();
        let (one, other) = (client(&database).await, client(&database).await);
        let migrations = first_and(&[NEXT]);
        for migrations in [&migrations[..1], &migrations] {
            let both = tokio::join!(migrate(&one, "faces", migrations), migrate(&other, "faces", migrations));
            assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
        }
    }
}
