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

use super::Raw;

/// Signs with a key as the service has.
pub(crate) struct Signer(KeyPair);

impl Signer {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(KeyPair::generate(KeySize::Rsa2048)?))
    }

    /// Signs something as long as a token.
    pub(crate) fn sign(&self) -> Result<()> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        Ok(self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &[0; 600], &mut signature)?)
    }
}

/// Signs on every core.
pub(crate) async fn measure(duration: Duration) -> Result<Raw> {
    let cores = thread::available_parallelism()?.get();
    let counted = tokio::task::spawn_blocking(move || {
        let sign = move || {
            let signer = Signer::new()?;
            let (begun, mut count) = (Instant::now(), 0_u32);
            while begun.elapsed() < duration {
                signer.sign()?;
                count += 1;
            }
            anyhow::Ok(f64::from(count) / begun.elapsed().as_secs_f64())
        };
        let threads: Vec<_> = (0..cores).map(|_| thread::spawn(sign)).collect();
        threads.into_iter().map(|it| it.join().expect("it signs")).sum::<Result<f64, _>>()
    });
    let per_second = counted.await??;
    let cores = f64::from(u32::try_from(cores)?);
    Ok(Raw { per_second, cpu_us: cores * 1e6 / per_second })
}
