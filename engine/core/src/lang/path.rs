//! Paths of files within a tree of definitions: parts joined by `/`. A reference is never absolute; the main file may be.

/// Where `reference`, written in the file at `from`, points. None when it is no path of that kind.
pub fn join(from: &str, reference: &str) -> Option<String> {
    let is_path = !reference.is_empty() && !reference.starts_with('/') && !reference.contains(['\\', ':', '\0']);
    is_path.then(|| {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let root = if from.starts_with('/') { "/" } else { "" };
        format!("{root}{}", normal(folder.split('/').chain(reference.split('/'))))
    })
}

/// The path of `path` as seen from the folder of `main`.
pub(super) fn relative(main: &str, path: &str) -> String {
    let folder: Vec<&str> = main.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
    let parts: Vec<&str> = path.split('/').collect();
    let common = folder.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", folder.len() - common);
    up.chain(parts.iter().skip(common).copied()).collect::<Vec<_>>().join("/")
}

fn normal<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in parts.filter(|part| !part.is_empty() && *part != ".") {
        match (part, kept.last()) {
            ("..", Some(last)) if *last != ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_resolved_from_the_file_it_stands_in() {
        let check = |from: &str, reference: &str, expected: Option<&str>| assert_eq!(join(from, reference).as_deref(), expected);
        check("lab/order.yaml", "schemas/rx.yaml", Some("lab/schemas/rx.yaml"));
        check("lab/schemas/rx.yaml", "./eye.yaml", Some("lab/schemas/eye.yaml"));
        check("lab/order.yaml", "../shared/x.yaml", Some("shared/x.yaml"));
        check("order.yaml", "../shared/x.yaml", Some("../shared/x.yaml"));
        check("../shared/x.yaml", "../y.yaml", Some("../y.yaml"));
        check("/srv/lab/order.yaml", "schemas/rx.yaml", Some("/srv/lab/schemas/rx.yaml"));
        check("/order.yaml", "schemas/rx.yaml", Some("/schemas/rx.yaml"));
        for refused in ["", "/etc/passwd", "https://example.org/x", "a\\b"] {
            check("order.yaml", refused, None);
        }
    }

    #[test]
    fn what_is_seen_from_a_folder_leads_back_to_the_file() {
        for path in ["lab/order.yaml", "lab/schemas/rx.yaml", "shared/x.yaml", "x.yaml"] {
            let seen = relative("lab/order.yaml", path);
            assert_eq!(join("lab/order.yaml", &seen).as_deref(), Some(path), "{seen}");
        }
        assert_eq!(relative("/srv/lab/order.yaml", "/srv/shared/x.yaml"), "../shared/x.yaml");
    }
}
