//! `POST /verify/` from one client to the real server with one worker, on the picture of the stages.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use e2e::{Server, close_up};

fn verify_route(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = Server::builder().unwrap().flags(["--workers", "1", "--log-level", "warn"]).start().unwrap();
    let client = server.client();
    let picture = close_up().unwrap();
    runtime.block_on(client.add_user("bench", "obama", &picture)).unwrap();
    let mut group = criterion.benchmark_group("route");
    group.bench_function("verify", |b| {
        b.iter(|| {
            let answer = runtime.block_on(client.verify("bench", &picture)).unwrap();
            assert_eq!(answer.code(), 200, "{answer:?}");
        });
    });
    group.finish();
}

criterion_group!(benches, verify_route);
criterion_main!(benches);
