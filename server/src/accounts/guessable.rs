//! Rejects guessable passwords: common ones and the person's own name or e-mail, with digits or signs around them, few different
//! characters, rows of keys.
//!
//! `common_passwords.txt` comes from the frequency list of zxcvbn (MIT): its first 10,000 entries without digits and signs at their ends,
//! and all entries that are long enough as they are. Only the server has it: a browser should not load 70 kB to check a password.

use domain::{Error, accounts::PASSWORD_MIN, text::fold};

const COMMON: &str = include_str!("common_passwords.txt");
/// Rows of neighbouring keys.
const ROWS: &[&str] = &["1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm"];
/// Minimum number of different characters.
const DIFFERENT: usize = 5;
/// Minimum number of jumps: pairs of characters that are neither equal nor next to each other in the alphabet or on the keyboard.
const JUMPS: usize = 3;

/// # Errors
/// `Invalid` on `password`, with advice.
pub(super) fn refuse_guessable(password: &str, email: &str, name: &str) -> Result<(), Error> {
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
    let local = email.split('@').next().unwrap_or_default();
    if [email, local, name].into_iter().any(|known| is_own(&folded, &fold(known))) {
        return refused("This password is your own name or e-mail");
    }
    Ok(())
}

/// The password is `known` with little around it: digits and signs at its ends that are too short for a password of their own. Spaces and
/// signs between words count for nothing.
fn is_own(password: &str, known: &str) -> bool {
    let [password, known] = [password, known].map(|text| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    let [word, known_word] = [&password, &known].map(|text| text.trim_matches(|c: char| !c.is_alphabetic()));
    let around = password.chars().count() - word.chars().count();
    (!known.is_empty() && password == known) || (!word.is_empty() && word == known_word && around < PASSWORD_MIN)
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
            let Err(Error::Invalid(errors)) = refuse_guessable(bad, "", "") else { panic!("{bad} was taken") };
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
            assert_eq!(refuse_guessable(good, "", ""), Ok(()), "{good}");
        }
    }

    #[test]
    fn ones_own_name_and_address_are_refused() {
        let with = |password: &str| refuse_guessable(password, "maren.holt1990@bücher.example", "Maren de Holt");
        for own in [
            "maren.holt1990@bücher.example",
            "Maren.Holt1990@XN--BCHER-KVA.example",
            "1 maren.holt1990@bücher.example!",
            "maren.holt1990",
            "MarenHolt2026!!",
            "maren de holt",
            "Maren-de-Holt 1!",
            "12marendeholt34",
        ] {
            let Err(Error::Invalid(errors)) = with(own) else { panic!("{own} was taken") };
            assert_eq!(errors[0].field, "password");
        }
        for other in ["maren sings in the morning", "holt 8302751946", "maren.holt 8302751946!"] {
            assert_eq!(with(other), Ok(()), "{other}");
        }
        assert!(refuse_guessable("8302751946", "8302751946@x.example", "").is_err());
        assert_eq!(refuse_guessable("8302751946", "7@x.example", "2"), Ok(()));
    }

    #[test]
    fn the_list_can_be_matched() {
        assert!(COMMON.lines().count() > 5_000);
        assert!(COMMON.lines().all(|known| !known.is_empty() && fold(known) == known));
    }
}
