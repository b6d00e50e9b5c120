//! What a password must be; passwords themselves are [`Secret`]s and stay out of the log.

use crate::{Secret, aggregate::Rejection, username::Username};

/// Guesses that an attacker tries first: a password found among them is common.
const COMMON_WITHIN_GUESSES: u64 = 10_000;

/// Characters of either end that are judged at most.
const JUDGED: usize = 24;

/// Why a password is refused; never which one it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    #[error("a password has at least 8 characters")]
    TooShort,
    #[error("a password has at most 128 characters and 512 bytes")]
    TooLong,
    #[error("a password must differ from the user id")]
    IsUserId,
    #[error("this password is among the first that anyone would guess")]
    Common,
}

impl Rejection for WeakSecret {
    fn code(&self) -> &'static str {
        "WEAK_SECRET"
    }
}

/// Judges a new password by NIST SP 800-63B 5.1.1.2: its length and how common it is, no recipe.
///
/// Costs milliseconds of work, so not on a thread that others wait for.
pub fn check(username: &Username, password: &Secret<String>) -> Result<(), WeakSecret> {
    let text = password.expose();
    if text.len() > 512 || text.chars().count() > 128 {
        return Err(WeakSecret::TooLong);
    }
    if text.chars().count() < 8 {
        return Err(WeakSecret::TooShort);
    }
    let is_user_id = Username::parse(text).is_ok_and(|name| name.folded() == username.folded());
    if is_user_id || text == username.as_str() {
        return Err(WeakSecret::IsUserId);
    }
    if is_common(text, username) { Err(WeakSecret::Common) } else { Ok(()) }
}

/// Looks at both ends only: what is common is short, or repeats itself.
///
/// The cost of an estimate grows steeply with the length, and a stranger chooses the password.
fn is_common(text: &str, username: &Username) -> bool {
    let guessed =
        |part: &str| zxcvbn::zxcvbn(part, &[username.as_str()]).guesses() <= COMMON_WITHIN_GUESSES;
    let length = text.chars().count();
    let begin: String = text.chars().take(JUDGED).collect();
    let end: String = text.chars().skip(length.saturating_sub(JUDGED)).collect();
    guessed(&begin) && (length <= JUDGED || guessed(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), WeakSecret> {
        check(&Username::parse("AdaLovelace").unwrap(), &Secret::new(password.to_owned()))
    }

    #[test]
    fn a_password_of_fit_length_that_nobody_guesses_is_accepted() {
        for fine in ["correct horse battery staple", "пароль-не-угадать-73", &"x9$Kq".repeat(25)]
        {
            assert_eq!(judged(fine), Ok(()));
        }
    }

    #[test]
    fn a_password_is_neither_short_nor_long() {
        assert_eq!(judged("x9$Kqm2"), Err(WeakSecret::TooShort));
        assert_eq!(judged(&"x9$Kq".repeat(26)), Err(WeakSecret::TooLong));
        assert_eq!(judged(&"💎".repeat(129)), Err(WeakSecret::TooLong));
    }

    #[test]
    fn the_user_id_is_no_password() {
        assert_eq!(judged("AdaLovelace"), Err(WeakSecret::IsUserId));
        assert_eq!(judged("adalovelace"), Err(WeakSecret::IsUserId));
    }

    #[test]
    fn what_everybody_takes_is_refused() {
        let repeated = "ab".repeat(60);
        for common in ["password", "12345678", "qwertyuiop", "aaaaaaaa", "iloveyou", &repeated] {
            assert_eq!(judged(common), Err(WeakSecret::Common), "{common}");
        }
    }
}
