//! Sign-up: people create their own accounts, while `--sign-up` allows it.

use crate::{
    compat::kandid::{AlsoCalled, Either, EitherJson, Pair},
    config::SignUp,
    http::{ApiError, App, Peer},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{Error, Problem, Timestamp, UserId, accounts::User};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = SignUp)]
pub(super) struct Typed {
    name: Option<String>,
    email: Option<String>,
    password: Option<String>,
}

type SignUpBody = Either<Typed>;

impl AlsoCalled for Typed {
    const PAIRS: &'static [Pair] = &[];
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SignedUp {
    message: &'static str,
    user: NewAccount,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewAccount {
    id: UserId,
    #[serde(rename = "_id")]
    same_id: UserId,
    name: String,
    email: String,
    /// Always `false`: Linnet sends no e-mail to verify an address.
    email_verified: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<User> for NewAccount {
    fn from(User { id, name, email, created_at, .. }: User) -> Self {
        Self { id, same_id: id, name, email, email_verified: false, created_at, updated_at: created_at }
    }
}

/// Creates an account with the role member. The caller signs in afterwards.
// Deviation: 403 while sign-up is closed; a password of 6 to 9 characters, and one that is easily guessed, is refused (422).
#[utoipa::path(post, path = "/api/auth/signup", tag = "Kandid", request_body(content = SignUpBody, example = json!({ "name": "Eva Lind", "email": "eva@example.com", "password": "three quiet herons" })), responses(
    (status = 200, body = SignedUp),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A field is missing, the password is too short, or the e-mail has an account"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "Sign-up is closed"),
))]
pub(super) async fn sign_up(
    State(app): State<App>,
    peer: Peer,
    EitherJson(Either { value: typed, .. }): EitherJson<Typed>,
) -> Result<Response, ApiError> {
    if app.config.sign_up == SignUp::Closed {
        return Err(Error::Forbidden("Sign-up is closed here; ask an administrator to add you".to_owned()).into());
    }
    // The first account is the administrator's, who needs the link from the log.
    if app.services.accounts.is_new().await? {
        return Err(Error::Forbidden("Linnet is not set up yet; open the link that it printed when it started".to_owned()).into());
    }
    let malformed = |text: &str| ApiError(Error::Malformed(text.to_owned()));
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (Some(name), Some(email), Some(password)) = (given(typed.name), given(typed.email), given(typed.password)) else {
        return Err(malformed("Missing required fields"));
    };
    if password.chars().count() < 6 {
        return Err(malformed("Password must be at least 6 characters"));
    }
    app.throttle.sign_up(peer.ip).await?.failed();
    match app.services.accounts.sign_up(name, email, password).await {
        Ok(user) => Ok(Json(SignedUp { message: "User created successfully", user: user.into() }).into_response()),
        // Without the record that `Duplicate` names: it is not for those who are not signed in.
        Err(Error::Duplicate { .. }) => Err(malformed("User already exists")),
        Err(error) => Err(error.into()),
    }
}
