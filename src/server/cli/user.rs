//! `millrace user create | password`: works beside a running server.

use super::Failure;
use crate::{
    api::auth::RegisterRequest,
    server::{clock::Clock, config, services::accounts, state::AppState},
};
use std::io::{BufRead as _, IsTerminal, Write as _};

/// Makes an account, whether or not registration is open.
pub async fn create(name: &str, email: &str, from_stdin: bool) -> Result<(), Failure> {
    let password = password(from_stdin)?;
    let state = open().await?;
    let body = RegisterRequest { username: name.to_owned(), email: email.to_owned(), password };
    let user = accounts::create(&state, body).await.map_err(Failure::misused)?;
    println!("Made the account {} ({}).", user.username, user.email);
    state.close().await;
    Ok(())
}

/// Sets another password and ends the account's sessions.
pub async fn set_password(name: &str, from_stdin: bool) -> Result<(), Failure> {
    let password = password(from_stdin)?;
    let state = open().await?;
    accounts::set_password(&state, name, password).await.map_err(Failure::misused)?;
    println!("{name} has a new password; every session of the account has ended.");
    state.close().await;
    Ok(())
}

async fn open() -> Result<AppState, Failure> {
    AppState::beside_a_server(config::load()?, Clock::system()).await.map_err(Failure::failed)
}

/// The first line of stdin; on a terminal it is asked for without showing what is typed, unless `from_stdin`.
fn password(from_stdin: bool) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let line = if stdin.is_terminal() && !from_stdin {
        eprint!("Password: ");
        let _ = std::io::stderr().flush();
        let line = without_echo(|| read_line(&stdin));
        eprintln!();
        line
    } else {
        read_line(&stdin)
    };
    line.map_err(Failure::failed)
}

fn read_line(stdin: &std::io::Stdin) -> std::io::Result<String> {
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Turns off the terminal's echo with `stty` while `ask` runs; where that fails, what is typed shows.
fn without_echo<T>(ask: impl FnOnce() -> T) -> T {
    let stty = |argument: &str| std::process::Command::new("stty").arg(argument).status();
    let is_off = stty("-echo").is_ok_and(|status| status.success());
    let answer = ask();
    if is_off {
        let _ = stty("echo");
    }
    answer
}
