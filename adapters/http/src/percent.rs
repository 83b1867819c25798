//! Percent-encoding (RFC 3986).

/// Appends a text in which only unreserved characters stay, so that it is one piece wherever it stands in a URL.
pub(crate) fn encode(text: &str, out: &mut String) {
    const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let digits = [byte >> 4, byte & 0xf].map(|digit| char::from(HEXADECIMAL[usize::from(digit)]));
            out.push('%');
            out.extend(digits);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_unreserved_characters_stay() {
        let mut out = String::new();
        super::encode("aZ9-._~ /?#%&=+\r\nü", &mut out);
        assert_eq!(out, "aZ9-._~%20%2F%3F%23%25%26%3D%2B%0D%0A%C3%BC");
    }
}
