//! JavaScript errors as [`WireError`]s, and back.
//!
//! An error keeps its name, message, source-mapped stack, cause chain and those own properties that can be
//! written as JSON. Whatever a hostile getter throws on the way is swallowed: describing an error never fails.

use deno_core::v8;
use lopata_protocol::WireError;

/// Causes deeper than this are cut off; a cycle ends here too.
const CAUSE_DEPTH_MAX: usize = 8;

/// Properties that say what the other fields of [`WireError`] say.
const KNOWN_PROPERTIES: [&str; 4] = ["name", "message", "stack", "cause"];

/// Describes any thrown value.
pub fn describe<'s>(scope: &mut v8::PinScope<'s, '_>, thrown: v8::Local<'s, v8::Value>) -> WireError {
    describe_at(scope, thrown, 0)
}

fn describe_at<'s>(scope: &mut v8::PinScope<'s, '_>, thrown: v8::Local<'s, v8::Value>, depth: usize) -> WireError {
    let Ok(object) = v8::Local::<v8::Object>::try_from(thrown) else {
        return WireError::new("", text_of(scope, thrown));
    };
    let is_error = thrown.is_native_error();
    let mut error = WireError {
        name: string_property(scope, object, "name").unwrap_or_default(),
        message: string_property(scope, object, "message").unwrap_or_default(),
        stack: user_frames(&string_property(scope, object, "stack").unwrap_or_default()),
        cause: None,
        properties: Vec::new(),
    };
    if error.name.is_empty() && error.message.is_empty() && !is_error {
        error.message = text_of(scope, thrown);
    }
    if depth < CAUSE_DEPTH_MAX
        && let Some(cause) = property(scope, object, "cause")
        && !cause.is_null_or_undefined()
    {
        error.cause = Some(Box::new(describe_at(scope, cause, depth + 1)));
    }
    if is_error {
        error.properties = own_properties(scope, object);
    }
    error
}

/// A stack without the runtime's own frames, which say nothing to the user.
pub fn user_frames(stack: &str) -> String {
    let is_own = |line: &str| line.starts_with("    at ") && line.contains("ext:");
    stack.lines().filter(|line| !is_own(line)).collect::<Vec<_>>().join("\n")
}

fn property<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let key = v8::String::new(scope, name)?;
    v8::tc_scope!(let scope, scope);
    object.get(scope, key.into())
}

fn string_property<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Option<String> {
    let value = property(scope, object, name)?;
    value.is_string().then(|| value.to_rust_string_lossy(scope))
}

fn text_of<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> String {
    v8::tc_scope!(let scope, scope);
    match value.to_detail_string(scope) {
        Some(text) => text.to_rust_string_lossy(scope),
        None => "a value that cannot be printed".to_string(),
    }
}

fn own_properties<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
) -> Vec<(String, serde_json::Value)> {
    v8::tc_scope!(let scope, scope);
    let mut found = Vec::new();
    let Some(names) = object.get_own_property_names(scope, Default::default()) else { return found };
    for index in 0..names.length() {
        let Some(key) = names.get_index(scope, index) else { continue };
        let name = key.to_rust_string_lossy(scope);
        if KNOWN_PROPERTIES.contains(&name.as_str()) {
            continue;
        }
        let Some(value) = object.get(scope, key) else { continue };
        let Some(json) = v8::json::stringify(scope, value) else { continue };
        if let Ok(value) = serde_json::from_str(&json.to_rust_string_lossy(scope)) {
            found.push((name, value));
        }
    }
    found
}

/// An error as `errors.js` takes it to make a JavaScript error again: `{ name, message, stack, cause, properties }`,
/// the last as JSON text or empty.
pub fn to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, error: &WireError) -> v8::Local<'s, v8::Value> {
    let object = v8::Object::new(scope);
    let properties = match error.properties.is_empty() {
        true => String::new(),
        false => {
            let map: serde_json::Map<_, _> = error.properties.iter().cloned().collect();
            serde_json::Value::Object(map).to_string()
        }
    };
    let texts = [
        ("name", error.name.as_str()),
        ("message", error.message.as_str()),
        ("stack", error.stack.as_str()),
        ("properties", properties.as_str()),
    ];
    for (key, text) in texts {
        let text = v8::String::new(scope, text).unwrap_or_else(|| v8::String::empty(scope));
        set(scope, object, key, text.into());
    }
    if let Some(cause) = &error.cause {
        let cause = to_v8(scope, cause);
        set(scope, object, "cause", cause);
    }
    object.into()
}

/// What an op gives instead of its result when the other side failed: `{ failure }`.
pub fn failure_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, error: &WireError) -> v8::Local<'s, v8::Value> {
    let object = v8::Object::new(scope);
    let failure = to_v8(scope, error);
    set(scope, object, "failure", failure);
    object.into()
}

/// Sets a property of an object that was made here.
pub fn set<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &'static str,
    value: v8::Local<'s, v8::Value>,
) {
    let key = v8::String::new(scope, name).expect("a short literal always fits");
    object.set(scope, key.into(), value);
}

/// The text of an error for the terminal: stack (or headline), own properties, causes.
pub fn report(error: &WireError) -> String {
    let mut text = String::new();
    for (depth, link) in error.chain().enumerate() {
        if depth > 0 {
            text.push_str("\n  [cause]: ");
        }
        let headline = link.to_string();
        if link.stack.is_empty() {
            text.push_str(&headline);
        } else {
            text.push_str(&link.stack);
        }
        if !link.properties.is_empty() {
            text.push_str(" {");
            for (name, value) in &link.properties {
                text.push_str(&format!("\n  {name}: {value}"));
            }
            text.push_str("\n}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtimes_frames_are_left_out() {
        let stack =
            "Error: boom\n    at fetch (file:///p/src/index.ts:4:38)\n    at run (ext:lopata/events/events.js:1:2)";
        assert_eq!(user_frames(stack), "Error: boom\n    at fetch (file:///p/src/index.ts:4:38)");
        assert_eq!(user_frames("Error: ext: is fine in a message"), "Error: ext: is fine in a message");
    }

    #[test]
    fn a_report_shows_causes_and_properties() {
        let mut error = WireError::new("Error", "outer");
        error.properties.push(("code".to_string(), "E1".into()));
        error.cause = Some(Box::new(WireError::new("TypeError", "inner")));
        assert_eq!(report(&error), "Error: outer {\n  code: \"E1\"\n}\n  [cause]: TypeError: inner");
    }
}
