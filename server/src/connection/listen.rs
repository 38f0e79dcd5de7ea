//! From a listening socket to a server of the application over connections under limits.

use std::fmt::Debug;
use std::future::{Future, ready};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_http::h1::H1Service;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};

use super::number::{Number, allowed};
use super::stream::Paced;

/// Connections that the system keeps while they wait to be accepted.
const BACKLOG: i32 = 2048;

/// Bytes that the system keeps for a client, in its own count about twice as many. Left alone it keeps megabytes.
const SEND_BUFFER: usize = 128 << 10;

/// Bytes of an answer that are gathered for one write.
const WRITE_BUFFER: usize = 16 << 10;

/// Handshakes under way at once, in each worker, and how long one may take.
const HANDSHAKES: usize = 128;
const HANDSHAKE: Duration = Duration::from_secs(5);

/// How long the rest of a body is taken that nobody asked for, so that the client reads its answer.
const LINGER: Duration = Duration::from_secs(1);

/// What connections are bounded by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// How many there are at once; more wait to be accepted.
    pub(crate) connections: usize,
    /// How long a client may take nothing of what waits for it.
    pub(crate) write_timeout: Duration,
}

/// A socket that is listening, and how it is served.
#[derive(Debug)]
pub(crate) struct Listening {
    /// The socket.
    pub(crate) socket: TcpListener,
    /// With which certificate, where TLS is spoken.
    pub(crate) tls: Option<ServerConfig>,
    /// Under which limits.
    pub(crate) limits: ConnectionLimits,
    /// How long requests under way have when the server is told to stop, in seconds.
    pub(crate) farewell: u64,
}

impl Listening {
    /// Serves what `app` makes, which each worker calls for itself, until `stop` completes.
    ///
    /// # Errors
    /// When the socket cannot be used.
    pub(crate) fn serve<F, I, S, B>(
        self,
        app: F,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<
                Request,
                Config = AppConfig,
                Response = ServiceResponse<B>,
                Error = actix_web::Error,
                InitError = (),
            > + 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let socket = SockRef::from(&self.socket);
        // Asked for again: the standard library's backlog is short.
        socket.listen(BACKLOG)?;
        // Connections have it from the socket that they came by.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        let ConnectionLimits { connections, write_timeout } = self.limits;
        // What was sent to a client that was given up is thrown away too, which the system would keep for minutes.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        socket.set_tcp_user_timeout(Some(write_timeout * 2))?;
        let connections = allowed(connections);
        let number = Arc::new(Number::new(connections));
        let workers = thread::available_parallelism().map_or(2, usize::from).min(512);
        let builder = Server::build()
            .workers(workers)
            .max_concurrent_connections(connections.div_ceil(workers))
            .shutdown_timeout(self.farewell)
            // By default the requests under way are dropped on SIGINT; this way both signals stop gracefully.
            .shutdown_signal(stop);
        let stopping = builder.graceful_shutdown_signal();
        let app = move || {
            let app = map_config(app(), |()| AppConfig::default());
            app.map_err(|error: actix_web::Error| error.error_response())
        };
        let server = match self.tls {
            None => builder.listen("http", self.socket, move || {
                let number = Arc::clone(&number);
                fn_service(move |stream: TcpStream| {
                    let peer = stream.peer_addr().ok();
                    ready(Ok((Paced::new(stream, peer, number.enter(), write_timeout), peer)))
                })
                .and_then(http_service(app(), stopping.clone()))
            }),
            Some(mut tls) => {
                tls.alpn_protocols = vec![b"http/1.1".to_vec()];
                max_concurrent_tls_connect(HANDSHAKES);
                let mut acceptor = Acceptor::new(tls);
                acceptor.set_handshake_timeout(HANDSHAKE);
                builder.listen("https", self.socket, move || {
                    let number = Arc::clone(&number);
                    let acceptor = acceptor.clone().map_err(TlsError::into_service_error);
                    let encrypted = acceptor.map(move |stream: TlsStream<TcpStream>| {
                        let peer = stream.get_ref().0.peer_addr().ok();
                        (Paced::new(stream, peer, number.enter(), write_timeout), peer)
                    });
                    encrypted.and_then(http_service(app(), stopping.clone()).map_err(TlsError::Service))
                })
            }
        };
        Ok(server?.run())
    }
}

/// HTTP/1.1 over streams that keep the time by themselves, in place of the framework's timers: those pass over the
/// second head of a connection, and cut off who is slow in taking the end of an answer.
pub(super) fn http_service<T, S, B>(app: S, stopping: GracefulShutdownSignal) -> H1Service<Paced<T>, S, B>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    S: ServiceFactory<Request, Config = ()>,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    HttpService::<_, S, B>::build()
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(LINGER)
        .h1_write_buffer_size(WRITE_BUFFER)
        .on_connect_ext(|stream: &Paced<T>, data| drop(data.insert(Rc::clone(&stream.turns))))
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .h1(app)
}
