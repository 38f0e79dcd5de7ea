//! The exact search of one gallery, and what a change to it costs.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use embedding::{DIMENSIONS, DistanceScale, Embedding, ModelId, Template};
use events::{Gallery, Username};

fn template(seed: u64) -> Template {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let values = std::array::from_fn::<f32, DIMENSIONS, _>(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    });
    let embedding = Embedding::new(ModelId::new("bench").unwrap(), values).unwrap();
    Template::from_embeddings(DistanceScale::UNIT, [&embedding]).unwrap()
}

fn user(number: u64) -> Username {
    Username::new(&format!("user {number:07}")).unwrap()
}

fn gallery(users: u64) -> Gallery {
    let empty = Gallery::empty(ModelId::new("bench").unwrap(), DistanceScale::UNIT);
    (0..users).fold(empty, |gallery, n| gallery.with(&user(n), &template(n)).unwrap())
}

fn scan(criterion: &mut Criterion) {
    for users in [10_000, 100_000] {
        let gallery = gallery(users);
        let (probe, middle) = (template(users + 1), user(users / 2));
        let mut group = criterion.benchmark_group("gallery");
        group.throughput(Throughput::Elements(users));
        group.bench_function(BenchmarkId::new("nearest", users), |b| {
            b.iter(|| gallery.nearest(black_box(&probe)).unwrap());
        });
        for k in [2, 100] {
            let k = NonZeroUsize::new(k).unwrap();
            group.bench_function(BenchmarkId::new(format!("nearest {k}"), users), |b| {
                b.iter(|| gallery.nearest_k(black_box(&probe), k).unwrap());
            });
        }
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("with", users), |b| {
            b.iter(|| gallery.with(black_box(&middle), &probe).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, scan);
criterion_main!(benches);
