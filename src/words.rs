//! `words!` defines an enum of fixed words: the same text on the wire and in the database, and a label for people.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal, default $default:ident { $($variant:ident = $word:literal, $label:expr;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Text on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Position in the list, from 0.
            pub fn rank(self) -> i64 {
                self as i64
            }

            /// Label for people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        #[cfg(feature = "openapi")]
        crate::openapi::text!([] $name, utoipa::openapi::ObjectBuilder::new().enum_values(Some([$($word),+])));

        impl Default for $name {
            fn default() -> Self {
                Self::$default
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Error;
            /// Parses the word or its label, case-insensitively.
            fn from_str(text: &str) -> Result<Self> {
                let wanted = crate::text::fold(text.trim());
                Self::ALL.iter().copied()
                    .find(|one| crate::text::fold(one.as_str()) == wanted || crate::text::fold(one.label()) == wanted)
                    .ok_or_else(|| {
                        let known: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                        Error::invalid($field, format!("No {} named “{}”; use one of: {}", $field, text.chars().take(60).collect::<String>(), known.join(", ")))
                    })
            }
        }
    };
}
pub(crate) use words;
