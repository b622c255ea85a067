//! Packages that live on Node's streams, among Node's own and those of the web.

use serde_json::json;

use super::start;

#[test]
fn streams() {
    let server = start("streams");
    server.expect("/through", "ABC!");
    server.expect("/readable", "qr");
    assert_eq!(server.get("/lines").json(), json!(["a", "bc", "d"]));
    let rows = server.client().send("POST", "/csv", &[], b"a,b\n1,2\n3,x\n");
    assert_eq!(rows.json(), json!([{ "a": 1, "b": 2 }, { "a": 3, "b": "x" }]));
    let form = "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nv\r\n--b\r\nContent-Disposition: form-data; \
                name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nin it\r\n--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let sent = server.client().send("POST", "/form", &headers, form.as_bytes());
    assert_eq!(sent.json(), json!({ "f": "v", "file": ["a.txt", "in it"] }));
    let archive = server.get("/tar").body;
    assert_eq!(&archive[..5], b"x.txt");
    let found = server.client().send("POST", "/untar", &[], &archive);
    assert_eq!(found.json(), json!({ "x.txt": "hello", "y.txt": "world" }));
    server.stop();
}
