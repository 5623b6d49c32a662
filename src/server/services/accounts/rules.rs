//! What user names, addresses and passwords may look like.

use crate::{
    api::auth::{LoginRequest, RegisterRequest},
    server::{error::AppError, services::Fields},
};

const PASSWORD_MIN: usize = 8;
const PASSWORD_MAX: usize = 256;

pub fn check_registration(body: &RegisterRequest) -> Result<(), AppError> {
    let mut fields = Fields::default();
    check_username(&mut fields, &body.username);
    check_email(&mut fields, &body.email);
    password(&mut fields, &body.password);
    fields.check()
}

/// Only what no account can have: whether it fits is the hash's to say.
pub fn check_login(body: &LoginRequest) -> Result<(), AppError> {
    let mut fields = Fields::default();
    if body.username.trim().is_empty() {
        fields.refuse("username", "is empty");
    } else if body.username.chars().count() > 320 {
        fields.refuse("username", "is longer than any user name or address");
    }
    if body.password.is_empty() {
        fields.refuse("password", "is empty");
    } else if body.password.chars().count() > PASSWORD_MAX {
        fields.refuse("password", format!("is longer than {PASSWORD_MAX} characters"));
    }
    fields.check()
}

pub fn check_password(text: &str) -> Result<(), AppError> {
    let mut fields = Fields::default();
    password(&mut fields, text);
    fields.check()
}

fn check_username(fields: &mut Fields, name: &str) {
    let length = name.chars().count();
    if !(3..=40).contains(&length) {
        fields.refuse("username", "must have 3 to 40 characters");
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
        fields.refuse("username", "may have letters a-z, digits, dots, underscores and hyphens only");
    }
}

/// Sanity, not proof: something before the last `@`, a dotted or local name after it, no spaces.
fn check_email(fields: &mut Fields, email: &str) {
    let sane = email.chars().count() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.chars().count() <= 64
                && !domain.is_empty()
                && !domain.contains("..")
                && !domain.starts_with(['.', '-'])
                && !domain.ends_with(['.', '-'])
                && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        });
    if !sane {
        fields.refuse("email", "is not an e-mail address, such as ada@example.org");
    }
}

fn password(fields: &mut Fields, text: &str) {
    let length = text.chars().count();
    if length < PASSWORD_MIN {
        fields.refuse("password", format!("needs at least {PASSWORD_MIN} characters"));
    } else if length > PASSWORD_MAX {
        fields.refuse("password", format!("may have at most {PASSWORD_MAX} characters"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(username: &str, email: &str, password: &str) -> Vec<String> {
        let body = RegisterRequest {
            username: username.to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
        };
        match check_registration(&body) {
            Ok(()) => Vec::new(),
            Err(error) => error.details().errors.into_iter().map(|e| e.field).collect(),
        }
    }

    #[test]
    fn names_every_field_that_breaks_a_rule() {
        assert_eq!(refused("ada.l_1-x", "ada@example.org", "correct horse"), Vec::<String>::new());
        assert_eq!(refused("ad", "ada", "short"), ["username", "email", "password"]);
        assert_eq!(refused("ada lovelace", "ada@localhost", &"x".repeat(257)), ["username", "password"]);
        assert_eq!(refused("ada\0", "a@b..c", "12345678"), ["username", "email"]);
        assert_eq!(refused(&"a".repeat(41), "a b@c.d", "12345678"), ["username", "email"]);
    }
}
