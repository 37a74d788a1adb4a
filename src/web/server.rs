//! The desk on the network: it listens, takes connections within bounds, and stops with the daemon.
//!
//! It has threads and a runtime of its own. Whatever goes wrong here is logged and tried again; intake does not notice.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper::{Request, rt};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::desk::Desk;
use super::idle::Idle;
use super::router::{Peer, router};
use super::{WebError, tls};
use crate::config::{Config, WebConfig};
use crate::record::SystemClock;
use crate::worklist::Orders;

/// Before the desk is opened again after it could not be.
const AGAIN: Duration = Duration::from_secs(10);
/// How soon an end is noticed.
const LOOK: Duration = Duration::from_millis(200);
/// For a request's head to arrive, and for a TLS handshake.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// After which a connection on which nothing moves is closed.
const SILENCE: Duration = Duration::from_secs(60);
/// For requests under way when the daemon stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// Of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// Of one address, unless a proxy stands for all.
const CONNECTIONS_OF_ADDRESS_MAX: usize = 64;
/// Threads that wait for disks: handlers are bounded before, the rest hand out files.
const WAITING_THREADS: usize = 64;

/// Serves the desk until `stopping`, where the configuration has one; what is decided at it goes to `orders`. Never returns an error and never panics: what
/// goes wrong is logged, and tried again.
pub fn attend(config: &Config, orders: &Orders, stopping: &AtomicBool) {
    let Some(web) = &config.web else { return };
    while !stopping.load(Ordering::Relaxed) {
        let served = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            serve(config, web, orders, stopping)
        }));
        match served {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                tracing::error!(cause = %error, "the web desk is not open; it is tried again")
            }
            Err(_) => tracing::error!("a bug stopped the web desk; it is opened again"),
        }
        let mut left = AGAIN;
        while !left.is_zero() && !stopping.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
            left = left.saturating_sub(LOOK);
        }
    }
}

fn serve(
    config: &Config,
    web: &WebConfig,
    orders: &Orders,
    stopping: &AtomicBool,
) -> Result<(), WebError> {
    let desk = Desk::new(config, web, orders, Arc::new(SystemClock)).map_err(WebError::Begin)?;
    let tls = match &web.tls {
        Some((certificate, key)) => Some(tls::acceptor(certificate, key)?),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(WAITING_THREADS)
        .thread_name("sohoa-web")
        .enable_all()
        .build()
        .map_err(WebError::Begin)?;
    let listened = runtime.block_on(listen(&Arc::new(desk), tls, stopping));
    // A handler that hangs on a disk does not hold the daemon.
    runtime.shutdown_timeout(LAST_ANSWERS);
    listened
}

/// How many connections each address has.
type Crowd = Arc<Mutex<BTreeMap<IpAddr, usize>>>;

/// One connection of an address; gone with the value.
struct Place {
    crowd: Crowd,
    address: IpAddr,
}

impl Place {
    fn take(crowd: &Crowd, address: IpAddr, most: usize) -> Option<Self> {
        let mut counts = crowd.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self {
            crowd: Arc::clone(crowd),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

async fn listen(
    desk: &Arc<Desk>,
    tls: Option<TlsAcceptor>,
    stopping: &AtomicBool,
) -> Result<(), WebError> {
    let listener = TcpListener::bind(desk.web.listen)
        .await
        .map_err(WebError::Listen)?;
    let address = listener.local_addr().map_err(WebError::Listen)?;
    tracing::info!(%address, tls = tls.is_some(), "the web desk is open");
    let most_of_address = match desk.web.behind_proxy {
        true => desk.web.connections,
        false => CONNECTIONS_OF_ADDRESS_MAX,
    };
    let router = router(desk);
    let room = Arc::new(Semaphore::new(desk.web.connections));
    let crowd = Crowd::default();
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let taken = tokio::select! {
            taken = accept(&listener, &room) => taken,
            () = sleep(LOOK) => {
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                continue;
            }
        };
        let Some((stream, peer, permit)) = taken else {
            sleep(LOOK).await;
            continue;
        };
        desk.metrics.connections.add();
        let Some(place) = Place::take(&crowd, peer.ip(), most_of_address) else {
            desk.metrics.connections_refused.add();
            continue;
        };
        let (router, tls, stopped) = (router.clone(), tls.clone(), stopped.clone());
        let desk = Arc::clone(desk);
        connections.spawn(async move {
            let _held = (permit, place);
            match tls {
                None => talk(Idle::new(stream, SILENCE), peer, router, stopped).await,
                Some(tls) => match timeout(HEAD_TIME, tls.accept(Idle::new(stream, SILENCE))).await
                {
                    Ok(Ok(stream)) => talk(stream, peer, router, stopped).await,
                    Ok(Err(_)) | Err(_) => desk.metrics.tls_failed.add(),
                },
            }
        });
    }
    drop(listener);
    let _nobody_left = stop.send(true);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if timeout(LAST_ANSWERS, all_done).await.is_err() {
        tracing::warn!("connections at the desk were cut");
    }
    tracing::info!("the web desk is closed");
    Ok(())
}

/// The next connection for which there is room; `None` where the machine has no descriptors left, say.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    let (stream, peer) = listener.accept().await.ok()?;
    // Small answers go out at once. Where it cannot be set they are only slower.
    let _slower = stream.set_nodelay(true);
    Some((stream, peer, permit))
}

/// Answers what comes over one connection, one request after the other.
async fn talk<S>(stream: S, peer: SocketAddr, router: Router, stopped: watch::Receiver<bool>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    TokioIo<S>: rt::Read + rt::Write,
{
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        inner.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // Errors are the browser's: it went away, was too slow, or spoke no HTTP; hyper has answered what can be.
    let _ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = asked_to_stop(stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
}

/// Resolves when the desk closes.
async fn asked_to_stop(mut stopped: watch::Receiver<bool>) {
    // Where nobody is left to say it, it is closing too.
    let _closing = stopped.wait_for(|stop| *stop).await.is_ok();
}
