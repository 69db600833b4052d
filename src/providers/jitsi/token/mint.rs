//! Signs claims.

use std::fmt;

use jsonwebtoken::{Algorithm, Header, encode};
use serde::Serialize;

use super::{SigningKey, crypto};
use crate::kernel::Failure;

/// A signed token: whoever holds it may enter. It is not printed by `{:?}` and has no `{}`.
#[derive(Clone, PartialEq, Eq)]
pub struct MintedToken(String);

impl MintedToken {
    /// The token itself, for the answer that carries it and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MintedToken([hidden])")
    }
}

/// Signs `claims`, with `typ` JWT (which Jitsi demands) and, for RS256, the key's id.
pub fn mint(key: &SigningKey, claims: &impl Serialize) -> Result<MintedToken, Failure> {
    crypto::install();
    let (header, key) = match key {
        SigningKey::Hs256 { key } => (Header::new(Algorithm::HS256), key),
        SigningKey::Rs256 { kid, key } => (with_kid(kid), key),
    };
    encode(&header, claims, key).map(MintedToken).map_err(Failure::internal)
}

fn with_kid(kid: &str) -> Header {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(kid.to_owned());
    header
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use serde_json::Value;

    use super::*;
    use crate::providers::jitsi::token::{Claims, PublicKey, sample};

    fn decoded(key: &SigningKey, decoding: &DecodingKey, algorithm: Algorithm) -> Value {
        let token = mint(key, &Claims::new(&sample::issuer(), &sample::grant(false))).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.set_audience(&["jitsi"]);
        decode::<Value>(token.expose(), decoding, &validation).unwrap().claims
    }

    #[test]
    fn both_algorithms_verify_with_the_other_half() {
        let secret = DecodingKey::from_secret(sample::SECRET.as_bytes());
        assert_eq!(decoded(&sample::hs256(), &secret, Algorithm::HS256)["room"], "daily-7");
        let public = PublicKey::of(&sample::rs256()).unwrap();
        let from_pem = DecodingKey::from_rsa_pem(public.pem.as_bytes()).unwrap();
        assert_eq!(decoded(&sample::rs256(), &from_pem, Algorithm::RS256)["sub"], "meet.jitsi");
        let from_jwk = DecodingKey::from_rsa_components(&public.jwk.n, &public.jwk.e).unwrap();
        assert_eq!(decoded(&sample::rs256(), &from_jwk, Algorithm::RS256)["sub"], "meet.jitsi");
    }

    #[test]
    fn the_header_is_what_jitsi_demands() {
        let (issuer, grant) = (sample::issuer(), sample::grant(true));
        let claims = Claims::new(&issuer, &grant);
        let shared = decode_header(mint(&sample::hs256(), &claims).unwrap().expose()).unwrap();
        assert_eq!((shared.typ.as_deref(), shared.alg, shared.kid), (Some("JWT"), Algorithm::HS256, None));
        let own = decode_header(mint(&sample::rs256(), &claims).unwrap().expose()).unwrap();
        assert_eq!((own.typ.as_deref(), own.alg, own.kid.as_deref()), (Some("JWT"), Algorithm::RS256, Some(sample::KID)));
    }

    // S8: no token in a log.
    #[test]
    fn is_not_printed() {
        let token = mint(&sample::hs256(), &serde_json::json!({"a": 1})).unwrap();
        assert_eq!(format!("{token:?}"), "MintedToken([hidden])");
    }
}
