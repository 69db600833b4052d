//! Floors that answer HTTP.

use std::convert::Infallible;
use std::process::Command;

use anyhow::Result;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jsonrpsee::RpcModule;
use jsonrpsee::server::{Server, stop_channel};
use tokio::net::TcpListener;
use tower::Service as _;

use crate::process::{Process, free_address};

/// Starts the floor `name` as a child process.
pub async fn start(name: &str, core: usize) -> Result<Process> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--floor", name, "--database", &address]);
    let log = std::env::temp_dir().join(format!("omeet-floor-{name}-{}.log", std::process::id()));
    Process::start(&command, &log, address, "/readyz", core).await
}

/// hyper alone: reads the body, answers a constant.
pub async fn constant(address: &str) -> Result<()> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = hyper::service::service_fn(answer_constant);
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

async fn answer_constant(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    request.into_body().collect().await?;
    let body = Full::new(Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#));
    let mut response = Response::new(body);
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}

/// jsonrpsee as a tower service behind an axum router: every method answers its parameters.
pub async fn echo(address: &str) -> Result<()> {
    let mut module = RpcModule::new(());
    for method in ["meeting.join", "meeting.create"] {
        module.register_method(method, |params, (), _| params.parse::<serde_json::Value>())?;
    }
    let (stop, _keep) = stop_channel();
    let service = Server::builder().to_service_builder().build(module, stop);
    let rpc = move |request: axum::extract::Request| {
        let mut service = service.clone();
        async move { Ok::<_, Infallible>(service.call(request).await.unwrap_or_else(|_| Response::new("".into()))) }
    };
    let router =
        axum::Router::new().route_service("/rpc", tower::service_fn(rpc)).route("/readyz", axum::routing::get(|| async { "ready" }));
    let listener = axum::serve::ListenerExt::tap_io(TcpListener::bind(address).await?, |stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}
