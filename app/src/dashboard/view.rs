//! State of the dashboard, as its address holds it: `?days=&compare=no`.

use crate::address::Params;
use domain::dashboard::Range;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DashboardQuery {
    pub range: Range,
    /// Compares with as many days before.
    pub compare: bool,
}

impl DashboardQuery {
    pub fn read(params: &Params) -> Self {
        Self {
            range: params.get("days").and_then(|word| word.parse().ok()).unwrap_or_default(),
            compare: params.get("compare").as_deref() != Some("no"),
        }
    }

    pub fn href(self) -> String {
        let mut params = Params::new();
        if self.range != Range::default() {
            params.insert("days", self.range.to_string());
        }
        if !self.compare {
            params.insert("compare", "no".to_owned());
        }
        format!("/dashboard{}", params.to_query_string())
    }
}
