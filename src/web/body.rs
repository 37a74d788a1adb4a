//! A file on its way out, a piece at a time: memory does not grow with the file, and the disk is read only as fast as
//! the browser takes.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};

use super::scratch::Place;

const PIECE_BYTES: usize = 64 * 1024;

/// A file, or a stretch of it, from where it is open.
pub(super) struct FileBody {
    file: tokio::fs::File,
    left: u64,
    buffer: Vec<u8>,
    /// Of a file that is made for this answer: its room is free once it is out.
    _place: Option<Place>,
}

impl FileBody {
    /// `length` bytes, or all that there are.
    pub(super) fn of(file: File, length: Option<u64>, place: Option<Place>) -> Self {
        let all = || file.metadata().map_or(0, |metadata| metadata.len());
        Self {
            left: length.unwrap_or_else(all),
            file: tokio::fs::File::from_std(file),
            buffer: vec![0; PIECE_BYTES],
            _place: place,
        }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let wanted = usize::try_from(this.left)
            .unwrap_or(PIECE_BYTES)
            .min(PIECE_BYTES);
        let room = this.buffer.get_mut(..wanted).unwrap_or_default();
        let mut piece = ReadBuf::new(room);
        ready!(Pin::new(&mut this.file).poll_read(context, &mut piece))?;
        let read = piece.filled();
        if read.is_empty() {
            // It was promised longer: the connection must break, not end.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        this.left = this
            .left
            .saturating_sub(u64::try_from(read.len()).unwrap_or(u64::MAX));
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(read)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
