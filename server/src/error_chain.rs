//! The one printer of error chains.
//!
//! An error's `Display` describes only its own layer. [`Chain`] prints it together with its sources
//! (`Error::source`), outermost first.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
};

/// Displays an error and its sources in one line, separated by `: `.
///
/// A source is omitted if the text before it already ends with it: several libraries print their
/// source in their own `Display`.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

// === impl Chain ===

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut printed = self.0.to_string();
        f.write_str(&printed)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            let text = error.to_string();
            if !printed.ends_with(&text) {
                write!(f, ": {text}")?;
                printed = text;
            }
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Self>>,
    }

    fn chain(texts: &[&'static str]) -> Layer {
        let [text, rest @ ..] = texts else {
            unreachable!("a chain has at least one error")
        };
        Layer {
            text,
            source: (!rest.is_empty()).then(|| Box::new(chain(rest))),
        }
    }

    #[test]
    fn every_source_is_printed_after_the_error_that_it_caused() {
        let error = chain(&["cannot connect", "io error", "connection refused"]);
        assert_eq!(
            Chain(&error).to_string(),
            "cannot connect: io error: connection refused"
        );
        assert_eq!(Chain(&chain(&["alone"])).to_string(), "alone");
    }

    #[test]
    fn a_source_that_the_error_already_prints_is_not_repeated() {
        for texts in [
            &["a: b: c", "b: c", "c"][..],
            &["a", "a", "b: c", "c"],
            &["a: b", "b", "c"],
            &["a: b", "b", "b", "c"],
        ] {
            assert_eq!(Chain(&chain(texts)).to_string(), "a: b: c", "{texts:?}");
        }
    }
}
