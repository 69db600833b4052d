//! What the tests of this folder share.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::JitsiDefaults;
use crate::kernel::Sealer;

pub fn sealer() -> Arc<Sealer> {
    Arc::new(Sealer::new(&STANDARD.encode([7; 32]).into()).unwrap())
}

/// What a fresh installation has.
pub fn defaults() -> JitsiDefaults {
    JitsiDefaults {
        server_url: "https://meet.jit.si".parse().unwrap(),
        app_id: String::new(),
        app_secret: String::new().into(),
        app_secret_file: String::new(),
        xmpp_domain: String::new(),
        audience: String::new(),
    }
}
