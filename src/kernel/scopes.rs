//! What a key may be used for.

use std::sync::Arc;

use serde::Deserialize;

/// Scopes of a key: `<namespace>:read`, `:write` or `:*`, and `*` for every method. Without any nothing is withheld, which is more than
/// `*`: doors that are no methods open too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Scopes(Option<Arc<[String]>>);

impl From<Vec<String>> for Scopes {
    fn from(scopes: Vec<String>) -> Self {
        Self((!scopes.is_empty()).then(|| scopes.into()))
    }
}

impl Scopes {
    /// Whether anything is withheld.
    pub const fn are_limited(&self) -> bool {
        self.0.is_some()
    }

    /// Whether they cover `wanted` (`namespace:read` or `namespace:write`).
    pub fn allow(&self, wanted: &str) -> bool {
        let namespace = wanted.split(':').next().unwrap_or_default();
        let covers = |scope: &String| scope == "*" || scope == wanted || scope.strip_suffix(":*") == Some(namespace);
        self.0.as_ref().is_none_or(|own| own.iter().any(covers))
    }

    /// Whether a key with the scopes `others` may do no more than one with these.
    pub fn cover(&self, others: &[String]) -> bool {
        let Some(own) = &self.0 else { return true };
        let covers = |scope: &String| match scope.strip_suffix(":*") {
            Some(namespace) => ["read", "write"].iter().all(|verb| self.allow(&format!("{namespace}:{verb}"))),
            None if scope == "*" => own.contains(scope),
            None => self.allow(scope),
        };
        !others.is_empty() && others.iter().all(covers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn scopes_name_a_namespace_and_what_it_is_for() {
        let allow = |own: &[&str], wanted: &str| Scopes::from(list(own)).allow(wanted);
        assert!(allow(&[], "meeting:write"));
        assert!(allow(&["*"], "meeting:write"));
        assert!(allow(&["meeting:*"], "meeting:write"));
        assert!(allow(&["meeting:read"], "meeting:read"));
        assert!(!allow(&["meeting:read"], "meeting:write"));
        assert!(!allow(&["meet:*"], "meeting:read"));
    }

    #[test]
    fn what_covers_others_allows_whatever_they_do() {
        let sets: [&[&str]; 10] = [
            &[],
            &["*"],
            &["*:*"],
            &["a:*"],
            &["a:read", "a:write"],
            &["a:read"],
            &["a:write"],
            &["a:read", "b:*"],
            &["b:read", "b:write", "a:*"],
            &["b:write"],
        ];
        let methods = ["a:read", "a:write", "b:read", "b:write", "c:read", "c:write"];
        for own in sets {
            for others in sets {
                let (mine, theirs) = (Scopes::from(list(own)), Scopes::from(list(others)));
                let is_less = (!mine.are_limited() || theirs.are_limited())
                    && methods.iter().all(|method| mine.allow(method) || !theirs.allow(method));
                // `*:*` names a namespace that no method has: nothing is lost if it is refused.
                let expected = is_less && (others != ["*:*"] || !mine.are_limited() || own == ["*"] || own == ["*:*"]);
                assert_eq!(mine.cover(&list(others)), expected, "{own:?} {others:?}");
            }
        }
    }
}
