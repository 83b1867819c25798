//! Where an adapter's other side is.

use std::net::IpAddr;

use reqwest::Url;

/// Scheme, host, port and path prefix, all from the configuration: nothing of them ever comes from a workflow.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
}

impl BaseUrl {
    /// # Errors
    /// What is wrong with the text, as a sentence; without the text, in which a password may stand.
    pub fn parse(text: &str) -> Result<BaseUrl, String> {
        let url =
            Url::parse(text).map_err(|error| format!("this is not a URL: {error}; write it as `https://host:port/prefix`"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("the scheme is `{}`; it must be http or https", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user or a password stands in the URL; put them in a secret header `Authorization`".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("`?` and `#` have no place here; queries belong to an action".to_owned());
        }
        let written = text
            .split_once("://")
            .map_or("", |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
        let is_rewritten = written.trim_end_matches('/') != url.path().trim_end_matches('/');
        if is_rewritten || written.contains("//") || written.contains('%') {
            return Err("the path must be plain segments, without `.`, `..`, `//` and `%`".to_owned());
        }
        Ok(BaseUrl { url })
    }

    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address, where the host is one and not a name.
    pub fn address(&self) -> Option<IpAddr> {
        let host = self.url.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// `host:port`, for messages to people.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        // Both schemes have a port that is known.
        format!("{host}:{}", self.url.port_or_known_default().unwrap_or_default())
    }

    /// The URL of a path and query, which begin with `/` and are encoded already.
    ///
    /// None if they are not taken as they stand: a URL's reader may resolve or rewrite what it finds, and then the request would go
    /// elsewhere than meant.
    pub fn join(&self, path_and_query: &str) -> Option<Url> {
        if !path_and_query.starts_with('/') {
            return None;
        }
        let prefix = self.url.path().trim_end_matches('/');
        let text = format!("{}{prefix}{path_and_query}", self.url.origin().ascii_serialization());
        Url::parse(&text).ok().filter(|url| url.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(text: &str, expected: &str) {
        assert_eq!(BaseUrl::parse(text).map(|_| ()), Err(expected.to_owned()), "{text}");
    }

    fn joined(base: &str, path: &str) -> Option<String> {
        BaseUrl::parse(base).expect("a base URL").join(path).map(String::from)
    }

    #[test]
    fn only_a_place_is_taken() {
        check_refused(
            "design.example",
            "this is not a URL: relative URL without a base; write it as `https://host:port/prefix`",
        );
        check_refused("ftp://design.example", "the scheme is `ftp`; it must be http or https");
        let password = "a user or a password stands in the URL; put them in a secret header `Authorization`";
        check_refused("https://lab:5f3759df@design.example", password);
        check_refused("https://5f3759df@design.example", password);
        check_refused(
            "https://h/a?b=c",
            "`?` and `#` have no place here; queries belong to an action",
        );
        for path in ["/a/../b", "/a//b", "/a%20b", "/./a"] {
            check_refused(
                &format!("https://h{path}"),
                "the path must be plain segments, without `.`, `..`, `//` and `%`",
            );
        }
    }

    #[test]
    fn a_path_stands_behind_the_prefix() {
        assert_eq!(joined("https://h", "/a").as_deref(), Some("https://h/a"));
        assert_eq!(
            joined("https://h:443/v1/", "/a?b=%20").as_deref(),
            Some("https://h/v1/a?b=%20")
        );
        assert_eq!(
            joined("http://[::1]:8080/v1", "/a/b/").as_deref(),
            Some("http://[::1]:8080/v1/a/b/")
        );
    }

    #[test]
    fn a_path_that_would_be_rewritten_is_not_taken() {
        for path in [
            "/a/../b",
            "/a/%2e%2E/b",
            "/.",
            "/a b",
            "/a\\b",
            "/a\tb",
            "@evil.example/",
            ":99/",
        ] {
            assert_eq!(joined("https://h/v1", path), None, "{path}");
        }
        assert_eq!(joined("https://h", "@evil.example/"), None);
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        let address = |text: &str| {
            BaseUrl::parse(text)
                .expect("a base URL")
                .address()
                .map(|address| address.to_string())
        };
        assert_eq!(address("http://127.1/").as_deref(), Some("127.0.0.1"));
        assert_eq!(address("http://0x7f000001:80/").as_deref(), Some("127.0.0.1"));
        assert_eq!(address("http://[::FFFF:7f00:1]/").as_deref(), Some("::ffff:127.0.0.1"));
        assert_eq!(address("https://localhost/"), None);
    }
}
