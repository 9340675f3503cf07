//! From seconds to places along a line, with ticks at round moments.

use std::time::Duration;

use crate::explain::{TimeLine, shown};
use crate::report::wrap;

/// How far apart ticks may be, in seconds: numbers that people count in.
const STEPS: &[u64] = &[
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400,
];
/// No more ticks than this.
const MOST_TICKS: u64 = 7;

/// The moments that a time line shows.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    seconds: f64,
}

impl Scale {
    /// From the start of the first service to the last moment that is known, and a little beyond.
    pub fn of(line: &TimeLine) -> Self {
        let ends = line.bars.iter().flat_map(|bar| {
            let windows = [bar.starts, bar.healthy].into_iter().flatten();
            windows.map(|window| window.latest.unwrap_or(window.earliest))
        });
        let last = ends.max().unwrap_or(Duration::ZERO).as_secs_f64();
        Self {
            seconds: last * 1.04,
        }
    }

    /// Whether everything happens at once.
    pub fn is_empty(self) -> bool {
        self.seconds <= 0.0
    }

    /// How far along the line a moment is, from 0 to 1.
    pub fn place(self, moment: Duration) -> f64 {
        (moment.as_secs_f64() / self.seconds).min(1.0)
    }

    /// The second in the middle of a column.
    #[allow(clippy::cast_precision_loss)] // A line has some hundred columns.
    pub fn middle_of(self, column: usize, columns: usize) -> f64 {
        (column as f64 + 0.5) / columns as f64 * self.seconds
    }

    /// The round moments.
    pub fn ticks(self) -> Vec<Duration> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Never negative.
        let whole = self.seconds as u64;
        let most = STEPS.iter().find(|step| whole / **step < MOST_TICKS);
        // Whoever waits for weeks counts in days.
        let step = most.map_or_else(|| (whole / MOST_TICKS / 86400 + 1) * 86400, |step| *step);
        (0..=whole / step)
            .map(|count| Duration::from_secs(count * step))
            .collect()
    }

    /// The ticks as one line of text, each above its column, as many as fit.
    pub fn axis(self, columns: usize) -> String {
        let mut line = String::new();
        for tick in self.ticks() {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss
            )] // Between 0 and the number of columns.
            let column = (self.place(tick) * columns as f64) as usize;
            let label = shown(tick);
            let used = wrap::columns(&line);
            let fits = line.is_empty() || used + 2 <= column;
            if fits && column + label.len() <= columns {
                line.push_str(&" ".repeat(column - used));
                line.push_str(&label);
            }
        }
        line
    }
}
