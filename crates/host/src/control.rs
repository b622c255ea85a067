//! The control endpoints: `/cdn-cgi/handler/scheduled` and its twins, which trigger handlers, the live feed of spans,
//! and a census.
//!
//! The server has checked Host and Origin before anything here runs.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use lopata_bridges::{Parcel, live_sockets, live_streams, live_stubs, reply};
