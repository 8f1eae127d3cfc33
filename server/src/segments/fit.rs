//! Whether a segment's rule fits beside those of the others, which it may name, and which may name it.

use crate::{named_rules, store::Tx};
use domain::{
    Error, FieldError, Result, SegmentId,
    rule::{Rule, SegmentRules},
    segments::{MOST_ASKING_IN_ALL, Segment, asks_too_much},
};

/// Checks the rule of a segment as it will be. Returns the segments that name it. Others must be locked.
///
/// # Errors
/// `Invalid` when it would be inside itself, or too large with the segments that it names or for those that name it; `Conflict` when all
/// segments would ask too much.
pub(super) async fn fit(tx: &mut Tx, segment: &Segment) -> Result<Vec<SegmentId>> {
    let mut all = named_rules::segments(tx.conn()).await?;
    let before = asking(&all);
    all.set(segment.id, &segment.name, &segment.rule);
    let own = all.expand_own(segment.id)?;
    if let Some(error) = asks_too_much(&own) {
        return Err(Error::Invalid(vec![error]));
    }
    let naming = all.naming(segment.id);
    for id in &naming {
        let too_large = |error: &FieldError| {
            let name = all.name(*id).unwrap_or_default();
            Error::invalid("rule", format!("Not possible while the segment “{name}” names this one: {}", error.message))
        };
        match all.expand_own(*id) {
            Err(Error::Invalid(errors)) => return Err(errors.first().map_or(Error::Internal, too_large)),
            rule => {
                if let Some(error) = asks_too_much(&rule?) {
                    return Err(too_large(&error));
                }
            }
        }
    }
    let after = asking(&all);
    if after > MOST_ASKING_IN_ALL && after > before {
        let others = after - own.asking();
        return Err(Error::Conflict(format!(
            "All segments together have at most {MOST_ASKING_IN_ALL} rules about campaigns and orders, and the others have {others}; \
             delete a segment that is no longer used"
        )));
    }
    Ok(naming)
}

/// Number of tests about campaigns and orders in all segments, which each write asks the database.
fn asking(all: &SegmentRules) -> usize {
    all.ids().map(|id| all.expand_own(id).as_ref().map_or(0, Rule::asking)).sum()
}
