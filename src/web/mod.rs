//! The web desk: what the office holds, in the browser of those who may see it.
//!
//! Pages are made here, whole, and work without JavaScript; nothing is fetched from elsewhere. The way of a request:
//! [`server`] takes the connection within its bounds, `router` asks who it is and whether the one table in [`routes`]
//! lets them, `handlers` answer on a bounded number of threads, `views` make the page. What shows a person's papers
//! goes into the log of look-ups (`crate::access`) first: if the look cannot be kept, nothing is shown.
//!
//! Programs ask below `/api/v1`, by `api`, with a token of their own and through the same door, look-ups and log.
//!
//! What stands in addresses and logs names nobody: people are looked up by POST, records are UUIDs, and whom a look-up
//! found is a handle that only the session that asked can resolve.
//!
//! Not here: taking scans in, carrying decisions out, signing. A fault of the desk never stops these.

pub mod accounts;
mod api;
mod asked;
mod body;
pub mod clients;
mod desk;
mod doors;
mod error;
mod form;
mod handlers;
mod holdings;
mod identity;
mod idle;
mod items;
mod lookups;
mod metrics;
mod multipart;
mod password;
mod pictures;
mod problem;
mod range;
mod reply;
mod router;
pub mod routes;
mod rows;
mod scratch;
mod server;
mod sessions;
mod sought;
mod stream;
mod tls;
mod upload;
mod views;

pub use error::{AccountError, ClientError, WebError};
pub use server::attend;
