//! What `std::net` leaves out, once for all programs: listening with a backlog of one's own
//! ([`listen`]), connecting to every address of a host ([`connect`]), reads and writes with a limit
//! on how long they wait ([`Connection`]), and serving many clients at once until a shutdown is
//! asked for ([`serve()`], [`Shutdown`]): as conversations, or as single requests in the order in
//! which they come ([`serve_requests`]).
//!
//! Nothing here knows a protocol, a command line or standard output.
//!
//! ```
//! use std::net::{Ipv4Addr, SocketAddrV4};
//! use std::time::Duration;
//!
//! // An echo server for up to 100 clients, stopped after its first client.
//! let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 10)?;
//! let address = listener.local_addr()?;
//! let shutdown = net::Shutdown::new();
//! let server = std::thread::spawn({
//!     let shutdown = shutdown.clone();
//!     move || {
//!         net::serve(listener, &shutdown, 100, |client| {
//!             let mut buffer = [0; 1024];
//!             while let Ok(length @ 1..) = client.read(&mut buffer, None) {
//!                 if client.write_all(&buffer[..length], None).is_err() {
//!                     break;
//!                 }
//!             }
//!         });
//!     }
//! });
//!
//! let mut client = net::connect(&[address], Duration::from_secs(1))?;
//! client.write_all(b"hello", None)?;
//! let mut answer = [0; 5];
//! assert_eq!(client.read(&mut answer, Some(Duration::from_secs(1)))?, 5);
//! assert_eq!(&answer, b"hello");
//!
//! shutdown.request();
//! server.join().expect("the server stops");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod acknowledged;
mod connect;
mod connection;
mod listen;
mod pool;
mod serve;
mod shutdown;

pub use accept::{AcceptFailure, AcceptFailures, Condition, STARVED_WAIT};
pub use acknowledged::acknowledged;
pub use connect::{ConnectError, ResolveError, connect, resolve};
pub use connection::{Connection, Error, Ready};
pub use listen::{ListenError, listen};
pub use serve::{SHUTDOWN_GRACE, serve};
pub use shutdown::Shutdown;
