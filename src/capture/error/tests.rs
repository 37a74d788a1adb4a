//! What the errors say.

use super::*;

fn one_of_each() -> Vec<CaptureError> {
    let path = || PathBuf::from("inbox/q/a.jpg");
    let name = || "a.jpg".to_owned();
    let source = || io::ErrorKind::PermissionDenied.into();
    vec![
        CaptureError::Unreadable {
            path: path(),
            source: source(),
        },
        CaptureError::FolderUnreadable {
            path: path(),
            source: source(),
        },
        CaptureError::NotAFile {
            path: path(),
            what: Oddity::Pipe,
        },
        CaptureError::NoStation { path: path() },
        CaptureError::StationName { path: path() },
        CaptureError::TooDeep { path: path() },
        CaptureError::TooManyFiles { path: path() },
        CaptureError::NoDocumentFolder { path: path() },
        CaptureError::SlipAlone { path: path() },
        CaptureError::SlipInvalid {
            name: name(),
            line: 2,
            reason: "x".to_owned(),
        },
        CaptureError::SlipInvalid {
            name: name(),
            line: 0,
            reason: "x".to_owned(),
        },
        CaptureError::SlipConflict { field: "dossier" },
        CaptureError::FileTooLong {
            name: name(),
            bytes: 1_048_577,
            limit: 1_048_576,
        },
        CaptureError::StillWritten { name: name() },
        CaptureError::Vanished { name: name() },
        CaptureError::Locked { folder: path() },
        CaptureError::Changed { name: name() },
        CaptureError::Parts("x"),
        CaptureError::JobDamaged {
            path: path(),
            reason: "x".to_owned(),
        },
    ]
}

#[test]
fn every_error_speaks_both_languages() {
    let mut told = String::new();
    for error in one_of_each() {
        assert!(error.code().starts_with("capture."));
        for lang in [Lang::Vi, Lang::En] {
            let (message, advice) = (error.message(lang), error.advice(lang));
            assert!(
                message.ends_with('.') && !message.ends_with(".."),
                "{message}"
            );
            assert!(advice.ends_with('.'), "{advice}");
            told.push_str(&format!("{} {message} {advice}\n", error.code()));
        }
        assert_ne!(error.message(Lang::Vi), error.message(Lang::En));
        let retried = error.exit_code() == ExitCode::Environment;
        let damaged = matches!(
            error,
            CaptureError::Changed { .. } | CaptureError::JobDamaged { .. }
        );
        assert_eq!(
            error.is_retryable(),
            retried && !damaged,
            "{}",
            error.code()
        );
    }
    assert!(told.contains("dài 2 MiB, vượt giới hạn 1 MiB"), "{told}");
}
