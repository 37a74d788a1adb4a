//! A connection that nothing moves on for a while is closed, whoever waits for whom: a browser that reads a byte an
//! hour would otherwise keep its place for ever.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream with a bound on silence.
pub(super) struct Idle<S> {
    stream: S,
    longest: Duration,
    silence: Pin<Box<Sleep>>,
}

impl<S> Idle<S> {
    pub(super) fn new(stream: S, longest: Duration) -> Self {
        Self {
            stream,
            longest,
            silence: Box::pin(sleep(longest)),
        }
    }

    /// Passes an answer on; one that moved something ends the silence, one that waits goes on with it.
    fn heard<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            let until = Instant::now() + self.longest;
            self.silence.as_mut().reset(until);
            return polled;
        }
        match self.silence.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.heard(context, polled)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.heard(context, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(context);
        // A flush of nothing moves nothing.
        match polled {
            Poll::Pending => this.heard(context, Poll::Pending),
            done => done,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(context);
        this.heard(context, polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime")
            .block_on(test);
    }

    #[test]
    fn who_says_nothing_and_who_reads_nothing_is_left() {
        run(async {
            let (ours, mut theirs) = duplex(16);
            let mut ours = Idle::new(ours, Duration::from_millis(80));
            theirs.write_all(b"a").await.expect("written");
            let mut byte = [0];
            ours.read_exact(&mut byte).await.expect("read");
            tokio::time::sleep(Duration::from_millis(50)).await;
            theirs.write_all(b"b").await.expect("written");
            ours.read_exact(&mut byte).await.expect("in time");
            let silent = ours.read_exact(&mut byte).await.expect_err("silence");
            assert_eq!(silent.kind(), io::ErrorKind::TimedOut);
            let unread = ours.write_all(&[0; 64]).await.expect_err("nobody reads");
            assert_eq!(unread.kind(), io::ErrorKind::TimedOut);
        });
    }
}
