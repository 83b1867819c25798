//! Percent-encoding of a path's segments and a query's values.

/// Encodes everything but the unreserved characters of RFC 3986.
pub fn encode(text: &str, out: &mut String) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// A path of encoded segments, each after a slash.
pub fn path(segments: &[&str]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        encode(segment, &mut path);
    }
    path
}

/// Text without its encoding; none if it is no UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A path with a query of these parameters.
pub fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut target = path.to_owned();
    for (place, (name, value)) in parameters.iter().enumerate() {
        target.push(if place == 0 { '?' } else { '&' });
        encode(name, &mut target);
        target.push('=');
        encode(value, &mut target);
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(decode("A-1%2Fright%20%C3%A4~"), Some("A-1/right ä~".into()));
        assert_eq!(decode("%C3"), None);
        assert_eq!(decode("%4"), None);
        assert_eq!(path(&["lens", "A-1/right ä~"]), "/lens/A-1%2Fright%20%C3%A4~");
    }
}
