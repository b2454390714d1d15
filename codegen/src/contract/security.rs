//! Authentication: the schemes, and which operations need them.
//!
//! The generated [`Operation`] says whether a request must be authenticated, and which scopes a
//! bearer token must have. The service checks both.
//!
//! [`Operation`]: ../../../generated/api/src/router.rs

use super::{checker::Checker, keys::Keys, node::Node};

const SCHEME: Keys = Keys {
    owner: "A security scheme",
    lists: &[&[
        "type",
        "description",
        "scheme",
        "bearerFormat",
        "in",
        "name",
    ]],
};

/// Checks `components.securitySchemes`: an API key in a header, or a bearer token.
pub fn check_schemes<'a>(checker: &Checker<'a>, schemes: &[(String, Node<'a>)]) {
    for (_, scheme) in schemes {
        if !checker.keys(scheme, &SCHEME) {
            continue;
        }
        let text = |key| checker.text(scheme, key).unwrap_or_default();
        let is_key = text("type") == "apiKey" && text("in") == "header";
        let is_bearer = text("type") == "http" && text("scheme") == "bearer";
        if !is_key && !is_bearer {
            checker.refuse(
                &scheme.place,
                "The templates know `type: http` with `scheme: bearer`, and `type: apiKey` with `in: header`.",
            );
        }
    }
}

/// Checks the `security` of an operation or of the document: a list of alternatives, each with one
/// declared scheme, of which at most one has scopes.
pub fn check<'a>(checker: &Checker<'a>, node: &Node<'a>) {
    let steps = ["components", "securitySchemes"];
    let schemes = steps
        .iter()
        .try_fold(checker.contract(), |node, step| node.get(step));
    let schemes = schemes.map(|schemes| schemes.entries()).unwrap_or_default();
    let mut with_scopes = 0;
    for requirement in checker.items(node, "security") {
        let entries = requirement.entries();
        let [(name, scopes)] = entries.as_slice() else {
            let reason = "Each alternative names one scheme; write `security: []` for none.";
            checker.refuse(requirement.place, reason);
            continue;
        };
        if !schemes.iter().any(|(scheme, _)| scheme == name) {
            let reason = format!("`components.securitySchemes` has no `{name}`.");
            checker.refuse(&scopes.place, reason);
        }
        let scopes = checker.items(&requirement, name);
        with_scopes += usize::from(!scopes.is_empty());
        for scope in scopes {
            if scope.as_str().is_none() {
                checker.refuse(scope.place, "A scope must be a string.");
            }
        }
    }
    if with_scopes > 1 {
        let reason = "Only one alternative may have scopes; the templates keep one list.";
        checker.refuse(node.place_of("security"), reason);
    }
}
