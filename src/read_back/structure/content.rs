//! What the content of a page may do: paint its image once, then hold words that nobody sees.

use pdf::content::{Matrix, Op, TextMode};

use crate::read_back::PageFault;

/// What a page's content was found to do.
pub(super) struct PageContent {
    /// Under which the image is painted.
    pub(super) matrix: Matrix,
    /// Whether there is a text object.
    pub(super) has_text: bool,
}

impl PageContent {
    /// Reads the operations in the one order in which they are written.
    pub(super) fn of(operations: &[Op], image: &str) -> Result<Self, PageFault> {
        let [
            Op::Save,
            Op::Transform { matrix },
            Op::XObject { name },
            Op::Restore,
            text @ ..,
        ] = operations
        else {
            return Err(PageFault::NotPainted);
        };
        if name.as_str() != image {
            return Err(PageFault::NotPainted);
        }
        if !text.is_empty() && !is_invisible_text(text) {
            return Err(PageFault::ForeignContent);
        }
        Ok(Self {
            matrix: *matrix,
            has_text: !text.is_empty(),
        })
    }
}

/// One text object that sets rendering mode 3 first and nothing but place and size after it.
fn is_invisible_text(operations: &[Op]) -> bool {
    let [
        Op::BeginText,
        Op::TextRenderMode {
            mode: TextMode::Invisible,
        },
        words @ ..,
        Op::EndText,
    ] = operations
    else {
        return false;
    };
    words.iter().all(|operation| {
        matches!(
            operation,
            Op::TextFont { .. }
                | Op::SetTextMatrix { .. }
                | Op::TextScaling { .. }
                | Op::TextDraw { .. }
        )
    })
}
