//! Which address leads where.

use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::App;
use crate::join::web::Pages;
use crate::odoo::web::OdooDoor;
use crate::operations::metrics::Door;
use crate::web::whole::{FormLimits, whole};
use crate::{booking, calendar, connections, rpc, site, traces};

impl App {
    fn site(&self, metrics: PrometheusHandle) -> site::Site {
        site::Site {
            db: self.db.clone(),
            sealer: self.sealer.clone(),
            discovery: self.discovery.clone(),
            base: self.base.clone(),
            https: self.base.starts_with("https:"),
            metrics: Door::new(metrics, &self.metrics),
        }
    }

    /// Health and metrics only, for a process that answers no calls.
    pub fn probes(&self, metrics: PrometheusHandle) -> Router {
        self.site(metrics).probes()
    }

    /// All HTTP routes.
    pub fn router(&self, metrics: PrometheusHandle) -> Router {
        let rpc = get(rpc::websocket::upgrade).post(rpc::http::post).fallback(rpc::http::wrong_verb);
        let router = Router::new()
            .route("/rpc", rpc)
            .with_state(self.doors.clone())
            .merge(OdooDoor { odoo: self.odoo.clone(), doors: self.doors.clone() }.router())
            .merge(self.pages(metrics))
            .merge(calendar::feed::router(self.meetings.clone(), self.sender.clone()))
            .merge(self.inbox.clone().router())
            .merge(self.recordings.clone().router());
        if traces::on() { router.layer(from_fn(traces::traced)) } else { router }
    }

    /// What people look at, and its forms.
    fn pages(&self, metrics: PrometheusHandle) -> Router {
        let limits = &self.doors.dispatcher.limits;
        let forms = FormLimits { octets: limits.body_bytes, wait: Duration::from_secs(limits.read_timeout_s) };
        let site = self.site(metrics);
        let https = site.https;
        site.router()
            .merge(Pages::new(self.joining.clone(), https).router())
            .merge(booking::web::Pages::new(self.booking.clone(), https).router())
            .merge(connections::web::router(self.connections.clone(), https))
            .merge(self.admin.clone().router())
            .layer(from_fn_with_state(forms, whole))
    }
}
