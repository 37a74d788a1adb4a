//! `sohoa client`: the programs that may use the desk's interface, `/api/v1`.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::error::Error;
use crate::record::{Clock, ExitCode, Lang, SystemClock};
use crate::web::clients::{Client as Known, Clients, Scope};

/// What is behind `--scope`.
const SCOPES: &str = "lookup|identity-cards|ingest|reuse|worklist|events";

/// Programs that may use the desk's interface.
#[derive(Args)]
pub(super) struct Client {
    #[command(subcommand)]
    pub(super) action: ClientAction,
}

#[derive(Subcommand)]
pub(super) enum ClientAction {
    /// Add a client; its token is shown now and never again
    Add {
        /// What events call it, e.g. cong-dich-vu
        name: String,
        /// What it may do; several may be given
        #[arg(long = "scope", required = true, value_name = SCOPES)]
        scopes: Vec<Scope>,
    },
    /// List the clients
    List,
    /// Give a client a new token; the one that it had is good for nothing any more
    Renew {
        /// The client
        name: String,
    },
    /// End a client at once; its name stays taken
    Revoke {
        /// The client
        name: String,
    },
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    scopes: Vec<&'static str>,
    made: Timestamp,
    revoked: bool,
    /// Only where it was made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

pub(super) fn run(arguments: &Client, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let clients = Clients::of(&config.data_folder);
    let (name, token) = match &arguments.action {
        ClientAction::List => {
            for client in clients.all()?.iter() {
                say(client, None, output);
            }
            return Ok(ExitCode::Ok);
        }
        ClientAction::Add { name, scopes } => {
            let scopes = scopes.iter().copied().collect();
            let token = clients.add(name, scopes, SystemClock.now())?;
            (name, Some(token))
        }
        ClientAction::Renew { name } => (name, Some(clients.renew(name)?)),
        ClientAction::Revoke { name } => {
            clients.revoke(name)?;
            (name, None)
        }
    };
    for client in clients.all()?.iter().filter(|it| it.name == *name) {
        say(client, token.as_ref().map(|it| it.as_str()), output);
    }
    Ok(ExitCode::Ok)
}

fn say(client: &Known, token: Option<&str>, output: &Output) {
    let scopes: Vec<&str> = client.scopes.iter().map(|scope| scope.as_str()).collect();
    let line = |lang: Lang| {
        let state = match client.revoked {
            true => lang.pick("đã thu hồi", "revoked"),
            false => lang.pick("đang dùng", "open"),
        };
        format!("{}  {}  {state}", client.name, scopes.join(", "))
    };
    output.say(&line(Lang::Vi), &line(Lang::En));
    if let Some(token) = token {
        output.say(
            &format!("Mã truy cập (chỉ hiện một lần): {token}"),
            &format!("Token (shown only now): {token}"),
        );
    }
    output.object(&Shown {
        name: &client.name,
        scopes,
        made: client.made,
        revoked: client.revoked,
        token,
    });
}
