//! An answer that goes on: what happens is told as it happens (server-sent events, WHATWG HTML §9.2), within bounds of
//! number and time. Whoever wants to hear more asks again, from where it broke off.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// Streams at once; each looks at the disk now and then.
const STREAMS_MAX: usize = 8;
/// How often is looked whether there is news.
const LOOK: Duration = Duration::from_secs(2);
/// After so long without news a line is sent that says nothing, so that neither side takes the other for dead.
const QUIET: Duration = Duration::from_secs(15);
/// Then the client asks anew: its token may have been revoked.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Told and not taken yet.
const WAITING_MAX: usize = 4;

/// Room for streams.
pub(super) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

/// A stream's body.
pub(super) struct EventBody(Receiver<Bytes>);

impl Body for EventBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = self.get_mut().0.poll_recv(context);
        next.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

impl Streams {
    /// Begins a stream of what `look` finds to be told, now and whenever it is asked again; `None` where there are as
    /// many as there may be. Called on a thread of the desk's, where waiting for disks is right; so is `look`.
    pub(super) fn begin(
        &self,
        look: impl FnMut() -> Vec<String> + Send + 'static,
    ) -> Option<EventBody> {
        let room = Arc::clone(&self.0).try_acquire_owned().ok()?;
        let (to, from) = channel(WAITING_MAX);
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        runtime.spawn(tell(Box::new(look), to, room));
        Some(EventBody(from))
    }
}

type Look = Box<dyn FnMut() -> Vec<String> + Send>;

async fn tell(mut look: Look, to: Sender<Bytes>, _room: OwnedSemaphorePermit) {
    let begun = Instant::now();
    let mut last = Instant::now();
    let mut news = vec!["retry: 5000\n\n".to_owned()];
    while begun.elapsed() < LONGEST {
        let looked = tokio::task::spawn_blocking(move || {
            let found = look();
            (look, found)
        });
        // A bug in it ends the stream and nothing else.
        let Ok((same, found)) = looked.await else {
            return;
        };
        look = same;
        news.extend(found);
        if news.is_empty() && last.elapsed() >= QUIET {
            news.push(": \n\n".to_owned());
        }
        for piece in news.drain(..) {
            last = Instant::now();
            if to.send(piece.into()).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = to.closed() => return,
        }
    }
}
