//! What the page shows, what it hides, and that nothing in it can become markup.
#![allow(clippy::unwrap_used)]

use std::fs;

use http::Request;
use lopata_protocol::WireError;
use serde_json::Value;

use super::html::{RequestView, content_security_policy, page};
use super::*;
use crate::server::handler::{BindingLine, Diagnostic, ErrorContext};

const EVIL: &str = "</style></script></template><script>alert(1)</script><img src=x onerror='alert(2)'>\"'`&\u{0}";

fn parts(builder: http::request::Builder) -> request::Parts {
    builder.body(()).unwrap().into_parts().0
}

fn view(builder: http::request::Builder) -> RequestView {
    RequestView::new(&parts(builder), false)
}

fn thrown(name: &str, message: &str, stack: &str) -> WireError {
    WireError { name: name.into(), message: message.into(), stack: stack.into(), ..WireError::default() }
}

/// Every `<` of the page opens one of the page's own tags.
fn assert_only_own_markup(html: &str) {
    let (body, script) = html.rsplit_once("<script>").unwrap();
    assert!(script.starts_with("// The error page"), "{script}");
    assert!(!body.contains("<script"), "a script slipped in");
    assert!(!body.contains("<img"), "an element slipped in");
    assert_eq!(body.matches("</style>").count(), 1);
    assert_eq!(body.matches("</template>").count(), 1);
    assert!(!body.contains('\0'));
}

#[test]
fn nothing_foreign_becomes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evil.ts");
    fs::write(&file, format!("const a = `{EVIL}`;\n/* {EVIL}\n {EVIL} */ throw 1 // {EVIL}\n")).unwrap();
    let stack = format!("X: {EVIL}\n    at {EVIL} ({}:2:3)\n    at {EVIL} ({EVIL}:1:1)", file.display());
    let mut error = thrown(EVIL, EVIL, &stack);
    error.properties.push((EVIL.to_owned(), Value::from(EVIL)));
    error.cause = Some(Box::new(thrown(EVIL, EVIL, &stack)));
    let context = ErrorContext {
        worker: EVIL.to_owned(),
        bindings: vec![BindingLine { name: EVIL.into(), kind: EVIL.into(), value: Some(EVIL.into()), secret: false }],
        source_roots: vec![folder.path().to_owned()],
    };
    let evil_header = http::HeaderValue::from_bytes(EVIL.replace('\0', "").as_bytes()).unwrap();
    let request = || {
        view(Request::builder().uri("/?'&x").header("x-evil", evil_header.clone()).header("host", evil_header.clone()))
    };
    let diagnostic = Diagnostic {
        message: EVIL.into(),
        file: Some(file),
        line: 2,
        column: 1,
        frame: Some(EVIL.into()),
        hint: Some(EVIL.into()),
    };
    let unframed = Diagnostic { frame: None, ..diagnostic.clone() };
    let subjects = [
        Subject::Thrown(error.clone()),
        Subject::Failure { status: 500, failure: Arc::new(Failure::Start(error)) },
        Subject::Failure { status: 500, failure: Arc::new(Failure::Build(vec![diagnostic, unframed])) },
        Subject::Refused { status: 503, message: EVIL.to_owned() },
    ];
    for subject in subjects {
        let html = page(&subject, &context, &request(), Some(1));
        assert_only_own_markup(&html);
        assert!(html.contains("&lt;img src=x onerror=&#39;"), "the text itself is shown");
    }
}

#[test]
fn the_place_is_shown_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("index.ts");
    fs::write(&file, "import { x } from './x';\n\nexport default {\n\tfetch() {\n\t\treturn x.y.z;\n\t},\n};\n")
        .unwrap();
    let context = ErrorContext { source_roots: vec![folder.path().to_owned()], ..ErrorContext::default() };
    let stack = format!(
        "TypeError: no\n    at Object.fetch (file://{}:5:14)\n    at a (ext:x/y.js:1:1)\n    at b (ext:x/y.js:2:2)",
        file.display()
    );
    let html = page(&Subject::Thrown(thrown("TypeError", "no", &stack)), &context, &view(Request::builder()), None);
    assert!(html.contains("<code class=\"place\">index.ts:5:14</code>"));
    assert!(
        html.contains("<span class=\"line here\"><i>5</i><code>\t\t<span class=\"k\">return</span> x.y.z;"),
        "{html}"
    );
    assert!(html.contains("<span class=\"line caret\"><i></i><code>\t\t           ^\n"));
    assert!(html.contains("2 frames of packages and the runtime"));
    assert!(!html.contains("data-revision"));
}

#[test]
fn a_stack_cannot_bring_up_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("project"), folder.path().join("outside.ts"));
    fs::create_dir(&root).unwrap();
    fs::write(&outside, "the secret of another project\n").unwrap();
    fs::write(root.join(".dev.vars"), "TOKEN=the secret of this one\n").unwrap();
    let context = ErrorContext { source_roots: vec![root.clone()], ..ErrorContext::default() };
    let stack = format!(
        "Error\n    at a (file://{0}:1:1)\n    at b ({1}/../outside.ts:1:1)\n    at c ({1}/.dev.vars:1:1)\n    at d (/etc/passwd:1:1)",
        outside.display(),
        root.display()
    );
    let html = page(&Subject::Thrown(thrown("Error", "", &stack)), &context, &view(Request::builder()), None);
    assert!(!html.contains("the secret"), "{html}");
    assert!(!html.contains("root:"));
}

#[test]
fn secrets_are_masked() {
    let context = ErrorContext {
        bindings: vec![
            BindingLine { name: "KV".into(), kind: "KV namespace".into(), value: Some("abc".into()), secret: false },
            BindingLine { name: "HIDE".into(), kind: "Secret".into(), value: None, secret: true },
            BindingLine {
                name: "API_KEY".into(),
                kind: "Variable".into(),
                value: Some("s3cr3t".into()),
                secret: false,
            },
        ],
        ..ErrorContext::default()
    };
    let request =
        view(Request::builder().header("authorization", "Bearer s3cr3t").header("cookie", "sid=s3cr3t; a=s3cr3t"));
    let html = page(&Subject::Thrown(thrown("Error", "x", "")), &context, &request, None);
    assert!(!html.contains("s3cr3t"));
    assert!(html.contains("Bearer ••••••••") && html.contains("sid=••••••••") && html.contains("env.HIDE"));
}

#[test]
fn the_form_is_chosen_as_wrangler_chooses_it() {
    let form = |accept: Option<&str>, agent: &str| {
        let mut builder = Request::builder().header("user-agent", agent);
        if let Some(accept) = accept {
            builder = builder.header("accept", accept);
        }
        super::form(&parts(builder).headers)
    };
    assert_eq!(form(Some("text/html,application/xhtml+xml,*/*;q=0.8"), "Mozilla/5.0"), Form::Html);
    assert_eq!(form(Some("*/*"), "node"), Form::Html);
    assert_eq!(form(Some("*/*"), "curl/8.5.0"), Form::Text);
    assert_eq!(form(Some("text/html"), "curl/8.5.0"), Form::Text);
    assert_eq!(form(None, "wget"), Form::Text);
    assert_eq!(form(Some("image/png"), "Mozilla/5.0"), Form::Text);
    assert_eq!(form(Some("application/json, */*"), "Mozilla/5.0"), Form::Json);
    assert_eq!(form(Some("application/json"), "curl/8.5.0"), Form::Json);
    assert_eq!(form(Some("text/html, application/json"), "Mozilla/5.0"), Form::Html);
}

#[test]
fn text_and_json_carry_the_causes() {
    let mut error = thrown("TypeError", "outer", "TypeError: outer\n    at f (a.ts:1:1)");
    error.properties.push(("code".to_owned(), Value::from(7)));
    error.cause = Some(Box::new(thrown("Error", "inner", "")));
    let subject = Subject::Thrown(error);
    assert_eq!(text::plain(&subject), "TypeError: outer\n    at f (a.ts:1:1)\n\nCaused by: Error: inner");
    let json: Value = serde_json::from_str(&text::json(&subject)).unwrap();
    assert_eq!((&json["name"], &json["message"], &json["code"]), (&"TypeError".into(), &"outer".into(), &7.into()));
    assert_eq!(json["cause"]["message"], "inner");

    let diagnostic = Diagnostic {
        message: "Unexpected token".into(),
        file: Some("/app/a.ts".into()),
        line: 3,
        column: 9,
        frame: Some("3 | x y\n  |   ^".into()),
        hint: None,
    };
    let subject = Subject::Failure { status: 500, failure: Arc::new(Failure::Build(vec![diagnostic])) };
    assert_eq!(text::plain(&subject), "Build failed.\n\n/app/a.ts:3:9: Unexpected token\n3 | x y\n  |   ^");
    let json: Value = serde_json::from_str(&text::json(&subject)).unwrap();
    assert_eq!((&json["name"], &json["diagnostics"][0]["line"]), (&"BuildError".into(), &3.into()));
}

#[test]
fn an_endless_error_makes_a_page_of_bounded_size() {
    let mut error = thrown("Error", &"<".repeat(1_000_000), &"    at f (/x.ts:1:1)\n".repeat(100_000));
    for _ in 0..100 {
        error = WireError { cause: Some(Box::new(error.clone())), ..thrown("Error", "m", "") };
    }
    let html = page(&Subject::Thrown(error), &ErrorContext::default(), &view(Request::builder()), None);
    assert!(html.len() < 2_000_000, "{}", html.len());
}

#[test]
fn the_policy_names_style_and_script_by_hash() {
    let policy = content_security_policy();
    assert_eq!(policy.matches("'sha256-").count(), 2);
    assert!(!policy.contains("unsafe"));
}
