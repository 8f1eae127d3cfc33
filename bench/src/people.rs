//! Realistic leads, the same for the same number: names repeat as in real data, some rows are invalid, some e-mails occur twice.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

const FIRST: [&str; 24] = [
    "Maren", "Idris", "Camille", "Henrik", "Yuki", "Lucía", "Owen", "Anneke", "Samuel", "Petra", "Tomás", "Grace", "Daniel", "Farah",
    "Elise", "Noah", "Beatriz", "Kofi", "Hannah", "Mateus", "Aoife", "Zoë", "Łukasz", "Şebnem",
];
const LAST: [&str; 24] = [
    "Holt",
    "Okafor",
    "Roussel",
    "Sand",
    "Tanabe",
    "Fernández",
    "Pritchard",
    "de Boer",
    "Adeyemi",
    "Lindqvist",
    "Herrera",
    "Mbeki",
    "Roth",
    "Siddiqui",
    "Marchetti",
    "Bergström",
    "Campos",
    "Mensah",
    "Voss",
    "Krol",
    "Brennan",
    "Weiß",
    "Nowak",
    "Yılmaz",
];
const COMPANY: [&str; 16] = [
    "Freight",
    "Robotics",
    "Atelier",
    "Energy",
    "Labs",
    "Logistics",
    "Foods",
    "Wind",
    "Health",
    "Bank",
    "Textiles",
    "Analytics",
    "Dental",
    "Mobility",
    "Kites",
    "Cooperative",
];
const STAGE: [&str; 7] = ["New Lead", "New Lead", "Initial Contact", "Meeting Scheduled", "Proposal Sent", "Negotiation", "Closed Won"];

/// A small, fast, seeded random sequence (`SplitMix64`).
pub struct Dice(u64);

impl Dice {
    /// The sequence that begins at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    /// A number below `sides`; small numbers are more likely.
    pub fn skewed(&mut self, sides: u64) -> u64 {
        let first = self.roll(sides);
        self.roll(first + 1)
    }
}

/// Writes a CSV of `rows` leads: about 3 % bad e-mails and 3 % repeated ones.
pub fn write_csv(file: &Path, rows: u64) -> std::io::Result<()> {
    let mut dice = Dice(42);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    writeln!(out, "Name,Email,Company,Job Title,Phone,City,Stage,Value,Score,Tags,Notes")?;
    for row in 0..rows {
        let first = FIRST[dice.skewed(24) as usize];
        let last = LAST[dice.skewed(24) as usize];
        let company = COMPANY[dice.skewed(16) as usize];
        let number = match dice.roll(100) {
            0..3 => row.saturating_sub(dice.roll(50) + 1),
            _ => row,
        };
        let email = if dice.roll(100) < 3 { format!("nobody{row}@") } else { format!("lead{number}@{}.example", company.to_lowercase()) };
        let stage = STAGE[dice.skewed(7) as usize];
        writeln!(
            out,
            "{first} {last},{email},{last} {company} {},Head of {company},+44 20 {:08},Town {},{stage},{}.00,{},{},Met at fair {}",
            dice.roll(5_000),
            dice.roll(100_000_000),
            dice.roll(900),
            dice.skewed(90_000),
            dice.roll(101),
            ["vip", "fair", "trial", ""][dice.roll(4) as usize],
            dice.roll(40),
        )?;
    }
    out.flush()
}
