//! The limit of whatever issues a JWT: RSA signatures, on every core.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};

/// How fast the machine signs.
pub(crate) struct Signatures {
    pub(crate) per_second: f64,
    /// Processor time of each.
    pub(crate) cpu_us: f64,
}

/// Signs on every core, with a key as the service has.
pub(crate) async fn measure(duration: Duration) -> Result<Signatures> {
    let cores = thread::available_parallelism()?.get();
    let counted = tokio::task::spawn_blocking(move || {
        let sign = move || {
            let key = KeyPair::generate(KeySize::Rsa2048)?;
            let (mut signature, random) = (vec![0; key.public_modulus_len()], SystemRandom::new());
            let (begun, mut count) = (Instant::now(), 0_u32);
            while begun.elapsed() < duration {
                key.sign(&RSA_PKCS1_SHA256, &random, &[0; 600], &mut signature)?;
                count += 1;
            }
            Ok::<_, aws_lc_rs::error::Unspecified>(f64::from(count) / begun.elapsed().as_secs_f64())
        };
        let threads: Vec<_> = (0..cores).map(|_| thread::spawn(sign)).collect();
        threads.into_iter().map(|it| it.join().expect("it signs")).sum::<Result<f64, _>>()
    });
    let per_second = counted.await??;
    let cores = f64::from(u32::try_from(cores)?);
    Ok(Signatures { per_second, cpu_us: cores * 1e6 / per_second })
}
