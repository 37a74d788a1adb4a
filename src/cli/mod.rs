//! The command line: arguments in, one journey or one look-up, an exit code out.
//!
//! `arguments` is what the user typed; each command has its own file and works on a loaded
//! [`Config`](crate::config::Config). Nothing here knows how a stage does its work.

mod arguments;
mod arguments_reuse;
mod asking;
mod augment;
mod backup;
mod bundle;
mod check_proof;
mod checklist;
mod client;
mod coversheet;
mod decisions;
mod dispose;
mod doctor;
mod doctor_keys;
mod doctor_nightly;
mod doctor_policy;
mod doctor_replicas;
mod doctor_services;
mod doctor_token;
mod dossier;
mod find;
mod get;
mod hold;
mod ingest;
mod init;
mod nightly;
mod normalise;
mod output;
mod prefill;
mod preserve;
mod prove;
mod read;
mod read_pending;
mod reindex;
mod repair;
mod replicate;
mod report;
mod report_access;
mod restore;
mod rotate_key;
mod run;
mod session;
mod show;
mod sign;
mod signed_in;
mod trust;
mod user;
mod validate;
mod verify;
mod words;
mod worker;
mod worklist;

use std::io::IsTerminal;
use std::process;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::error::Error;
use crate::fence;
use crate::record::{ExitCode, Explain, Lang};
use crate::reindex as index_of_archive;
use arguments::{Arguments, Command, Global};
use output::Output;

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> process::ExitCode {
    let Arguments { global, command } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() {
                ExitCode::Usage
            } else {
                ExitCode::Ok
            };
            return exit(if error.print().is_ok() {
                code
            } else {
                ExitCode::Bug
            });
        }
    };
    fence::has_program();
    start_log(&global);
    let output = Output::new(global.json, global.lang.unwrap_or_else(lang_of_locale));
    let result = dispatch(&command, &global, &output);
    exit(result.unwrap_or_else(|error| {
        tracing::debug!(code = error.code(), cause = ?error, "command failed");
        output.error(&error);
        error.exit_code()
    }))
}

fn dispatch(command: &Command, global: &Global, output: &Output) -> Result<ExitCode, Error> {
    let config = || Config::load(&global.config).map_err(Error::from);
    // With an index of this version.
    let indexed = || {
        let config = config()?;
        index_of_archive::open_index(&config)?;
        Ok::<_, Error>(config)
    };
    match command {
        Command::Init(arguments) => init::run(arguments, output),
        Command::Run(arguments) => run::run(arguments, &config()?, output),
        Command::Ingest(arguments) => ingest::run(arguments, &config()?, output),
        Command::Find(arguments) => find::run(arguments, &config()?, output),
        Command::Show(arguments) => show::run(arguments, &config()?, output),
        Command::Get(arguments) => get::run(arguments, &config()?, output),
        Command::Normalise(arguments) => normalise::run(arguments, &global.config, output),
        Command::Read(arguments) => match &arguments.file {
            Some(file) => read::run(file, &arguments.profile, &global.config, output),
            None => read_pending::run(arguments, &config()?, output),
        },
        Command::Coversheet(arguments) => coversheet::run(arguments, &config()?, output),
        Command::Augment(arguments) => match (&arguments.file, &arguments.output) {
            (Some(file), Some(out)) => augment::run((file, out), arguments.to, &config()?, output),
            _ => preserve::run(&config()?, output),
        },
        Command::Sign(arguments) => sign::run(arguments, &config()?, output),
        Command::SignSession(arguments) => session::run(&arguments.action, &config()?, output),
        Command::Trust(arguments) => trust::run(arguments, &config()?, output),
        Command::User(arguments) => user::run(arguments, &config()?, output),
        Command::Client(arguments) => client::run(arguments, &config()?, output),
        Command::Validate(arguments) => validate::run(arguments, &global.config, output),
        Command::Verify(arguments) => verify::run(arguments, &config()?, output),
        Command::Prove(arguments) => prove::run(arguments, &config()?, output),
        Command::CheckProof(arguments) => check_proof::run(arguments, &global.config, output),
        Command::RotateKey => rotate_key::run(&config()?, output),
        Command::Reindex => reindex::run(&config()?, output),
        Command::Repair(arguments) => repair::run(arguments, &config()?, output),
        Command::Backup(arguments) => backup::run(arguments, &config()?, output),
        Command::Restore(arguments) => restore::run(arguments, &config, output),
        Command::Dossier(arguments) => dossier::run(arguments, &config()?, output),
        Command::Hold(arguments) => hold::run(arguments, &config()?, output),
        Command::Dispose(arguments) => dispose::run(arguments, &indexed()?, output),
        Command::Replicate(arguments) => replicate::run(arguments, &config()?, output),
        Command::Worklist(arguments) => worklist::run(arguments, &indexed()?, output),
        Command::Checklist(arguments) => Ok(checklist::run(arguments, &indexed()?, output)?),
        Command::Prefill(arguments) => Ok(prefill::run(arguments, &indexed()?, output)?),
        Command::Bundle(arguments) => bundle::run(arguments, &indexed()?, output),
        Command::Report(arguments) => report::run(arguments, &config()?, output),
        Command::Doctor(arguments) => doctor::run(arguments, &config()?, output),
        Command::Worker(arguments) => worker::run(arguments),
    }
}

fn exit(code: ExitCode) -> process::ExitCode {
    process::ExitCode::from(code as u8)
}

fn start_log(global: &Global) {
    // `certval` logs whose certificate it looks at, and signers are persons.
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error,certval=off",
        (false, 0) => "sohoa=info,warn,certval=off",
        (false, 1) => "sohoa=debug,info,certval=off",
        (false, _) => "trace,certval=off",
    };
    // `cryptoki` calls every mechanism of a token that it does not know an error.
    let filter = EnvFilter::try_from_env("SOHOA_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},cryptoki=off")));
    // A second subscriber in one process (tests) is no reason to stop.
    let _already_set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // It would tell standard error that standard error failed, and panic: a log on a full disk.
        .log_internal_errors(false)
        .try_init();
}

/// Vietnamese where the locale says so (POSIX order of the variables), else English.
fn lang_of_locale() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|variable| {
            std::env::var(variable)
                .ok()
                .filter(|value| !value.is_empty())
        });
    if locale.is_some_and(|value| value.starts_with("vi")) {
        Lang::Vi
    } else {
        Lang::En
    }
}
