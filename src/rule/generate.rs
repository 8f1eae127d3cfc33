//! Random rules and leads for property tests. Their values coincide often enough that both results occur.
//! Rules pass `Rule::check`; leads are in the stored form.

use super::{
    CUSTOM, CustomKind, EnrollmentFacts, FIELDS, FieldKind, Op, OrderFacts, OrderFilter, Rule, SegmentRules, Source, Subject, Value,
    ops_for, takes_value,
};
use crate::{
    CampaignId, ImportId, LeadId, Moment, SegmentId, Timestamp, UserId,
    leads::{Connection, Consent, Lead, NewLead, Stage, Status, TextField, with_own_keys},
    orders::OrderLine,
    text::{clean, normalise_email},
    time::{DAY, HOUR, MINUTE},
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, select},
};
use uuid::Uuid;

/// Time of evaluation, half an hour after the clocks in Europe went forward.
pub const NOW: Timestamp = Timestamp(1_774_747_800_000_000); // 2026-03-29T01:30:00Z

/// `NOW` in UTC.
pub fn now() -> Moment {
    Moment::utc(NOW)
}

/// Zones in which rules are evaluated: without and with a change on the day of `NOW` and soon after it, by an hour and by half of one; with
/// half hours; and where it is the day before.
pub const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "Pacific/Kiritimati",
];

/// Offsets at which days of these zones begin, in minutes east of UTC.
const EAST: &[i64] = &[0, 60, 120, 330, -180, -240, 630, 660, 780, -150, 840];

/// Case that does not fold letter by letter, characters with a meaning in LIKE, JSON paths or SQL, and numbers as text.
const PIECES: &[&str] = &[
    "Ana",
    "ANA",
    "a",
    "Straße",
    "STRASSE",
    "ß",
    "ẞ",
    "İstanbul",
    "istanbul",
    "i",
    "I",
    "ΟΔΟΣ",
    "οδος",
    "Σ",
    "ς",
    "σ",
    "ﬁ",
    "FI",
    "👩‍👩‍👧",
    "👩",
    "é",
    "e\u{301}",
    "e",
    "\u{212a}",
    "k",
    "%",
    "_",
    "\\",
    "'",
    "\"",
    "\n",
    "\t",
    ".",
    "$",
    "$1",
    "?",
    "[0]",
    "007",
    "7",
    "1e3",
    "1000",
    "null",
    "true",
    " ",
    "--",
    "Ǆ",
    "ǆ",
    "ﬀ",
    "日本",
    "\u{200b}",
    "\u{200d}",
    "\u{fe0f}",
    "\u{feff}",
    "\u{a0}",
    "\u{7}",
    "ı",
    "İ",
    "i\u{307}",
    "x",
    "xn--bcher-kva",
    "bücher",
    "ＡＮＡ",
    "ẛ\u{323}",
    "\u{10ffff}",
];
const KEYS: &[&str] = &[
    "plan",
    "Plan",
    "ＰＬＡＮ",
    "\u{e9}",
    "E\u{301}",
    "0",
    "1",
    "-1",
    "a.b",
    "a",
    "quo\"te",
    "back\\slash",
    "end\\",
    "\\u0061",
    "ключ",
    "👍",
    "sp ace",
    "$",
    "$.a",
    "[0]",
    "#",
    "*",
    "new\nline",
    "it's",
    "ß",
    "null",
    "a/b",
];
const TAGS: &[&str] = &["vip", "VIP", "v", "Beta", "straße", "STRASSE", "ΟΔΟΣ", "οδος", "%", "_", "a b", "a\u{a0}b", "İ", "i", "0"];
/// Values of tests that are no tags; no lead has them.
const NO_TAGS: &[&str] = &["", " ", "\n", "\u{7}", "\u{200b}vip\u{7}"];
/// Both ends of the calendar, outside the range in which every time zone has a local time.
const ENDS: &[&str] = &["9999-12-31", "9999-12-31T23:59:59.999999Z", "-009999-01-01", "-009999-01-01T00:00:00Z"];

const NUMBERS: &[f64] = &[
    -1e300,
    -9_223_372_036_854_775_808.0,
    -1e9,
    -30.0,
    -1.0,
    -0.5,
    -0.0,
    0.0,
    1e-7,
    0.07,
    0.29,
    0.5,
    1.0,
    4.35,
    7.0,
    29.99,
    29.999,
    30.0,
    30.5,
    31.0,
    100.0,
    1e3,
    1e9,
    9_007_199_254_740_992.0,
    9_223_372_036_854_775_808.0,
    1e300,
];
const INTS: &[i64] = &[
    i64::MIN,
    i64::MIN + 1,
    -3_000,
    -100,
    -50,
    -1,
    0,
    1,
    7,
    28,
    29,
    30,
    31,
    50,
    100,
    435,
    700,
    2_999,
    3_000,
    3_001,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    i64::MAX - 1,
    i64::MAX,
];

/// Often a value that rules test for, as it is or in minor units.
fn int() -> impl Strategy<Value = i64> {
    prop_oneof![3 => select(&[0, 1, 7, 30, 100, 700, 3_000][..]), 1 => select(INTS)]
}

fn owners() -> impl Strategy<Value = UserId> {
    (1_u128..4).prop_map(|id| UserId(Uuid::from_u128(id << 64 | id)))
}

/// The campaigns of generated rules and enrollments.
pub fn campaigns() -> [CampaignId; 3] {
    [1, 2, 3].map(|id: u128| CampaignId(Uuid::from_u128(id << 64 | id)))
}

/// The segments that generated rules name, of which one names the other; of a third one they name there is nothing any more.
pub fn segments() -> SegmentRules {
    let [engaged, other] = [1, 2].map(|id: u128| SegmentId(Uuid::from_u128(id << 64 | id)));
    let number = |field: &str, op, number| Rule::test(field, op, Value::Number(number));
    let either = Rule::Any(vec![number("orders", Op::Gte, 1.0), number("created_at", Op::WithinDays, 7.0)]);
    let rule = Rule::All(vec![Rule::test("engaged", Op::Is, Value::Flag(true)), either]);
    let not = Rule::Not(Box::new(Rule::segment(engaged)));
    let of_other = Rule::All(vec![not, Rule::test("campaign", Op::IsSet, Value::None)]);
    SegmentRules::from_iter([(engaged, "Warm".to_owned(), rule), (other, "Other".to_owned(), of_other)])
}

/// The enrollments of one lead, each in another campaign, some with a reply.
pub fn enrollments() -> impl Strategy<Value = Vec<EnrollmentFacts>> {
    let facts = |(campaign_id, replied_at)| EnrollmentFacts { campaign_id, replied_at };
    btree_map(select(campaigns().to_vec()), option::of(time()), 0..4).prop_map(move |all| all.into_iter().map(facts).collect())
}

/// Names of products, of which some are one when they are compared.
const PRODUCTS: &[&str] = &["tea", "TEA", "Straße", "STRASSE", "7", "%", "a\u{a0}b"];

/// The orders of one lead. A product has an id, or not.
pub fn orders() -> impl Strategy<Value = Vec<OrderFacts>> {
    let line = (option::of(select(PRODUCTS)), select(PRODUCTS)).prop_map(|(id, name)| OrderLine {
        product_id: id.map(str::to_owned),
        name: name.to_owned(),
        quantity: 1,
        price: 100,
    });
    let amount = prop_oneof![3 => select(&[0, 100, 350, 700, 3_000][..]), 1 => Just(1_000_000_000_000_000)];
    let order = (time(), amount, vec(line, 0..3)).prop_map(|(ordered_at, amount, lines): (_, _, Vec<OrderLine>)| OrderFacts {
        ordered_at,
        amount,
        products: OrderFacts::products(&lines),
    });
    prop_oneof![1 => Just(Vec::new()), 3 => vec(order, 0..5)]
}

fn whole_days() -> Vec<f64> {
    NUMBERS.iter().copied().filter(|days| *days >= 0.0 && days.fract() == 0.0).collect()
}

fn which() -> impl Strategy<Value = OrderFilter> {
    let product = option::weighted(0.3, select(PRODUCTS).prop_map(str::to_owned));
    let days = prop_oneof![3 => select(&[0.0, 1.0, 7.0, 30.0][..]), 1 => select(whole_days())];
    let window = prop_oneof![
        3 => Just((None, None, None)),
        2 => days.prop_map(|days| (Some(days), None, None)),
        1 => time_text().prop_map(|from| (None, Some(from), None)),
        1 => time_text().prop_map(|to| (None, None, Some(to))),
        1 => (time(), select(&[0, 1, 7, 30][..])).prop_map(|(to, days)| {
            (None, Some(Timestamp(to.0 - days * DAY).date()), Some(to.date()))
        }),
    ];
    (product, window).prop_map(|(product, (within_days, from, to))| OrderFilter { product, within_days, from, to })
}

fn text() -> impl Strategy<Value = String> {
    let few = &["ana", "Straße", "ΟΔΟΣ", "7", "é"][..];
    prop_oneof![2 => vec(select(few), 1), 1 => vec(select(PIECES), 0..4)].prop_map(|pieces| pieces.concat())
}

/// Stored form: trimmed, without control characters.
fn stored() -> impl Strategy<Value = Option<String>> {
    text().prop_map(|text| Some(clean(&text)).filter(|text| !text.is_empty()))
}

/// Times around now (by whole days and by 1 µs), where days begin, on days with clock changes, and far away.
fn time() -> impl Strategy<Value = Timestamp> {
    let base = prop_oneof![
        6 => select(&[0, 1, 7, 7, 7, 30, 30][..]).prop_map(|days| NOW.plus_days(-days).0),
        1 => Just(NOW.plus_days(1).0),
        4 => (select(&[-1, 0, 1, 6, 7, 8, 29, 30, 31][..]), select(EAST)).prop_map(|(days, east)| {
            NOW.0.div_euclid(DAY) * DAY - days * DAY - east * MINUTE
        }),
        // 2026-03-29T01:00Z, 2026-10-25T01:00Z, 2026-03-08T07:00Z, 2026-03-29T00:00Z, 1970, 0001, 9999
        2 => select(&[1_774_746_000_000_000, 1_792_890_000_000_000, 1_772_953_200_000_000, 1_774_742_400_000_000, 0, -62_135_596_800_000_000, 253_370_764_800_000_000][..]),
    ];
    (base, select(&[-HOUR, -1, 0, 0, 0, 1, HOUR, DAY / 2][..])).prop_map(|(at, by)| Timestamp(at + by))
}

fn date() -> impl Strategy<Value = String> {
    prop_oneof![4 => time().prop_map(Timestamp::date), 1 => select(ENDS).prop_map(|end| end.split('T').next().unwrap_or_default().to_owned())]
}

/// Often one that tests and leads have in common.
fn key() -> impl Strategy<Value = &'static str> {
    prop_oneof![1 => select(&["plan", "a"][..]), 1 => select(KEYS)]
}

/// A value of a custom field: a text, or one of a typed field.
fn custom_value() -> impl Strategy<Value = Option<String>> {
    let number = prop_oneof![
        2 => select(&["0", "1", "7", "30"][..]),
        1 => select(&["-0.5", "0.29", "29.999", "30.5", "007", "-1", "999999999999.999999", "7.0000001", "1,5", "７"][..]),
    ];
    let one = |text: &str| Some(text.to_owned());
    prop_oneof![
        2 => stored(),
        2 => number.prop_map(one),
        2 => date().prop_map(Some),
        1 => select(&["yes", "no", "YES"][..]).prop_map(one),
    ]
}

fn time_text() -> impl Strategy<Value = String> {
    let minutes = select(&[0, 60, 120, -300, 330, 845, -720][..]);
    (time(), minutes, 0..5, select(ENDS)).prop_map(|(at, minutes, form, end)| match form {
        0 | 1 => at.date(),
        4 => end.to_owned(),
        2 => at.to_string(),
        _ => {
            let there = Timestamp(at.0 + minutes * MINUTE).civil();
            let sign = if minutes < 0 { '-' } else { '+' };
            format!("{there}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
    })
}

fn texts(one: impl Strategy<Value = String> + Clone + 'static) -> BoxedStrategy<Value> {
    prop_oneof![3 => one.clone().prop_map(Value::Text), 1 => vec(one, 0..4).prop_map(Value::List)].boxed()
}

fn value(kind: FieldKind, op: Op) -> BoxedStrategy<Value> {
    let few = &[0.0, 1.0, 7.0, 30.0][..];
    let number = || prop_oneof![3 => select(few), 1 => select(NUMBERS)].prop_map(Value::Number).boxed();
    let stage = || select(Stage::ALL).prop_map(|stage| stage.as_str().to_owned());
    match kind {
        _ if !takes_value(op) => Just(Value::None).boxed(),
        FieldKind::Text | FieldKind::Email | FieldKind::Custom(CustomKind::Text | CustomKind::Choice) => texts(text().boxed()),
        FieldKind::Words(words) => texts(select(words).prop_map(str::to_owned)),
        FieldKind::Stage if matches!(op, Op::Is | Op::IsNot) => texts(stage()),
        FieldKind::Stage => stage().prop_map(Value::Text).boxed(),
        FieldKind::Number | FieldKind::Money | FieldKind::DaysSince | FieldKind::Custom(CustomKind::Number) => number(),
        FieldKind::Flag | FieldKind::Custom(CustomKind::YesNo) => any::<bool>().prop_map(Value::Flag).boxed(),
        FieldKind::Time | FieldKind::Custom(CustomKind::Date) if op.counts_days() => select(whole_days()).prop_map(Value::Number).boxed(),
        FieldKind::Custom(CustomKind::Date) if matches!(op, Op::Is | Op::IsNot) => texts(date().boxed()),
        FieldKind::Custom(CustomKind::Date) => date().prop_map(Value::Text).boxed(),
        FieldKind::Time => time_text().prop_map(Value::Text).boxed(),
        FieldKind::Tags => texts(prop_oneof![8 => select(TAGS), 1 => select(NO_TAGS)].prop_map(str::to_owned).boxed()),
        FieldKind::Id(_) => texts(owners().prop_map(|owner| owner.to_string()).boxed()),
    }
}

fn test() -> impl Strategy<Value = Rule> {
    let custom = key().prop_map(|key| format!("{CUSTOM}{key}"));
    let known = (select(FIELDS.as_slice()), any::<Index>()).prop_map(|(field, index)| {
        let names: Vec<_> = std::iter::once(field.name).chain(field.aliases.iter().copied()).collect();
        (*index.get(&names)).to_owned()
    });
    (prop_oneof![4 => known, 1 => custom], select(CustomKind::ALL), any::<Index>()).prop_flat_map(|(name, custom, index)| {
        let kind = match Subject::find(&name) {
            Some(Subject::Field(field)) => field.kind,
            Some(Subject::Custom(_)) | None => FieldKind::Custom(custom),
        };
        let (op, _) = *index.get(ops_for(kind));
        let of_orders = Subject::find(&name).is_some_and(|subject| subject.source() == Source::Orders);
        let which = if of_orders { which().boxed() } else { Just(OrderFilter::default()).boxed() };
        (value(kind, op), which).prop_map(move |(value, which)| Rule::of_orders(name.clone(), op, value, which))
    })
}

/// A rule tree over every field and operator and some custom fields, also over `segments`.
pub fn rules() -> impl Strategy<Value = Rule> {
    test().boxed().prop_recursive(4, 24, 4, |part| {
        prop_oneof![
            vec(part.clone(), 0..4).prop_map(Rule::All),
            vec(part.clone(), 0..4).prop_map(Rule::Any),
            part.prop_map(|part| Rule::Not(Box::new(part))),
        ]
    })
}

prop_compose! {
    fn texts_of_lead()(
        name in stored(),
        texts in vec(stored(), TextField::ALL.len()),
        custom in btree_map(key().prop_map(str::to_owned), custom_value(), 0..6),
        tags in proptest::sample::subsequence(TAGS, 0..4),
    ) -> NewLead {
        let mut new = NewLead {
            name: name.unwrap_or_else(|| "Ana".to_owned()),
            custom: with_own_keys(custom.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()),
            tags: tags.into_iter().map(str::to_owned).collect(),
            ..NewLead::default()
        };
        for (field, text) in new.texts_mut().into_iter().zip(texts) {
            *field = text;
        }
        new
    }
}

prop_compose! {
    /// A lead with a random id and a unique e-mail.
    pub fn leads()(
        id in any::<u128>(),
        texts in texts_of_lead(),
        words in (select(Status::ALL), select(Connection::ALL), select(Consent::ALL), select(Stage::ALL)),
        engaged in any::<bool>(),
        ids in (option::of(owners()), option::of(owners())),
        numbers in (option::of(int()), prop_oneof![3 => select(&[0, 7, 30, 100][..]), 1 => 0..=100_i32], int(), int()),
        nullable in (option::of(time()), option::of(time())),
        times in (time(), time(), time()),
    ) -> Lead {
        let mut lead = texts.into_lead(LeadId(Uuid::from_u128(id)), times.0);
        let (local, domain) = [("ana", "b.example"), ("straße", "STRASSE.example"), ("a_b", "xn--bcher-kva.example"), ("İ", "straße.example")][(id % 4) as usize];
        lead.email = normalise_email(&format!("{local}.{}@{domain}", lead.id)).unwrap_or_default();
        (lead.status, lead.connection, lead.consent, lead.stage) = words;
        (lead.engaged, lead.owner) = (engaged, ids.0);
        lead.import_id = ids.1.map(|id| ImportId(id.0));
        (lead.value, lead.score, lead.total_spend, lead.visits) = numbers;
        (lead.last_active_at, lead.last_contacted_at) = nullable;
        (lead.updated_at, lead.last_activity_at) = (times.1, times.2);
        lead
    }
}

/// The enrollments of `plain_lead` in two campaigns, with a reply in the first.
pub const PLAIN_ENROLLMENTS: &[EnrollmentFacts] = &[
    EnrollmentFacts { campaign_id: CampaignId(Uuid::from_u128(9)), replied_at: Some(Timestamp(NOW.0 - 3 * DAY)) },
    EnrollmentFacts { campaign_id: CampaignId(Uuid::from_u128(10)), replied_at: None },
];

/// An ordinary lead with a value in every field.
pub fn plain_lead() -> Lead {
    let text = |text: &str| Some(text.to_owned());
    let new = NewLead {
        name: "Maren Holt".into(),
        email: "maren.holt@halden.example".into(),
        company: text("Halden Works"),
        title: text("Head of Sales"),
        location: text("Oslo"),
        customer_id: text("C-1001"),
        stage: Stage::Negotiation,
        engaged: true,
        owner: Some(UserId(Uuid::from_u128(7))),
        value: Some(1_234),
        score: 40,
        tags: vec!["Vip".into()],
        custom: [("plan".to_owned(), "Gold".to_owned())].into(),
        ..NewLead::default()
    };
    let mut lead = new.into_lead(LeadId(Uuid::from_u128(1)), NOW.plus_days(-100));
    for (field, text) in TextField::ALL.into_iter().zip(lead.texts_mut()) {
        text.get_or_insert_with(|| field.label().to_owned());
    }
    (lead.total_spend, lead.visits, lead.last_active_at) = (250_000, 12, Some(NOW.plus_days(-10)));
    lead.last_contacted_at = Some(NOW.plus_days(-5));
    lead.import_id = Some(ImportId(Uuid::from_u128(8)));
    lead
}

#[cfg(test)]
#[path = "naive.rs"]
mod naive;
