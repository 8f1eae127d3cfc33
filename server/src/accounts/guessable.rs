//! Rejects guessable passwords: common ones with digits or signs around them, few different characters, rows of keys.
//!
//! `common_passwords.txt` comes from the frequency list of zxcvbn (MIT): its first 10,000 entries without digits and signs at their ends,
//! and all entries that are long enough as they are. Only the server has it: a browser should not load 70 kB to check a password.

use domain::{Error, text::fold};

const COMMON: &str = include_str!("common_passwords.txt");
/// Rows of neighbouring keys.
const ROWS: &[&str] = &["1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm"];
/// Minimum number of different characters.
const DIFFERENT: usize = 5;
/// Minimum number of jumps: pairs of characters that are neither equal nor next to each other in the alphabet or on the keyboard.
const JUMPS: usize = 3;

/// # Errors
/// `Invalid` on `password`, with advice.
pub(super) fn refuse_guessable(password: &str) -> Result<(), Error> {
    let refused = |why: &str| Err(Error::invalid("password", format!("{why}; use a few words that do not belong together")));
    let folded = fold(password);
    let characters: Vec<char> = folded.chars().collect();
    if repeats(&characters) || different(&characters) < DIFFERENT {
        return refused("This password repeats the same few characters");
    }
    if jumps(&characters) < JUMPS {
        return refused("This password is a row of letters, digits or keys");
    }
    if is_common(&folded) {
        return refused("This password is one of the first that are tried");
    }
    Ok(())
}

fn different(characters: &[char]) -> usize {
    let mut sorted = characters.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

/// One part repeated at least twice, the last repetition possibly cut: `abcabcab`.
fn repeats(characters: &[char]) -> bool {
    (1..=characters.len() / 2).any(|part| characters.iter().zip(&characters[part..]).all(|(one, next)| one == next))
}

fn jumps(characters: &[char]) -> usize {
    characters.windows(2).filter(|pair| !follows(pair[0], pair[1])).count()
}

fn follows(one: char, next: char) -> bool {
    let beside = |row: &&str| {
        let mut keys = row.chars().zip(row.chars().skip(1));
        keys.any(|(left, right)| (left, right) == (one, next) || (right, left) == (one, next))
    };
    u32::from(one).abs_diff(u32::from(next)) <= 1 || ROWS.iter().any(beside)
}

fn is_common(folded: &str) -> bool {
    let core = folded.trim_matches(|c: char| !c.is_alphabetic());
    let letters: String = core
        .chars()
        .map(|c| match c {
            '@' | '4' => 'a',
            '3' => 'e',
            '1' | '!' => 'i',
            '0' => 'o',
            '$' | '5' => 's',
            '7' => 't',
            other => other,
        })
        .collect();
    // Far faster than the password hash that follows; needs no index.
    COMMON.lines().any(|known| known == folded || known == core || known == letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_refused() {
        for bad in [
            "aaaaaaaaaa",
            "aaaaaaaaaaaaaaab",
            "ababababab",
            "1111122222",
            "abcabcabcabc",
            "passwordpassword",
            "PasswordPassword",
            "1234567890",
            "0987654321",
            "abcdefghij",
            "qwertyuiop",
            "qwertzuiop",
            "asdfghjkl1234",
            "112233445566",
            "password123",
            "Password1!!",
            "P@ssw0rd2026",
            "123456password",
            "Sunshine2026!",
            "iloveyou123",
            "linnet2026!!",
            "1qaz2wsx3edc",
            "qwerty123456",
            "ааааааааааа",
            "!!!!!!!!!!!!",
        ] {
            let Err(Error::Invalid(errors)) = refuse_guessable(bad) else { panic!("{bad} was taken") };
            assert_eq!(errors[0].field, "password");
        }
    }

    #[test]
    fn a_few_words_are_taken() {
        for good in [
            "correct horse battery",
            "correct horse battery staple",
            "a long enough password",
            "a long password",
            "a password for the bench",
            "Vögel singen früh",
            "8302751946",
            "x7#Kq9!mZp",
            "пароль для лебедя",
            "日本語の長い合言葉です",
            "Grüße aus Köln",
        ] {
            assert_eq!(refuse_guessable(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_list_can_be_matched() {
        assert!(COMMON.lines().count() > 5_000);
        assert!(COMMON.lines().all(|known| !known.is_empty() && fold(known) == known));
    }
}
