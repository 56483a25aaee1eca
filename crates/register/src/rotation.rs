//! Which backups are kept: a rule over their times alone.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// How many backups are kept, the newest of each day, week and month that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days.
    pub daily: usize,
    /// Weeks, from Monday.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Self { daily: 7, weekly: 4, monthly: 12 }
    }
}

impl Keep {
    /// The backups that are kept no longer. The one `just_made` stays, even where a clock that went back makes it the
    /// oldest.
    #[must_use]
    pub fn superseded(self, made: &[Timestamp], just_made: Timestamp) -> Vec<Timestamp> {
        let mut newest_first: Vec<Timestamp> = made.to_vec();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        let mut kept = BTreeSet::from([just_made]);
        for (count, period) in [
            (self.daily, day as fn(Date) -> Date),
            (self.weekly, monday as _),
            (self.monthly, Date::first_of_month as _),
        ] {
            let mut periods = BTreeSet::new();
            for at in &newest_first {
                let period = period(at.to_zoned(TimeZone::UTC).date());
                if periods.len() < count && periods.insert(period) {
                    kept.insert(*at);
                }
            }
        }
        newest_first.retain(|at| !kept.contains(at));
        newest_first
    }
}

fn day(date: Date) -> Date {
    date
}

fn monday(date: Date) -> Date {
    let after = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(jiff::Span::new().days(after)).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_newest_of_each_day_week_and_month_is_kept() {
        let keep = |daily, weekly, monthly| Keep { daily, weekly, monthly };
        for (rule, keep, made, superseded) in [
            ("nothing made", Keep::default(), vec![], vec![]),
            ("the first", Keep::default(), vec!["2026-03-04T10:00:00Z"], vec![]),
            (
                "two on a day: the newer",
                keep(7, 0, 0),
                vec!["2026-03-04T08:00:00Z", "2026-03-04T10:00:00Z"],
                vec!["2026-03-04T08:00:00Z"],
            ),
            (
                "days without a backup do not count",
                keep(2, 0, 0),
                vec!["2026-01-01T10:00:00Z", "2026-02-01T10:00:00Z", "2026-03-04T10:00:00Z"],
                vec!["2026-01-01T10:00:00Z"],
            ),
            (
                "the Sunday is the newest of its week",
                keep(1, 2, 0),
                vec!["2026-02-28T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z"],
                vec!["2026-03-03T10:00:00Z", "2026-02-28T10:00:00Z"],
            ),
            (
                "a week over the new year is one",
                keep(1, 2, 0),
                vec!["2025-12-30T10:00:00Z", "2026-01-02T10:00:00Z", "2026-01-08T10:00:00Z"],
                vec!["2025-12-30T10:00:00Z"],
            ),
            (
                "a month",
                keep(1, 0, 2),
                vec!["2026-01-31T10:00:00Z", "2026-02-01T10:00:00Z", "2026-02-28T10:00:00Z", "2026-03-04T10:00:00Z"],
                vec!["2026-02-01T10:00:00Z", "2026-01-31T10:00:00Z"],
            ),
            (
                "a clock that went back: what was just made stays",
                keep(1, 0, 0),
                vec!["2030-01-01T10:00:00Z", "2026-03-04T10:00:00Z"],
                vec![],
            ),
            ("none asked for: what was just made stays", keep(0, 0, 0), vec!["2026-03-04T10:00:00Z"], vec![]),
        ] {
            let times: Vec<Timestamp> = made.iter().map(|text| at(text)).collect();
            let expected: Vec<Timestamp> = superseded.iter().map(|text| at(text)).collect();
            let just_made = times.last().copied().unwrap_or_default();
            assert_eq!(keep.superseded(&times, just_made), expected, "{rule}");
        }
    }

    #[test]
    fn a_year_of_daily_backups_leaves_seven_days_four_weeks_and_twelve_months() {
        let mut folder: Vec<Timestamp> = Vec::new();
        let first = at("2025-01-01T18:00:00Z");
        for day in 0..500 {
            let made = first + jiff::SignedDuration::from_hours(24 * day);
            folder.push(made);
            let superseded = Keep::default().superseded(&folder, made);
            folder.retain(|at| !superseded.contains(at));
        }
        // The last Sunday and today stand for two weeks, and today for its month: all among the days.
        assert_eq!(folder.len(), 7 + 2 + 11);
        assert!(folder.first().is_some_and(|oldest| *oldest < at("2025-07-01T00:00:00Z")), "{:?}", folder.first());
    }
}
