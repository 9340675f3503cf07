//! Images of registries on loopback: a real one where it is installed, and one that asks for tokens and sends us on.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use healthlint::facts::learned::Learned;
use serde_json::json;

use crate::learn::{Compression, Scratch, debian};

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn learn(folder: &Scratch, words: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_healthlint"))
        .args(["image", "learn", "--registry", "--platform", "linux/amd64"])
        .args(words)
        .current_dir(&folder.0)
        .env("DOCKER_CONFIG", folder.0.join("docker"))
        .env("HOME", &folder.0)
        .env_remove("XDG_RUNTIME_DIR")
        .env_remove("REGISTRY_AUTH_FILE")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().unwrap(),
    )
}

/// A process that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Debian's `docker-registry`, once it answers; None where it is not installed.
fn real_registry(folder: &Scratch, port: u16) -> Option<Server> {
    let config = json!({
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": folder.0.join("storage")}},
        "http": {"addr": format!("127.0.0.1:{port}")},
    });
    // JSON is YAML.
    folder.put("registry.yml", config.to_string().as_bytes());
    let child = Command::new("docker-registry")
        .arg("serve")
        .arg(folder.0.join("registry.yml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let server = Server(child.ok()?);
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(server);
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("docker-registry does not answer");
}

/// Puts an image into a registry, as `docker push` does.
fn push(port: u16, repository: &str, tag: &str, blobs: &BTreeMap<String, Vec<u8>>, manifest: &str) {
    let base = format!("http://127.0.0.1:{port}/v2/{repository}");
    for (digest, bytes) in blobs {
        let answer = ureq::post(format!("{base}/blobs/uploads/"))
            .send_empty()
            .unwrap();
        let location = answer.headers()["Location"].to_str().unwrap();
        let mark = if location.contains('?') { '&' } else { '?' };
        let whole = format!("{location}{mark}digest={digest}");
        let answer = ureq::put(whole)
            .header("Content-Type", "application/octet-stream")
            .send(&bytes[..]);
        assert_eq!(answer.unwrap().status().as_u16(), 201);
    }
    let answer = ureq::put(format!("{base}/manifests/{tag}"))
        .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        .send(&blobs[manifest][..]);
    assert_eq!(answer.unwrap().status().as_u16(), 201);
}

#[test]
fn a_real_registry_gives_its_images() {
    let folder = Scratch::new();
    let port = free_port();
    let Some(_server) = real_registry(&folder, port) else {
        eprintln!("skipped: docker-registry is not installed");
        return;
    };
    let (blobs, manifest) = debian().blobs(Compression::Gzip);
    push(port, "team/app", "1", &blobs, &manifest);
    let tagged = format!("127.0.0.1:{port}/team/app:1");
    let pinned = format!("127.0.0.1:{port}/team/app@{manifest}");
    let (said, error, status) = learn(&folder, &[&tagged, &pinned]);
    assert_eq!((status, error.as_str()), (0, ""), "{said}");
    let facts = fs::read_to_string(folder.0.join("healthlint.images.toml")).unwrap();
    let learned = Learned::parse(&facts).unwrap();
    for name in [&tagged, &pinned] {
        assert_eq!(learned.images[name].digests[0], manifest);
        assert!(learned.images[name].holds("wget").is_yes());
    }
    let (_, error, status) = learn(&folder, &[&format!("127.0.0.1:{port}/team/other:1")]);
    assert_eq!(status, 2);
    assert!(error.contains("has no such image"), "{error}");
}

/// A registry in a few lines. It wants a token, gives one to `me:secret`, and sends blobs through another origin that
/// wants no token at all, as object stores do.
fn strict_registry(blobs: BTreeMap<String, Vec<u8>>, manifest: String, away: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let Some(Ok(first)) = lines.next() else {
                continue;
            };
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let headers: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .map(|line| line.to_ascii_lowercase())
                .collect();
            let authorization = headers
                .iter()
                .find_map(|line| line.strip_prefix("authorization: "));
            let none = (404, String::new(), Vec::new());
            let (status, header, body) = if path == "/v2/" {
                (200, String::new(), Vec::new())
            } else if path == "/token?service=shop&scope=repository%3Ateam%2Fapp%3Apull" {
                match authorization {
                    // me:secret
                    Some("basic bwu6c2vjcmv0") => {
                        (200, String::new(), b"{\"token\": \"Good\"}".to_vec())
                    }
                    _ => (401, String::new(), Vec::new()),
                }
            } else if let Some(digest) = path.strip_prefix("/storage/") {
                match (authorization, blobs.get(digest)) {
                    (None, Some(bytes)) => (200, String::new(), bytes.clone()),
                    (Some(_), _) => (400, String::new(), Vec::new()),
                    _ => none,
                }
            } else if authorization != Some("bearer good") {
                let realm = format!("http://127.0.0.1:{port}/token");
                let header =
                    format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"shop\"\r\n");
                (401, header, Vec::new())
            } else if path == "/v2/team/app/manifests/1" {
                (200, String::new(), blobs[&manifest].clone())
            } else if let Some(digest) = path.strip_prefix("/v2/team/app/blobs/") {
                let target = away.replace("PORT", &port.to_string());
                (307, format!("Location: {target}/{digest}\r\n"), Vec::new())
            } else {
                none
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} x\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let mut stream = stream;
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read(&mut [0; 1]);
        }
    });
    port
}

#[test]
fn tokens_and_redirects_are_followed_and_credentials_stay_where_they_belong() {
    let folder = Scratch::new();
    let (blobs, manifest) = debian().blobs(Compression::Zstd);
    let port = strict_registry(
        blobs.clone(),
        manifest.clone(),
        "http://localhost:PORT/storage",
    );
    let name = format!("127.0.0.1:{port}/team/app:1");
    let (_, error, status) = learn(&folder, &[&name]);
    assert!(error.contains("wants an account for it"), "{error}");
    assert_eq!(status, 2);

    let account = json!({"auths": {format!("127.0.0.1:{port}"): {"auth": "bWU6c2VjcmV0"}}});
    folder.put("docker/config.json", account.to_string().as_bytes());
    let (said, error, status) = learn(&folder, &[&name]);
    assert_eq!((status, error.as_str()), (0, ""), "{said}");
    assert!(said.contains("11 programs"), "{said}");

    // Away from TLS and from this machine leads no way.
    let port = strict_registry(blobs, manifest, "http://example.com/storage");
    let account = json!({"auths": {format!("127.0.0.1:{port}"): {"auth": "bWU6c2VjcmV0"}}});
    folder.put("docker/config.json", account.to_string().as_bytes());
    let (_, error, status) = learn(&folder, &[&format!("127.0.0.1:{port}/team/app:1")]);
    assert!(
        error.contains("sends us on to a place without TLS"),
        "{error}"
    );
    assert_eq!(status, 2);
    assert!(!error.contains("bWU6"), "{error}");
}

#[test]
fn a_registry_that_is_not_there_is_named() {
    let folder = Scratch::new();
    let name = format!("127.0.0.1:{}/team/app:1", free_port());
    let (said, error, status) = learn(&folder, &[&name]);
    let host = name.split('/').next().unwrap();
    let expected = format!("error: {name}: {host} cannot be asked: Connection refused");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!((said.as_str(), status), ("", 2));
    assert!(!folder.0.join("healthlint.images.toml").exists());
}

#[test]
fn what_a_registry_swaps_is_found() {
    let folder = Scratch::new();
    let (blobs, manifest) = debian().blobs(Compression::Gzip);
    for digest in blobs.keys().filter(|digest| **digest != manifest) {
        let mut swapped = blobs.clone();
        let bytes = swapped.get_mut(digest).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let port = strict_registry(swapped, manifest.clone(), "http://localhost:PORT/storage");
        let account = json!({"auths": {format!("127.0.0.1:{port}"): {"auth": "bWU6c2VjcmV0"}}});
        folder.put("docker/config.json", account.to_string().as_bytes());
        let (_, _, status) = learn(&folder, &[&format!("127.0.0.1:{port}/team/app:1")]);
        assert_eq!(status, 2, "{digest}");
    }
    assert!(!folder.0.join("healthlint.images.toml").exists());
}
