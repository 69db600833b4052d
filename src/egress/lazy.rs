//! Clients that are made when they are first needed.

use std::sync::{Arc, LazyLock};

use reqwest::{Client, ClientBuilder};

use super::reason;

type Make = Box<dyn FnOnce() -> Result<Client, String> + Send>;

/// An HTTP client that is made at its first call: reading the machine's roots of trust takes milliseconds and half a megabyte, and many an
/// omeet calls nobody. Clones share it.
#[derive(Clone)]
pub struct LazyClient(Arc<LazyLock<Result<Client, String>, Make>>);

impl LazyClient {
    /// What `builder` says.
    pub fn new(builder: impl FnOnce() -> ClientBuilder + Send + 'static) -> Self {
        let make: Make = Box::new(|| builder().build().map_err(|error| format!("no HTTP client can be made: {}", reason(error))));
        Self(Arc::new(LazyLock::new(make)))
    }

    /// The client.
    ///
    /// # Errors
    /// In a sentence, why there is none: where the machine has no roots of trust, for instance.
    pub fn get(&self) -> Result<&Client, String> {
        self.0.as_ref().as_ref().map_err(Clone::clone)
    }
}
