//! An archive of 100,000 users: from one file store into a file, checked, and into another file store that
//! then holds the same.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::archive::{ExportOptions, ImportOptions, export, import, verify};
use embedding_store::{EmbeddingStore, EncryptionKey, EventName, FaceSample, InMemory, RedbStore, Username};
use time::OffsetDateTime;
use tokio::runtime::Runtime;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const USERS: u32 = 100_000;

#[expect(clippy::expect_used, reason = "criterion takes no error: a bench that cannot run stops here")]
fn archives(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder is made");
    let path = folder.path().join("faces.archive");
    let gallery = runtime.block_on(gallery()).expect("the store takes appends");

    let mut group = criterion.benchmark_group("archive");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5))
        .throughput(Throughput::Elements(USERS.into()));
    for (name, key) in [("plain", None), ("encrypted", Some(EncryptionKey::new([7; 32])))] {
        let mut how = ExportOptions::default();
        how.key.clone_from(&key);
        group.bench_function(format!("export_{name}"), |bencher| {
            bencher.iter(|| runtime.block_on(write(&gallery, &path, &how)).expect("it is exported"));
        });
        group.bench_function(format!("verify_{name}"), |bencher| {
            bencher.iter(|| {
                let file = File::open(&path).expect("the archive is there");
                black_box(verify(file, key.as_ref(), |_| {}).expect("the archive is whole"))
            });
        });
        let mut how = ImportOptions::default();
        how.key = key;
        group.bench_function(format!("import_{name}_into_redb"), |bencher| {
            bencher.iter(|| {
                runtime.block_on(read(&gallery, folder.path(), &path, &how)).expect("it is imported")
            });
        });
    }
    group.finish();
}

async fn gallery() -> Outcome<InMemory> {
    let store = InMemory::new();
    let (event, model) = (EventName::new("conference")?, ModelId::new("test")?);
    for number in 0..USERS {
        let values =
            std::array::from_fn::<f32, DIMENSIONS, _>(|index| ((number + index as u32) as f32).sin());
        let user = Username::new(&format!("user {number}"))?;
        let embedding = Embedding::new(model.clone(), values)?;
        let sample =
            FaceSample::new(event.clone(), user, embedding, 0.9, "bench", OffsetDateTime::UNIX_EPOCH)?;
        store.append_sample(sample).await?;
    }
    Ok(store)
}

async fn write(store: &dyn EmbeddingStore, path: &Path, how: &ExportOptions) -> Outcome<()> {
    let file = File::create(path)?;
    export(store, &file, how, |_| {}).await?;
    Ok(file.sync_all()?)
}

/// Into a new file store each time; what it then holds is compared with what was exported.
async fn read(gallery: &InMemory, folder: &Path, path: &Path, how: &ImportOptions) -> Outcome<()> {
    let folder = tempfile::tempdir_in(folder)?;
    let store = RedbStore::open(folder.path().join("faces.redb")).await?;
    import(&store, File::open(path)?, how, |_| {}).await?;
    let event = EventName::new("conference")?;
    if store.load_event(&event).await? != gallery.load_event(&event).await? {
        return Err("the import is not equal to what was exported".into());
    }
    Ok(())
}

criterion_group!(benches, archives);
criterion_main!(benches);
