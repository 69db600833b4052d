//! The certificate that Microsoft encrypts notifications with: made of the account's own key, so that nobody has to make one.
//!
//! Only its public key matters to Microsoft. It is the same every time: what was asked for with it need not be asked for anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber, date_time_ymd};
use secrecy::{ExposeSecret as _, SecretString};

use crate::kernel::Failure;
use crate::kernel::seal::sha256;
use crate::providers::inbound::hex;
use crate::providers::jitsi::token::crypto::pkcs8;

/// A certificate and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// X.509 in base64.
    pub text: String,
    /// The same for the same key.
    pub id: String,
}

impl Certificate {
    /// Of an RSA private key in PEM.
    pub(super) fn of(key: &SecretString) -> Result<Self, Failure> {
        let der = EncodingKey::from_rsa_pem(key.expose_secret().as_bytes()).map_err(Failure::internal)?;
        let der = pkcs8(der.as_bytes()).ok_or_else(|| Failure::internal(anyhow::anyhow!("the key is no RSA private key")))?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.into(), &PKCS_RSA_SHA256).map_err(Failure::internal)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "omeet");
        params.serial_number = Some(SerialNumber::from(1_u64));
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2049, 12, 31));
        let certificate = params.self_signed(&pair).map_err(Failure::internal)?;
        let id = hex(&sha256(certificate.der()));
        Ok(Self { text: STANDARD.encode(certificate.der()), id: format!("omeet-{}", &id[..32]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::jitsi::token::sample;

    #[test]
    fn is_the_same_for_the_same_key_and_holds_nothing_private() {
        let key = SecretString::from(sample::pem().to_owned());
        let certificate = Certificate::of(&key).unwrap();
        assert_eq!(Certificate::of(&key).unwrap(), certificate);
        let der = STANDARD.decode(&certificate.text).unwrap();
        assert_eq!(der.first(), Some(&0x30));
        assert!(der.len() < 1000 && certificate.id.len() <= 128, "{}", der.len());
    }
}
