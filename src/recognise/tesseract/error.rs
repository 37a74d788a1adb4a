//! Why a page has no text.

use std::io;

use crate::record::{ExitCode, Explain, Lang};

/// Reading did not succeed. The scan and its record are whole all the same.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    /// This machine has no Tesseract; pages wait for it.
    #[error("Tesseract is not installed: {detail}")]
    NotInstalled {
        /// What the loader said.
        detail: String,
    },
    /// Tesseract is here, the models of some languages are not; pages wait for them.
    #[error("Tesseract has no model for {}", languages.join(", "))]
    LanguageMissing {
        /// Names as Tesseract has them, e.g. `vie`.
        languages: Vec<String>,
    },
    /// The worker process could not be started.
    #[error("cannot start a reading worker: {source}")]
    NoWorker {
        /// What the machine said.
        source: io::Error,
    },
    /// The page is larger than the engine can address, or has no pixels.
    #[error("a page of {width} × {height} pixels cannot be read")]
    PageUnfit {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The worker was too slow, twice.
    #[error("the page was not read within {seconds} s, twice")]
    OutOfTime {
        /// The deadline.
        seconds: u64,
    },
    /// The worker died over the page, twice; running out of memory looks like this too.
    #[error("the reading worker died, twice (signal {signal:?})")]
    Crashed {
        /// What it died of, if of a signal.
        signal: Option<i32>,
    },
    /// The worker answered what cannot be understood, twice.
    #[error("the reading worker answered nonsense, twice")]
    Garbled,
    /// The engine gave the page up, twice.
    #[error("Tesseract gave the page up, twice")]
    GaveUp,
}

impl RecogniseError {
    /// Whether nothing was tried yet: the page waits ([`PageReading::Pending`](crate::recognise::PageReading::Pending)) until the
    /// machine has what is missing. The others are failures of this page
    /// ([`PageReading::Failed`](crate::recognise::PageReading::Failed)).
    #[must_use]
    pub fn is_pending(&self) -> bool {
        match self {
            RecogniseError::NotInstalled { .. }
            | RecogniseError::LanguageMissing { .. }
            | RecogniseError::NoWorker { .. } => true,
            RecogniseError::PageUnfit { .. }
            | RecogniseError::OutOfTime { .. }
            | RecogniseError::Crashed { .. }
            | RecogniseError::Garbled
            | RecogniseError::GaveUp => false,
        }
    }
}

impl Explain for RecogniseError {
    fn code(&self) -> &'static str {
        match self {
            RecogniseError::NotInstalled { .. } => "recognise.not_installed",
            RecogniseError::LanguageMissing { .. } => "recognise.language_missing",
            RecogniseError::NoWorker { .. } => "recognise.no_worker",
            RecogniseError::PageUnfit { .. } => "recognise.page_unfit",
            RecogniseError::OutOfTime { .. } => "recognise.out_of_time",
            RecogniseError::Crashed { .. } => "recognise.crashed",
            RecogniseError::Garbled => "recognise.garbled",
            RecogniseError::GaveUp => "recognise.gave_up",
        }
    }

    fn message(&self, lang: Lang) -> String {
        use RecogniseError as E;
        match (self, lang) {
            (E::NotInstalled { .. }, Lang::Vi) => {
                "Máy này chưa cài phần mềm nhận dạng chữ Tesseract.".to_owned()
            }
            (E::NotInstalled { .. }, Lang::En) => {
                "The text recogniser Tesseract is not installed on this machine.".to_owned()
            }
            (E::LanguageMissing { languages }, Lang::Vi) => {
                format!(
                    "Tesseract thiếu dữ liệu ngôn ngữ: {}.",
                    languages.join(", ")
                )
            }
            (E::LanguageMissing { languages }, Lang::En) => {
                format!("Tesseract lacks language data: {}.", languages.join(", "))
            }
            (E::NoWorker { source }, Lang::Vi) => {
                format!("Không khởi động được tiến trình nhận dạng chữ: {source}.")
            }
            (E::NoWorker { source }, Lang::En) => {
                format!("The reading process could not be started: {source}.")
            }
            (E::PageUnfit { width, height }, Lang::Vi) => {
                format!(
                    "Trang có kích thước {width} × {height} điểm ảnh, không nhận dạng chữ được."
                )
            }
            (E::PageUnfit { width, height }, Lang::En) => {
                format!("A page of {width} × {height} pixels cannot be read.")
            }
            (E::OutOfTime { seconds }, Lang::Vi) => {
                format!("Nhận dạng chữ trên trang này quá {seconds} giây nên đã dừng.")
            }
            (E::OutOfTime { seconds }, Lang::En) => {
                format!("Reading this page took more than {seconds} seconds and was stopped.")
            }
            (E::Crashed { .. } | E::Garbled | E::GaveUp, Lang::Vi) => {
                "Không nhận dạng được chữ trên trang này dù đã thử hai lần.".to_owned()
            }
            (E::Crashed { .. } | E::Garbled | E::GaveUp, Lang::En) => {
                "The text of this page could not be read; it was tried twice.".to_owned()
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            RecogniseError::NotInstalled { .. } => (
                "Quản trị máy cài các gói Debian tesseract-ocr, tesseract-ocr-vie và tesseract-ocr-eng; các trang đang chờ sẽ được đọc sau.",
                "Install the Debian packages tesseract-ocr, tesseract-ocr-vie and tesseract-ocr-eng; waiting pages are read afterwards.",
            ),
            RecogniseError::LanguageMissing { languages } => {
                let packages: Vec<String> = languages
                    .iter()
                    .map(|language| format!("tesseract-ocr-{}", language.replace('_', "-")))
                    .collect();
                let packages = packages.join(" ");
                return match lang {
                    Lang::Vi => format!(
                        "Quản trị máy cài gói Debian {packages}; các trang đang chờ sẽ được đọc sau."
                    ),
                    Lang::En => format!(
                        "Install the Debian package {packages}; waiting pages are read afterwards."
                    ),
                };
            }
            RecogniseError::NoWorker { .. } => (
                "Kiểm tra bộ nhớ và số tiến trình của máy; trang sẽ được đọc lại sau.",
                "Check the machine's memory and process limits; the page is read again later.",
            ),
            RecogniseError::PageUnfit { .. } => (
                "Quét lại trang ở 300 dpi.",
                "Scan the page again at 300 dpi.",
            ),
            RecogniseError::OutOfTime { .. }
            | RecogniseError::Crashed { .. }
            | RecogniseError::Garbled
            | RecogniseError::GaveUp => (
                "Xem lại trang: nếu mờ hoặc nhiễu, quét lại ở 300 dpi; nếu rõ, nhập thông tin bằng tay.",
                "Look at the page: if it is blurred or noisy, scan it again at 300 dpi; if it is clear, type the data in.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            RecogniseError::NotInstalled { .. }
            | RecogniseError::LanguageMissing { .. }
            | RecogniseError::NoWorker { .. } => ExitCode::Environment,
            RecogniseError::PageUnfit { .. }
            | RecogniseError::OutOfTime { .. }
            | RecogniseError::Crashed { .. }
            | RecogniseError::Garbled
            | RecogniseError::GaveUp => ExitCode::Refused,
        }
    }

    fn is_retryable(&self) -> bool {
        self.is_pending()
    }
}
