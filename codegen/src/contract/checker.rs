//! Collects the faults of a contract and reads its values.

use std::{cell::RefCell, fmt};

use serde_yaml_ng::Value;

use super::{keys::Keys, node::Node};

/// A construct that the templates do not express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it is, such as `paths./orders.get.parameters[limit].schema.enum`.
    pub place: String,
    /// One sentence: what is not supported and, where there is one, what to write instead.
    pub reason: String,
}

/// The contract and the faults found in it so far.
pub struct Checker<'a> {
    contract: Node<'a>,
    faults: RefCell<Vec<Fault>>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    {}", self.place, self.reason)
    }
}

// === impl Checker ===

impl<'a> Checker<'a> {
    pub fn new(contract: &'a Value) -> Self {
        Self {
            contract: Node::root(contract),
            faults: RefCell::default(),
        }
    }

    /// All faults, each once, in the order in which they were found.
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }

    pub fn contract(&self) -> Node<'a> {
        self.contract.clone()
    }

    pub fn refuse(&self, place: impl Into<String>, reason: impl Into<String>) {
        let fault = Fault {
            place: place.into(),
            reason: reason.into(),
        };
        let mut faults = self.faults.borrow_mut();
        // A component is checked once for each of its uses.
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    /// Refuses whatever is no object, and every member that is not in the allow list.
    pub fn keys(&self, node: &Node<'a>, keys: &Keys) -> bool {
        if !node.is_object() {
            self.refuse(&node.place, format!("{} must be an object.", keys.owner));
            return false;
        }
        for (key, member) in node.entries() {
            if !keys.allow(&key) {
                self.refuse(member.place, keys.reason(&key));
            }
        }
        true
    }

    /// The members of the object `key`; none where there is no object.
    pub fn entries(&self, node: &Node<'a>, key: &str) -> Vec<(String, Node<'a>)> {
        let Some(member) = node.get(key) else {
            return Vec::new();
        };
        if !member.is_object() {
            self.refuse(&member.place, format!("`{key}` must be an object."));
        }
        member.entries()
    }

    /// The elements of the list `key`; none where there is no list.
    pub fn items(&self, node: &Node<'a>, key: &str) -> Vec<Node<'a>> {
        let Some(member) = node.get(key) else {
            return Vec::new();
        };
        if !member.value.is_sequence() {
            self.refuse(&member.place, format!("`{key}` must be a list."));
        }
        member.items()
    }

    /// The member `key`, which must be text.
    pub fn text(&self, node: &Node<'a>, key: &str) -> Option<&'a str> {
        let member = node.get(key)?;
        let text = member.as_str();
        if text.is_none() {
            self.refuse(member.place, format!("`{key}` must be a string."));
        }
        text
    }

    /// The member `key`, which must be `true` or `false`; false where there is none.
    pub fn flag(&self, node: &Node<'a>, key: &str) -> bool {
        let Some(member) = node.get(key) else {
            return false;
        };
        member.value.as_bool().unwrap_or_else(|| {
            self.refuse(
                member.place,
                format!("`{key}` must be `true` or `false`; other words are strings in YAML 1.2."),
            );
            false
        })
    }

    /// The member `key`, whose only value is `true`: an extension that is switched on.
    pub fn switch(&self, node: &Node<'a>, key: &str) -> bool {
        let on = self.flag(node, key);
        if let Some(member) = node.get(key).filter(|member| member.value.is_bool() && !on) {
            self.refuse(
                member.place,
                format!("`{key}` is either `true` or left out."),
            );
        }
        on
    }

    /// The member `key`, which must be an integer from `least` to `most`.
    pub fn integer(&self, node: &Node<'a>, key: &str, least: i64, most: i64) -> Option<i64> {
        let member = node.get(key)?;
        let integer = member.value.as_i64();
        let integer = integer.filter(|value| (least..=most).contains(value));
        if integer.is_none() {
            let reason = format!("`{key}` must be an integer from {least} to {most}.");
            self.refuse(member.place, reason);
        }
        integer
    }

    /// Follows a reference to `#/components/{section}/…`; a node that is none is returned as it
    /// is. None if the reference is refused.
    pub fn resolve(&self, node: &Node<'a>, section: &str) -> Option<Node<'a>> {
        let Some(reference) = node.get("$ref") else {
            return Some(node.clone());
        };
        let prefix = format!("#/components/{section}/");
        let name = reference.as_str().and_then(|to| to.strip_prefix(&prefix));
        let Some(name) = name.filter(|name| !name.contains(['/', '~', '%'])) else {
            let reason = format!("A reference here must have the form `{prefix}Name`.");
            self.refuse(reference.place, reason);
            return None;
        };
        let components = self.contract.get("components");
        let section = components.and_then(|components| components.get(section));
        let Some(target) = section.and_then(|section| section.get(name)) else {
            self.refuse(reference.place, format!("There is no `{prefix}{name}`."));
            return None;
        };
        self.is_written_out(&target).then_some(target)
    }

    /// Refuses a component that is a reference to another one.
    pub fn is_written_out(&self, component: &Node<'a>) -> bool {
        let reference = component.get("$ref").is_some();
        if reference {
            let reason = "A component cannot be a reference to another one; write it out.";
            self.refuse(&component.place, reason);
        }
        !reference
    }
}
