//! What comes about by itself, and is waited for.

use std::time::Duration;

/// Long enough for any machine.
const LONGEST: Duration = Duration::from_secs(30);

/// Between two looks.
const PERIOD: Duration = Duration::from_millis(20);

/// Asks again and again until it is so, and says whether that came about.
pub async fn soon(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let mut looks = tokio::time::interval(PERIOD);
    let asked = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(LONGEST, asked).await.is_ok()
}
