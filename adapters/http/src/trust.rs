//! Whose certificates are believed.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Certificates of authorities that an adapter may name: the whole public web has fewer than 200.
const AUTHORITIES_MAX: usize = 1_024;

/// A TLS client that believes the given authorities (PEM) and no others, or those of the public web.
///
/// The cryptography is named here and not taken from the process, so that an adapter works the same wherever it is built.
///
/// # Errors
/// What is wrong with the authorities, as a sentence.
pub(crate) fn tls(authorities: Option<&[u8]>) -> Result<ClientConfig, String> {
    let roots = match authorities {
        Some(pem) => named(pem)?,
        None => public_web(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn public_web() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots
}

fn named(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem).take(AUTHORITIES_MAX + 1) {
        let ordinal = roots.len() + 1;
        let certificate = certificate.map_err(|error| format!("certificate {ordinal} cannot be read as PEM: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("certificate {ordinal} is not an authority's: {error}"))?;
    }
    match roots.len() {
        0 => Err("there is no certificate in it; PEM has `-----BEGIN CERTIFICATE-----`".to_owned()),
        length if length > AUTHORITIES_MAX => Err(format!("there are more than {AUTHORITIES_MAX} certificates in it")),
        _ => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_web_has_authorities() {
        let listed = webpki_root_certs::TLS_SERVER_ROOT_CERTS.len();
        assert_eq!(public_web().len(), listed);
        assert!(listed > 50, "{listed}");
    }

    #[test]
    fn what_cannot_be_believed_is_said() {
        let wrong = |pem: &[u8]| tls(Some(pem)).expect_err("no authorities");
        let none = "there is no certificate in it; PEM has `-----BEGIN CERTIFICATE-----`";
        assert_eq!(wrong(b""), none);
        assert_eq!(wrong(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), none);
        let no_certificate = wrong(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(
            no_certificate.starts_with("certificate 1 is not an authority's: "),
            "{no_certificate}"
        );
        let cut = wrong(b"-----BEGIN CERTIFICATE-----\nAAAA\n");
        assert!(cut.starts_with("certificate 1 cannot be read as PEM: "), "{cut}");
    }
}
