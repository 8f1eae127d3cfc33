//! Segments: saved rules over leads. A segment's size is exact: it moves in the transaction of each write that changes it.

use crate::{
    ActorRef, ChangeId, Error, FieldError, LeadId, Op, Permission, Recorded, Result, Timestamp, ViewId,
    activity::{ActivityKind, Link, Names, Word},
    given,
    id::ids,
    record::Concerned,
    rule::{Explanation, Rule},
    text::{clean, clean_line, grouped},
    zone::{Day, as_date},
};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

ids! {
    /// A segment.
    SegmentId,
}

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 500;
/// Most segments. Each write to a lead evaluates all of them.
pub const MOST: usize = 200;
/// Most segments that a person may create who may not delete those of others.
pub const MOST_OF_ONE: usize = 50;
/// Most tests of campaigns and orders in a segment, with those of the segments that it names: each write to a lead asks the database for
/// them.
pub const MOST_ASKING: usize = 20;
/// Most of them in all segments together.
pub const MOST_ASKING_IN_ALL: usize = 200;
/// Most days of the trend.
pub const TREND_DAYS: i64 = 365;

/// A saved rule under a name. All users see all segments.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    pub id: SegmentId,
    pub revision: i64,
    /// Unique.
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub rule: Rule,
    pub created_by: ActorRef,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Recorded for Segment {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn said(&self, op: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        let link = Word::link(&self.name, Link::Segment(self.id));
        Some(match op {
            Op::Delete => (ActivityKind::Deleted, "deleted the segment", Word::strong(&self.name)),
            Op::Restore => (ActivityKind::Restored, "restored the segment", link),
            Op::Update => (ActivityKind::Edited, "edited the segment", link),
            Op::Create | Op::Bulk => (ActivityKind::Added, "created the segment", link),
        })
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl Segment {
    /// Who may delete it: its creator, and those who may delete what others made.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require_delete(&self, actor: &crate::Actor) -> Result<()> {
        if self.created_by.is(&actor.who) {
            actor.require(Permission::WriteSegments)
        } else {
            actor.require(Permission::DeleteOthersSegments)
        }
    }
}

/// A segment with its number of leads.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizedSegment {
    #[serde(flatten)]
    pub segment: Segment,
    /// Leads in it; absent while they are counted for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
}

/// Leads that entered and left a segment on one day.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentDay {
    /// In the time zone that the workspace had on that day.
    #[serde(with = "as_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub day: Day,
    pub entered: i64,
    pub left: i64,
    /// Leads in it at the end of the day; today: now.
    pub size: i64,
}

/// A lead that entered or left a segment.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentMove {
    pub lead_id: LeadId,
    /// Absent when the lead was deleted since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It entered; else it left.
    pub entered: bool,
    pub at: Timestamp,
}

/// A segment's id and name, to name it and link to it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRef {
    pub id: SegmentId,
    pub name: String,
}

/// A saved view's id and name.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRef {
    pub id: ViewId,
    pub name: String,
}

/// Where a segment is in use: the rules that name it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentUse {
    /// By name.
    pub segments: Vec<SegmentRef>,
    /// Those that the reader sees.
    pub views: Vec<ViewRef>,
    /// Number of private views of others.
    pub private_views: i64,
}

impl SegmentUse {
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.views.is_empty() && self.private_views == 0
    }
}

/// `the segment “Buyers”, the view “Warm” and 2 private views of others`
impl fmt::Display for SegmentUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments = self.segments.iter().map(|one| format!("the segment “{}”", one.name));
        let views = self.views.iter().map(|one| format!("the view “{}”", one.name));
        let private = match self.private_views {
            0 => None,
            1 => Some("a private view of someone else".to_owned()),
            number => Some(format!("{} private views of others", grouped(number))),
        };
        let all: Vec<String> = segments.chain(views).chain(private).collect();
        match all.split_last() {
            Some((last, [])) => f.write_str(last),
            Some((last, before)) => write!(f, "{} and {last}", before.join(", ")),
            None => f.write_str("nothing"),
        }
    }
}

/// A segment with its trend, the leads that entered and left last, and where it is in use.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentDetail {
    #[serde(flatten)]
    pub segment: SizedSegment,
    /// The days since it was created on which its size changed, oldest first, at most the last 365.
    pub days: Vec<SegmentDay>,
    /// Newest first, at most 20. A large import or bulk action adds at most 100 of its leads.
    pub moves: Vec<SegmentMove>,
    pub used_by: SegmentUse,
}

/// Why a lead is in a segment, or is not.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    pub is_in: bool,
    /// The rule with the result of each part.
    pub why: Explanation,
}

/// Input for a new segment.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewSegment {
    pub name: String,
    #[serde(deserialize_with = "given::present_or_empty")]
    pub description: String,
    /// Everyone, if absent.
    pub rule: Rule,
}

impl NewSegment {
    /// # Errors
    /// `Invalid`, with one entry per field.
    pub fn into_segment(self, id: SegmentId, by: ActorRef, now: Timestamp) -> Result<Segment> {
        let Self { name, description, rule } = self;
        Segment { id, revision: 1, name, description, rule, created_by: by, created_at: now, updated_at: now }.check()
    }
}

/// Changes of a segment. Absent fields stay unchanged.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SegmentPatch {
    #[serde(deserialize_with = "given::value")]
    pub name: Option<String>,
    /// `null` clears it.
    #[serde(deserialize_with = "given::value_or_empty")]
    pub description: Option<String>,
    #[serde(deserialize_with = "given::value")]
    pub rule: Option<Rule>,
    /// The revision that the client saw; any other is a conflict.
    pub revision: Option<i64>,
}

impl SegmentPatch {
    /// The segment after the patch; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field; `Conflict` when the segment was changed since `revision`.
    pub fn apply(self, before: &Segment, now: Timestamp) -> Result<Option<Segment>> {
        if self.revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Conflict(format!("{} was changed meanwhile; look at it again", before.name)));
        }
        let mut after = before.clone();
        after.name = self.name.unwrap_or(after.name);
        after.description = self.description.unwrap_or(after.description);
        after.rule = self.rule.unwrap_or(after.rule);
        let after = after.check()?;
        Ok((after != *before).then_some(Segment { revision: before.revision + 1, updated_at: now, ..after }))
    }
}

/// A segment after an edit, and the change for undo; `None` when nothing changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditedSegment {
    pub segment: SizedSegment,
    pub undo: Option<ChangeId>,
}

impl Segment {
    fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        self.name = clean_line(&self.name);
        self.description = clean(&self.description);
        match self.name.chars().count() {
            0 => errors.push(FieldError::new("name", "Enter a name")),
            1..=NAME_MAX => {}
            _ => errors.push(FieldError::new("name", format!("At most {NAME_MAX} characters; choose a shorter name"))),
        }
        if self.description.chars().count() > DESCRIPTION_MAX {
            errors.push(FieldError::new("description", format!("At most {DESCRIPTION_MAX} characters; shorten it")));
        }
        match self.rule.check() {
            Ok(rule) => self.rule = rule,
            Err(Error::Invalid(more)) => {
                errors.extend(more);
                return Err(Error::Invalid(errors));
            }
            Err(other) => return Err(other),
        }
        errors.extend(asks_too_much(&self.rule));
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}

/// The error when a segment's rule has more tests of campaigns and orders than `MOST_ASKING`.
pub fn asks_too_much(rule: &Rule) -> Option<FieldError> {
    let message = || format!("A segment has at most {MOST_ASKING} rules about campaigns and orders; leave some out");
    (rule.asking() > MOST_ASKING).then(|| FieldError::new("rule", message()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Op as Test, Value};

    fn new(name: &str) -> NewSegment {
        NewSegment { name: name.to_owned(), rule: Rule::test("visits", Test::Gte, Value::Number(5.0)), ..NewSegment::default() }
    }

    fn segment() -> Segment {
        new("  Regulars ").into_segment(SegmentId(Uuid::nil()), ActorRef::System, Timestamp(1)).unwrap()
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let before = segment();
        assert_eq!(before.name, "Regulars");
        let patch: SegmentPatch = serde_json::from_str(r#"{"description":" Five visits ","revision":1}"#).unwrap();
        let after = patch.apply(&before, Timestamp(5)).unwrap().unwrap();
        assert_eq!((after.description.as_str(), after.revision, after.updated_at), ("Five visits", 2, Timestamp(5)));
        assert_eq!(after.rule, before.rule);
        assert_eq!(SegmentPatch { name: Some("Regulars".to_owned()), ..SegmentPatch::default() }.apply(&before, Timestamp(5)), Ok(None));
        assert!(matches!(
            SegmentPatch { revision: Some(9), ..SegmentPatch::default() }.apply(&before, Timestamp(5)),
            Err(Error::Conflict(_))
        ));
    }

    #[test]
    fn what_each_write_asks_the_database_is_bounded() {
        let asking = |number| {
            let tests = vec![Rule::test("orders", Test::Gte, Value::Number(1.0)); number];
            let new = NewSegment { rule: Rule::Any(tests), ..new("Buyers") };
            new.into_segment(SegmentId(Uuid::nil()), ActorRef::System, Timestamp(1))
        };
        assert_eq!(asking(MOST_ASKING).unwrap().rule.asking(), MOST_ASKING);
        let Err(Error::Invalid(errors)) = asking(MOST_ASKING + 1) else { panic!() };
        assert_eq!(errors[0].field, "rule");
    }

    #[test]
    fn where_it_is_used_is_a_sentence() {
        let segment = |name: &str| SegmentRef { id: SegmentId(Uuid::nil()), name: name.to_owned() };
        let view = ViewRef { id: ViewId(Uuid::nil()), name: "Warm".to_owned() };
        let mut used = SegmentUse { segments: vec![segment("Buyers")], ..SegmentUse::default() };
        assert_eq!((SegmentUse::default().is_empty(), used.is_empty(), used.to_string().as_str()), (true, false, "the segment “Buyers”"));
        (used.views, used.private_views) = (vec![view], 2);
        assert_eq!(used.to_string(), "the segment “Buyers”, the view “Warm” and 2 private views of others");
    }

    #[test]
    fn every_error_is_told_at_once() {
        let bad = NewSegment { rule: Rule::test("shoe_size", Test::Is, Value::Number(9.0)), ..new(" ") };
        let Err(Error::Invalid(errors)) = bad.into_segment(SegmentId(Uuid::nil()), ActorRef::System, Timestamp(1)) else { panic!() };
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert_eq!(errors[0].field, "name");
    }
}
