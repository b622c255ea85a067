//! The errors that ops of lopata throw, each with its JavaScript class and text.

use std::borrow::Cow;

use deno_error::{JsErrorClass, PropertyValue};
use lopata_protocol::WireError;

/// What an op can throw.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// An error from another thread, thrown again here.
    #[error("{}", .0.message)]
    Wire(WireError),
    /// A service went away while a call was under way.
    #[error("Network connection lost.")]
    ServiceGone,
    /// A response with a status that HTTP does not have.
    #[error("Responses may only be constructed with status codes in the range 200 to 599, inclusive.")]
    BadStatus,
    /// A body is read after the event it belongs to, or was cancelled meanwhile.
    #[error("The body can no longer be read: the event it belongs to is over, or it was cancelled.")]
    EventOver,
    /// A number that names no open body.
    #[error("The body stream is no longer open.")]
    NoSuchBody,
}

impl JsErrorClass for GuestError {
    fn get_class(&self) -> Cow<'static, str> {
        match self {
            // Ops can throw the classes that deno_core knows; any other name becomes a plain Error.
            Self::Wire(error) => match error.name.as_str() {
                "TypeError" => Cow::Borrowed("TypeError"),
                "RangeError" => Cow::Borrowed("RangeError"),
                "SyntaxError" => Cow::Borrowed("SyntaxError"),
                "ReferenceError" => Cow::Borrowed("ReferenceError"),
                "AbortError" => Cow::Borrowed("DOMExceptionAbortError"),
                "TimeoutError" => Cow::Borrowed("DOMExceptionTimeoutError"),
                _ => Cow::Borrowed("Error"),
            },
            Self::ServiceGone => Cow::Borrowed("Error"),
            Self::BadStatus => Cow::Borrowed("RangeError"),
            Self::NoSuchBody | Self::EventOver => Cow::Borrowed("TypeError"),
        }
    }

    fn get_message(&self) -> Cow<'static, str> {
        Cow::Owned(self.to_string())
    }

    fn get_additional_properties(&self) -> Box<dyn Iterator<Item = (Cow<'static, str>, PropertyValue)>> {
        match self {
            Self::Wire(error) => {
                let cause = error
                    .cause
                    .as_ref()
                    .map(|cause| (Cow::Borrowed("cause"), PropertyValue::String(Cow::Owned(cause.to_string()))));
                Box::new(cause.into_iter())
            }
            Self::ServiceGone => {
                Box::new(std::iter::once((Cow::Borrowed("retryable"), PropertyValue::String(Cow::Borrowed("true")))))
            }
            Self::BadStatus | Self::NoSuchBody | Self::EventOver => Box::new(std::iter::empty()),
        }
    }

    fn get_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
}
