//! Computing and formatting figures. Each figure has one definition (its tooltip) and is rounded half up.

use crate::text::grouped;

/// Tooltip of the response rate of leads, by their status.
pub const RESPONSE_RATE: &str = "Leads that replied, of those contacted: every status but pending";
/// Tooltip of the response rate of one or several campaigns.
pub const CAMPAIGN_RESPONSE_RATE: &str = "Leads that replied while in the campaign, of those contacted in it";
/// Tooltip of the progress of a campaign.
pub const CAMPAIGN_PROGRESS: &str = "Steps done, of all steps of all leads in the campaign";

/// `part * scale / whole`, rounded half away from zero; 0 when `whole` is 0.
pub fn ratio(part: i64, whole: i64, scale: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let (part, whole) = (i128::from(part) * i128::from(scale), i128::from(whole));
    let half = whole.abs() / 2 * if (part < 0) == (whole < 0) { 1 } else { -1 };
    let up = if whole < 0 { -half } else { half };
    i64::try_from((part + up) / whole).unwrap_or(i64::MAX)
}

/// `part` of `whole` as `66.7%`; a dash when `whole` is 0.
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 { "–".to_owned() } else { tenths(ratio(part, whole, 1_000)) }
}

/// Tenths of a percent as `66.7%`.
pub fn tenths(tenths: i64) -> String {
    format!("{}.{}%", grouped(tenths / 10), (tenths % 10).abs())
}

/// Shares of the parts of a whole, in tenths of a percent. They add up to exactly 100.0%: the remainder goes to the parts that lost most by
/// rounding down.
pub fn shares(parts: &[i64]) -> Vec<i64> {
    let whole: i64 = parts.iter().sum();
    if whole <= 0 {
        return vec![0; parts.len()];
    }
    let exact = |part: i64| i128::from(part) * 1_000;
    let mut shares: Vec<i64> = parts.iter().map(|part| (exact(*part) / i128::from(whole)) as i64).collect();
    let mut by_loss: Vec<usize> = (0..parts.len()).collect();
    by_loss.sort_by_key(|at| std::cmp::Reverse(exact(parts[*at]) % i128::from(whole)));
    let left = 1_000 - shares.iter().sum::<i64>();
    for at in by_loss.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        shares[at] += 1;
    }
    shares
}

/// A number in units of `unit` (100 for cents), shortened to about three figures and rounded once: `318k`, `1.62M`; in full below `from`.
pub fn short(number: i64, unit: i64, from: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let size = number.saturating_abs();
    let thousands = ratio(size, 1_000 * unit, 1);
    if size < from * unit {
        grouped(ratio(number, unit, 1))
    } else if thousands < 1_000 {
        format!("{sign}{thousands}k")
    } else {
        let hundredths = ratio(size, 10_000 * unit, 1);
        format!("{sign}{}.{:02}M", grouped(hundredths / 100), hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounded_half_up() {
        assert_eq!([ratio(2, 3, 1_000), ratio(1, 3, 1_000), ratio(1, 8, 100), ratio(-1, 8, 100), ratio(5, 0, 100)], [667, 333, 13, -13, 0]);
        assert_eq!([percent(2, 3), percent(0, 5), percent(2, 2), percent(0, 0)], ["66.7%", "0.0%", "100.0%", "–"]);
        assert_eq!(ratio(i64::MAX, 1, 1_000), i64::MAX);
    }

    #[test]
    fn short_numbers_are_rounded_at_every_border() {
        let cases = [
            (99_999, "99,999"),
            (100_000, "100k"),
            (318_499, "318k"),
            (318_500, "319k"),
            (999_499, "999k"),
            (999_500, "1.00M"),
            (1_624_999, "1.62M"),
            (1_625_000, "1.63M"),
            (-318_500, "-319k"),
        ];
        for (number, expected) in cases {
            assert_eq!(short(number, 1, 100_000), expected);
        }
    }

    proptest! {
        #[test]
        fn shares_add_up(parts in prop::collection::vec(0_i64..1_000_000_000, 1..8)) {
            let shares = shares(&parts);
            let whole: i64 = parts.iter().sum();
            prop_assert_eq!(shares.iter().sum::<i64>(), if whole > 0 { 1_000 } else { 0 });
            for (part, share) in parts.iter().zip(&shares) {
                prop_assert!(whole == 0 || (share - ratio(*part, whole, 1_000)).abs() <= 1);
            }
        }
    }
}
