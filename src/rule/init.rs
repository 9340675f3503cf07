//! An init of the engine's own as PID 1, which clears away what others leave behind.

use crate::facts::container::Reaping;
use crate::finding::Fix;
use crate::rule::Watched;
use crate::text::Edit;

impl Watched<'_> {
    /// `init: true`, where the service can have one.
    pub fn with_init(&self, reaping: &Reaping) -> Option<Fix> {
        let service = self.service?;
        if service.pid.is_some() {
            return None;
        }
        let edit = match &service.init {
            Some(init) if init.through.is_none() => Edit::replace(init.span, "true"),
            Some(_) => return None,
            None => service.place.add("init", "true")?,
        };
        let title = "let an init be PID 1";
        // An unknown PID 1 may be an init of its own that insists on being the first.
        Some(if matches!(reaping, Reaping::Leaves { .. }) {
            Fix::safe(title, vec![edit])
        } else {
            Fix::risky(title, vec![edit])
        })
    }
}
