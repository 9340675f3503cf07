//! Images made on the fly, in every form and compression, learned; and those that somebody made with bad intent.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use healthlint::facts::learned::{Folder, Image, Learned, Reference};
use healthlint::facts::{Firmness, Flavour, Holds, OwnCheck, Shell};
use healthlint::learn::{self, Failure, Limits, Platform, Seen, Wanted};
use healthlint::text::{SourceId, Span, Traced};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What a layer holds.
pub enum Item<'a> {
    Folder(&'a str),
    Program(&'a str),
    File(&'a str, u32, &'a str),
    Link(&'a str, &'a str),
    Hard(&'a str, &'a str),
}

use Item::{File, Folder as Directory, Hard, Link, Program};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Plain,
    Gzip,
    Zstd,
}

const COMPRESSIONS: [Compression; 3] = [Compression::Plain, Compression::Gzip, Compression::Zstd];

/// An image before it is put into a form.
pub struct Made {
    layers: Vec<Vec<u8>>,
    config: Value,
}

pub fn layer(items: &[Item]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for item in items {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(0);
        match item {
            Directory(path) => {
                header.set_entry_type(tar::EntryType::Directory);
                tar.append_data(&mut header, path, &b""[..]).unwrap();
            }
            Program(path) => {
                header.set_size(7);
                tar.append_data(&mut header, path, &b"program"[..]).unwrap();
            }
            File(path, mode, text) => {
                header.set_mode(*mode);
                header.set_size(text.len() as u64);
                tar.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
            Link(path, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                tar.append_link(&mut header, path, target).unwrap();
            }
            Hard(path, target) => {
                header.set_entry_type(tar::EntryType::Link);
                tar.append_link(&mut header, path, target).unwrap();
            }
        }
    }
    tar.into_inner().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().fold("sha256:".to_owned(), |text, byte| {
        format!("{text}{byte:02x}")
    })
}

fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::Plain => bytes.to_vec(),
        Compression::Gzip => {
            // Two members in a row, as parallel compressors write them.
            let (one, other) = bytes.split_at(bytes.len() / 3);
            [one, other]
                .map(|part| {
                    let level = flate2::Compression::default();
                    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
                    gzip.write_all(part).unwrap();
                    gzip.finish().unwrap()
                })
                .concat()
        }
        Compression::Zstd => {
            // A skippable frame between two frames, as zstd:chunked writes them.
            let (one, other) = bytes.split_at(bytes.len() / 3);
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            let frame = |part: &[u8]| ruzstd::encoding::compress_to_vec(part, level);
            let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
            [frame(one), skipped, frame(other)].concat()
        }
    }
}

pub fn made(layers: &[&[Item]], run: &Value) -> Made {
    let layers: Vec<Vec<u8>> = layers.iter().map(|items| layer(items)).collect();
    let sums: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
    let config = json!({
        "os": "linux", "architecture": "amd64", "created": "2026-08-12T06:00:00.5Z",
        "config": run, "rootfs": {"type": "layers", "diff_ids": sums},
    });
    Made { layers, config }
}

impl Made {
    fn config(&self) -> Vec<u8> {
        self.config.to_string().into_bytes()
    }

    /// The blobs of the OCI form, and the digest of the manifest.
    pub fn blobs(&self, compression: Compression) -> (BTreeMap<String, Vec<u8>>, String) {
        let mut blobs = BTreeMap::new();
        let mut put = |bytes: Vec<u8>| {
            let key = digest(&bytes);
            blobs.insert(key.clone(), bytes);
            key
        };
        let layers = self.layers.iter().map(|layer| {
            let bytes = compress(layer, compression);
            json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "size": bytes.len(), "digest": put(bytes)})
        });
        let layers: Vec<Value> = layers.collect();
        let config = put(self.config());
        let kind = "application/vnd.oci.image.config.v1+json";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": kind, "digest": config, "size": self.config().len()},
            "layers": layers,
        });
        let manifest = put(manifest.to_string().into_bytes());
        (blobs, manifest)
    }

    /// The folder of the OCI form: paths and bytes.
    fn layout(&self, compression: Compression, name: &str) -> BTreeMap<String, Vec<u8>> {
        let (blobs, manifest) = self.blobs(compression);
        let index = json!({"schemaVersion": 2, "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": manifest, "size": 1,
            "annotations": {"org.opencontainers.image.ref.name": name},
        }]});
        layout(&blobs, &index)
    }

    /// Docker's older form.
    fn docker(&self, compression: Compression, names: &[&str]) -> Vec<u8> {
        let config = format!("{}.json", &digest(&self.config())[7..]);
        let mut files: Vec<(String, Vec<u8>)> = vec![(config.clone(), self.config())];
        let mut paths = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let path = format!("{index}/layer.tar");
            files.push((format!("{index}/VERSION"), b"1.0".to_vec()));
            files.push((path.clone(), compress(layer, compression)));
            paths.push(path);
        }
        let list = json!([{"Config": config, "RepoTags": names, "Layers": paths}]);
        files.push(("manifest.json".to_owned(), list.to_string().into_bytes()));
        archive(files)
    }
}

fn layout(blobs: &BTreeMap<String, Vec<u8>>, index: &Value) -> BTreeMap<String, Vec<u8>> {
    let path = |key: &String| format!("blobs/{}", key.replace(':', "/"));
    let mut files: BTreeMap<String, Vec<u8>> = blobs
        .iter()
        .map(|(key, bytes)| (path(key), bytes.clone()))
        .collect();
    let version = json!({"imageLayoutVersion": "1.0.0"});
    files.insert("oci-layout".to_owned(), version.to_string().into_bytes());
    files.insert("index.json".to_owned(), index.to_string().into_bytes());
    files
}

fn archive(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A folder that is there while a test runs.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("healthlint-learn-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wanted() -> Wanted {
    Wanted {
        platform: Platform::parse("linux/amd64").unwrap(),
        ..Wanted::default()
    }
}

fn seen(bytes: &[u8]) -> Result<Seen, Failure> {
    Ok(learn::archive(bytes, &wanted())?.remove(0))
}

/// The image whose one layer holds these items.
fn of(items: &[Item]) -> Image {
    let image = made(&[items], &json!({}));
    seen(&image.docker(Compression::Plain, &[])).unwrap().image
}

fn refused(items: &[Item]) -> String {
    let image = made(&[items], &json!({}));
    let failure = seen(&image.docker(Compression::Plain, &[])).unwrap_err();
    failure.to_string()
}

const DEBIAN: &str = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nID=debian\n";

/// A Debian with a service: two layers, the upper of which takes away what the lower has.
pub fn debian() -> Made {
    let below = [
        Directory("usr/bin/"),
        Link("bin", "usr/bin"),
        Program("usr/bin/dash"),
        Link("usr/bin/sh", "dash"),
        Program("usr/bin/bash"),
        Program("usr/bin/curl"),
        Program("usr/bin/grep"),
        Program("usr/bin/mawk"),
        Link("usr/bin/awk", "/etc/alternatives/awk"),
        Link("etc/alternatives/awk", "/usr/bin/mawk"),
        Link("usr/bin/nc", "/etc/alternatives/nc"),
        Link("etc/alternatives/nc", "../../bin/nc.openbsd"),
        Program("usr/bin/nc.openbsd"),
        Link("usr/bin/editor", "/etc/alternatives/editor"),
        File("usr/bin/README", 0o644, "no program"),
        File("usr/bin/sudoedit", 0o750, "not for all"),
        File("usr/lib/os-release", 0o644, DEBIAN),
        Link("etc/os-release", "../usr/lib/os-release"),
        Program("usr/local/bin/old-tool"),
        Program("usr/local/bin/older-tool"),
    ];
    let above = [
        File("usr/bin/.wh.curl", 0o644, ""),
        Program("./bin/wget"),
        File("usr/local/bin/.wh..wh..opq", 0o644, ""),
        Program("usr/local/bin/serve"),
        Program("opt/serve/bin/serve-status"),
    ];
    made(
        &[&below, &above],
        &json!({
            "User": "www-data",
            "Env": ["LANG=C", "PATH=/opt/serve/bin:/usr/local/bin:/usr/bin:/bin"],
            "Entrypoint": ["/entry.sh"],
            "Cmd": ["serve"],
            "ExposedPorts": {"8443/tcp": {}, "80/tcp": {}, "53/udp": {}},
            "Healthcheck": {"Test": ["CMD-SHELL", "wget -q -O - http://127.0.0.1/ || exit 1"], "Interval": 1},
        }),
    )
}

#[test]
fn every_form_and_compression_gives_the_same_facts() {
    let made = debian();
    let name = "docker.io/library/serve:1";
    let mut images: Vec<Image> = Vec::new();
    for compression in COMPRESSIONS {
        let docker = made.docker(compression, &[name]);
        let files = made.layout(compression, name);
        let scratch = Scratch::new();
        for (path, bytes) in &files {
            scratch.put(path, bytes);
        }
        let oci = archive(files.clone());
        let whole_in_gzip = compress(&docker, Compression::Gzip);
        for mut seen in [
            seen(&docker).unwrap(),
            seen(&whole_in_gzip).unwrap(),
            seen(&oci).unwrap(),
            learn::layout(&scratch.0, &wanted()).unwrap().remove(0),
        ] {
            assert_eq!(seen.names, [name], "{compression:?}");
            assert_eq!(seen.image.digests.last(), Some(&digest(&made.config())));
            seen.image.digests.clear();
            images.push(seen.image);
        }
    }
    assert!(images.windows(2).all(|pair| pair[0] == pair[1]));
    let image = &images[0];
    let programs =
        |words: &[&str]| Folder::Programs(words.iter().map(|word| (*word).to_owned()).collect());
    assert_eq!(
        image.folders,
        BTreeMap::from([
            ("/bin".to_owned(), Folder::Link("/usr/bin".to_owned())),
            ("/opt/serve/bin".to_owned(), programs(&["serve-status"])),
            (
                "/usr/bin".to_owned(),
                programs(&[
                    "awk: mawk",
                    "bash",
                    "dash",
                    "grep: gnu",
                    "mawk",
                    "nc.openbsd",
                    "nc: openbsd",
                    "sh: dash",
                    "wget: gnu",
                ])
            ),
            ("/usr/local/bin".to_owned(), programs(&["serve"])),
        ])
    );
    assert_eq!(image.uncertain, ["/usr/bin/sudoedit"]);
    assert_eq!(image.system.as_deref(), Some("debian 12"));
    assert_eq!(image.platform, "linux/amd64");
    assert_eq!(image.created.as_deref(), Some("2026-08-12"));
    assert_eq!(image.user.as_deref(), Some("www-data"));
    assert_eq!(image.ports, ["53/udp", "80/tcp", "8443/tcp"]);
    assert_eq!(image.check[0], "CMD-SHELL");
    assert_eq!(image.path[0], "/opt/serve/bin");
}

#[test]
fn learned_facts_win_and_say_where_they_come_from() {
    let mut image = seen(&debian().docker(Compression::Gzip, &[]))
        .unwrap()
        .image;
    image.name = Reference::parse("postgres:17").unwrap().key();
    let learned = Learned {
        images: [(image.name.clone(), Arc::new(image))].into(),
        ..Learned::default()
    };
    let learned = Learned::parse(&learned.render()).unwrap();
    let of = |name: &str| {
        learned.inventory(&Traced::source(Span::new(SourceId(0), 0, name.len()), name))
    };
    let inventory = of("library/postgres:17");
    assert_eq!(inventory.has("wget").holds, Holds::Yes(Flavour::Gnu));
    let curl = inventory.has("curl");
    assert_eq!(curl.holds, Holds::No(Firmness::Firm));
    assert!(
        curl.why[0].text.contains("(learned from sha256:"),
        "{}",
        curl.why[0].text
    );
    assert!(
        curl.why[0].text.contains("built 2026-08-12"),
        "{}",
        curl.why[0].text
    );
    assert_eq!(inventory.has("sudoedit").holds, Holds::Unknown);
    assert_eq!(inventory.has("/bin/awk").holds, Holds::Yes(Flavour::Mawk));
    assert_eq!(inventory.has("/app/x").holds, Holds::Unknown);
    assert_eq!(inventory.has("pg_isready").holds, Holds::No(Firmness::Firm));
    assert_eq!(inventory.shell(), Shell::Dash);
    assert_eq!(inventory.distro.as_deref(), Some("debian"));
    assert_eq!(inventory.release.as_deref(), Some("12"));
    assert_eq!(inventory.ports, [80, 8443]);
    assert_eq!(
        inventory.check,
        OwnCheck::Command("CMD wget -q -O - http://127.0.0.1/ || exit 1".to_owned())
    );
    // Another tag is another image.
    assert!(of("postgres:16").has("pg_isready").is_yes());
}

#[test]
fn applets_are_known_by_their_links() {
    let soft = of(&[
        Program("bin/busybox"),
        Link("bin/sh", "/bin/busybox"),
        Link("bin/ash", "busybox"),
        Link("usr/bin/wget", "/bin/busybox"),
        Program("usr/bin/curl"),
    ]);
    let hard = of(&[
        Program("bin/["),
        Hard("bin/busybox", "bin/["),
        Hard("bin/sh", "bin/["),
        Hard("bin/wget", "bin/["),
    ]);
    for image in [&soft, &hard] {
        assert_eq!(image.holds("wget").holds, Holds::Yes(Flavour::Busybox));
        assert_eq!(image.bin_sh(), Shell::Ash);
    }
    assert_eq!(soft.holds("curl").holds, Holds::Yes(Flavour::Plain));
    // Nobody knows whose `sh` a file of that name is, and no distribution says it.
    let own = of(&[Program("bin/sh"), Program("bin/wget")]);
    assert_eq!(own.bin_sh(), Shell::Unknown);
    assert_eq!(own.holds("wget").holds, Holds::Yes(Flavour::Plain));
    assert_eq!(of(&[Program("serve")]).bin_sh(), Shell::None);
}

/// The engine copies SHELL into no container (moby `daemon/commit.go merge`), so `getShell` never finds one.
#[test]
fn a_shell_for_the_build_does_not_run_the_tests() {
    let items = [
        Program("bin/bash"),
        Program("bin/dash"),
        Link("bin/sh", "dash"),
    ];
    let config = json!({"Shell": ["/bin/bash", "-o", "pipefail", "-c"]});
    let image = made(&[&items], &config);
    let mut image = seen(&image.docker(Compression::Plain, &[])).unwrap().image;
    assert_eq!(image.check, ["NONE"]);
    let name = "example.com/a/b:1";
    image.name = Reference::parse(name).unwrap().key();
    let learned = Learned {
        images: [(image.name.clone(), Arc::new(image))].into(),
        ..Learned::default()
    };
    let span = Span::new(SourceId(0), 0, name.len());
    let inventory = learned.inventory(&Traced::source(span, name));
    assert_eq!(inventory.shell(), Shell::Dash);
}

#[test]
fn layers_lie_over_each_other_as_engines_unpack_them() {
    let holds = |layers: &[&[Item]], tool: &str| {
        let image = made(layers, &json!({}));
        let image = seen(&image.docker(Compression::Plain, &[])).unwrap().image;
        image.holds(tool).is_yes()
    };
    let below: &[Item] = &[
        Directory("usr/bin"),
        Program("usr/bin/curl"),
        Link("bin", "usr/bin"),
    ];
    // A whiteout hides what lies below, and not what its own layer brings.
    let again: &[Item] = &[Program("usr/bin/curl"), File("usr/bin/.wh.curl", 0o644, "")];
    assert!(holds(&[below, again], "curl"));
    let opaque: &[Item] = &[File("usr/bin/.wh..wh..opq", 0o644, "")];
    assert!(!holds(&[below, opaque], "curl"));
    assert!(holds(&[below, opaque, below], "curl"));
    // A whiteout through a link, of a folder, and of a link to a folder.
    assert!(!holds(&[below, &[File("bin/.wh.curl", 0o644, "")]], "curl"));
    assert!(!holds(&[below, &[File(".wh.usr", 0o644, "")]], "curl"));
    assert!(holds(&[below, &[File(".wh.bin", 0o644, "")]], "curl"));
    // A folder in place of a link is a new folder; a file that nobody may run is no program.
    assert!(!holds(
        &[below, &[Directory("bin"), File(".wh.usr", 0o644, "")]],
        "curl"
    ));
    assert!(!holds(&[below, &[File("usr/bin/curl", 0o644, "")]], "curl"));
    // What AUFS left behind is nothing.
    assert!(holds(
        &[
            below,
            &[
                File(".wh..wh.plnk", 0o644, ""),
                File(".wh..wh.aufs", 0o644, "")
            ]
        ],
        "curl"
    ));
    // A hard link to a file of a layer below.
    assert!(holds(
        &[below, &[Hard("usr/bin/fetch", "usr/bin/curl")]],
        "fetch"
    ));
}

#[test]
fn links_are_followed_so_far_and_no_further() {
    let chain = |length: usize| {
        let paths: Vec<String> = (0..=length)
            .map(|index| format!("usr/bin/l{index}"))
            .collect();
        let mut items: Vec<Item> = paths
            .windows(2)
            .map(|pair| Link(&pair[0], pair[1].rsplit('/').next().unwrap()))
            .collect();
        items.push(Program(paths.last().unwrap()));
        of(&items).holds("l0").holds
    };
    assert_eq!(chain(40), Holds::Yes(Flavour::Plain));
    assert_eq!(chain(41), Holds::Unknown);
    let image = of(&[
        Directory("usr/bin"),
        Link("usr/bin/self", "self"),
        Link("usr/bin/ping", "pong"),
        Link("usr/bin/pong", "ping"),
        Link("usr/bin/up", "../../../../../../usr/bin/real"),
        Program("usr/bin/real"),
        Link("usr/bin/nothing", "/opt/nothing"),
        Link("usr/bin/running", "/proc/self/exe"),
        Link("sbin", "sbin"),
    ]);
    let holds = |tool: &str| image.holds(tool).holds;
    assert_eq!(holds("self"), Holds::Unknown);
    assert_eq!(holds("ping"), Holds::Unknown);
    assert_eq!(holds("up"), Holds::Yes(Flavour::Plain));
    assert_eq!(holds("nothing"), Holds::No(Firmness::Firm));
    assert_eq!(holds("running"), Holds::Unknown);
}

#[test]
fn long_names_and_pax_headers_are_read() {
    let long = format!("usr/bin/{}", "x".repeat(180));
    let deep = format!("opt/{}tool", "folder/".repeat(40));
    let image = of(&[
        Program(&long),
        Program(&deep),
        Link("usr/bin/tool", &format!("/{deep}")),
    ]);
    assert!(image.holds(&"x".repeat(180)).is_yes());
    assert!(image.holds("tool").is_yes());
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_pax_extensions([("path", &b"usr/bin/curl"[..]), ("SCHILY.xattr.x", b"y=\n1")])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o755);
    header.set_size(2000);
    tar.append_data(&mut header, "short", &[b'x'; 2000][..])
        .unwrap();
    let layers = vec![tar.into_inner().unwrap()];
    let sum = digest(&layers[0]);
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": [sum]}});
    let image = Made { layers, config };
    assert!(
        seen(&image.docker(Compression::Zstd, &[]))
            .unwrap()
            .image
            .holds("curl")
            .is_yes()
    );
}

#[test]
fn an_index_leads_to_the_wanted_platform() {
    let images: Vec<(&str, Made)> = ["amd64", "arm64"]
        .map(|architecture| {
            let program = format!("usr/bin/for-{architecture}");
            let mut image = made(&[&[Program(&program)]], &json!({}));
            image.config["architecture"] = json!(architecture);
            (architecture, image)
        })
        .into();
    let mut blobs = BTreeMap::new();
    let mut rows = Vec::new();
    for (architecture, image) in &images {
        let (more, manifest) = image.blobs(Compression::Gzip);
        blobs.extend(more);
        rows.push(
            json!({"digest": manifest, "platform": {"os": "linux", "architecture": architecture}}),
        );
    }
    rows.push(
        json!({"digest": "sha256:0", "platform": {"os": "unknown", "architecture": "unknown"}}),
    );
    let inner = json!({"schemaVersion": 2, "manifests": rows})
        .to_string()
        .into_bytes();
    let index = digest(&inner);
    blobs.insert(index.clone(), inner);
    let outer = json!({"manifests": [
        {"digest": index, "annotations": {"io.containerd.image.name": "docker.io/library/x:1"}},
        {"digest": index, "annotations": {"io.containerd.image.name": "docker.io/library/x:latest"}},
    ]});
    let bytes = archive(layout(&blobs, &outer));
    for architecture in ["amd64", "arm64"] {
        let wanted = Wanted {
            platform: Platform::parse(&format!("linux/{architecture}")).unwrap(),
            ..wanted()
        };
        let all = learn::archive(&bytes[..], &wanted).unwrap();
        let [seen] = all.as_slice() else {
            panic!("two names are one image")
        };
        assert_eq!(
            seen.names,
            ["docker.io/library/x:1", "docker.io/library/x:latest"]
        );
        assert_eq!(seen.image.digests.len(), 3);
        assert_eq!(seen.image.digests[0], index);
        assert!(seen.image.holds(&format!("for-{architecture}")).is_yes());
    }
    let wanted = Wanted {
        platform: Platform::parse("linux/s390x").unwrap(),
        ..wanted()
    };
    let failure = learn::archive(&bytes[..], &wanted).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "it has no image for linux/s390x; there are linux/amd64, linux/arm64"
    );
}

#[test]
fn paths_that_lead_out_are_refused() {
    // The `tar` crate itself refuses to write them, so the header is filled in by hand.
    let hand = |path: &str, kind: tar::EntryType, target: &str| {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o755);
        header.set_cksum();
        let layers = vec![[header.as_bytes().as_slice(), &[0; 1024]].concat()];
        let sum = digest(&layers[0]);
        let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": [sum]}});
        let made = Made { layers, config };
        seen(&made.docker(Compression::Plain, &[]))
            .unwrap_err()
            .to_string()
    };
    let said = hand("../../etc/passwd", tar::EntryType::Regular, "");
    assert!(
        said.contains("`../../etc/passwd` in it leads out of the image"),
        "{said}"
    );
    let said = hand("usr/bin/x", tar::EntryType::Link, "../../../etc/shadow");
    assert!(said.contains("leads out of the image"), "{said}");
    let said = refused(&[Hard("usr/bin/x", "usr/bin/missing")]);
    assert!(said.contains("which is no file of the image"), "{said}");
    let said = refused(&[Directory("usr"), Hard("usr/x", "usr")]);
    assert!(said.contains("which is no file of the image"), "{said}");
}

#[test]
fn every_limit_is_a_clear_error() {
    let items: Vec<String> = (0..100).map(|index| format!("usr/bin/{index}")).collect();
    let items: Vec<Item> = items.iter().map(|path| Program(path)).collect();
    let many = made(&[&items], &json!({"Labels": {"x": "y".repeat(5000)}}));
    let zeros = "\0".repeat(3_000_000);
    let bomb = made(&[&[File("zeros", 0o644, &zeros)]], &json!({}));
    for (made, limits, said) in [
        (
            &many,
            Limits {
                entries: 50,
                ..Limits::default()
            },
            "more than 50 files in its layers",
        ),
        (
            &many,
            Limits {
                names: 500,
                ..Limits::default()
            },
            "more than 500 bytes of file names",
        ),
        (
            &many,
            Limits {
                document: 4000,
                ..Limits::default()
            },
            "a manifest or configuration of more than 4000 bytes is not read",
        ),
        (
            &bomb,
            Limits {
                unpacked: 1_000_000,
                ..Limits::default()
            },
            "more than 1000000 bytes after decompression",
        ),
        (
            &bomb,
            Limits {
                small: 1_000_000,
                ..Limits::default()
            },
            "as only a decompression bomb does",
        ),
    ] {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let bytes = made.docker(compression, &[]);
            let wanted = Wanted {
                limits: limits.clone(),
                ..wanted()
            };
            let failure = learn::archive(&bytes[..], &wanted).unwrap_err().to_string();
            assert!(failure.contains(said), "{failure}");
        }
        assert!(seen(&made.docker(Compression::Gzip, &[])).is_ok());
    }
}

#[test]
fn what_was_tampered_with_is_found() {
    let made = debian();
    let name = "docker.io/library/serve:1";
    for compression in COMPRESSIONS {
        let (blobs, _) = made.blobs(compression);
        for key in blobs.keys() {
            let mut files = made.layout(compression, name);
            let path = format!("blobs/{}", key.replace(':', "/"));
            let bytes = files.get_mut(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            let scratch = Scratch::new();
            for (path, bytes) in &files {
                scratch.put(path, bytes);
            }
            assert!(seen(&archive(files)).is_err());
            assert!(learn::layout(&scratch.0, &wanted()).is_err());
        }
    }
    // A configuration of the older form, and a layer that is another than the configuration says.
    let mut other = debian();
    other.layers[1] = layer(&[Program("usr/bin/evil")]);
    let failure = seen(&other.docker(Compression::Plain, &[])).unwrap_err();
    assert!(
        failure
            .to_string()
            .contains("is not what the configuration says"),
        "{failure}"
    );
    let failure = seen(&other.blobs_in(Compression::Gzip, name)).unwrap_err();
    assert!(
        failure
            .to_string()
            .contains("is not what the configuration says"),
        "{failure}"
    );
    other.layers.pop();
    let failure = seen(&other.docker(Compression::Plain, &[])).unwrap_err();
    assert!(
        failure
            .to_string()
            .contains("speaks of 2 layers and the manifest of 1"),
        "{failure}"
    );
}

impl Made {
    fn blobs_in(&self, compression: Compression, name: &str) -> Vec<u8> {
        archive(self.layout(compression, name))
    }
}

#[test]
fn no_prefix_and_no_changed_byte_makes_it_panic() {
    let made = made(
        &[&[Program("usr/bin/curl"), Link("bin", "usr/bin")]],
        &json!({"Cmd": ["x"]}),
    );
    for compression in COMPRESSIONS {
        for bytes in [
            made.docker(compression, &["x:1"]),
            made.blobs_in(compression, "x:1"),
        ] {
            for end in (0..bytes.len()).step_by(61) {
                let prefix = seen(&bytes[..end]);
                // Only the zeros at the end say nothing.
                assert!(prefix.is_err() || bytes[end..].iter().all(|byte| *byte == 0));
            }
            for at in (0..bytes.len()).step_by(37) {
                let mut changed = bytes.clone();
                changed[at] = changed[at].wrapping_add(0x41);
                let _ = seen(&changed);
            }
        }
    }
}

#[test]
fn what_is_no_image_says_so() {
    let said = |bytes: &[u8]| seen(bytes).unwrap_err().to_string();
    assert!(said(b"").contains("neither `index.json` nor `manifest.json`"));
    assert!(said(&layer(&[Program("bin/x")])).contains("neither `index.json` nor `manifest.json`"));
    assert!(said(&[b'x'; 2000]).contains("this is no tar archive"));
    assert!(said(b"BZh91AY").contains("bzip2"));
    let mut windows = debian();
    windows.config["os"] = json!("windows");
    assert!(said(&windows.docker(Compression::Plain, &[])).contains("only Linux images"));
    let scratch = Scratch::new();
    let failure = learn::layout(Path::new(&scratch.0), &wanted()).unwrap_err();
    assert!(failure.to_string().contains("it has no `index.json`"));
}

/// What a command said, and its exit status.
fn healthlint(folder: &Scratch, words: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_healthlint"))
        .args(words)
        .current_dir(&folder.0)
        .env("PATH", folder.0.join("bin"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().unwrap(),
    )
}

const COMPOSE: &str = "\
services:
  web:
    image: example.com/serve:1
    healthcheck:
      test: [CMD, curl, -fsS, -m, '3', 'http://127.0.0.1:80/']
      interval: 30s
      timeout: 5s
      start_period: 10s
      retries: 3
";

#[test]
fn a_taught_image_is_checked_offline() {
    let folder = Scratch::new();
    folder.put("compose.yaml", COMPOSE.as_bytes());
    folder.put(
        "image.tar",
        &debian().docker(Compression::Zstd, &["example.com/serve:1"]),
    );
    let check = ["check", "--select", "missing-tool"];
    assert_eq!(healthlint(&folder, &check).2, 0, "nothing is known yet");
    let (unknown, _, _) = healthlint(&folder, &["image", "example.com/serve:1"]);
    assert!(
        unknown.contains("`healthlint image learn example.com/serve:1` asks the image itself"),
        "{unknown}"
    );

    let (said, error, status) = healthlint(&folder, &["image", "learn", "image.tar"]);
    assert_eq!((status, error.as_str()), (0, ""), "{said}");
    assert!(
        said.starts_with("example.com/serve:1: 11 programs, debian 12, linux/amd64, sha256:"),
        "{said}"
    );
    assert!(
        said.ends_with("\nwritten to healthlint.images.toml\n"),
        "{said}"
    );
    let facts = fs::read_to_string(folder.0.join("healthlint.images.toml")).unwrap();
    assert_eq!(Learned::parse(&facts).unwrap().render(), facts);
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(left.len(), 3, "one file was written and nothing else");

    let (said, error, status) = healthlint(&folder, &check);
    assert_eq!(status, 1, "{said}{error}");
    assert!(
        said.contains("`curl`") && said.contains("learned from sha256:"),
        "{said}"
    );
    let (shown, _, _) = healthlint(&folder, &["image", "example.com/serve:1"]);
    for line in [
        "  system      debian 12\n",
        "  user        www-data\n",
        "  ports       80, 8443\n",
    ] {
        assert!(shown.contains(line), "{shown}");
    }

    // The same again changes nothing; a newer build is compared, and only `learn` takes it over.
    assert_eq!(healthlint(&folder, &["image", "check", "image.tar"]).2, 0);
    let (said, _, _) = healthlint(&folder, &["image", "learn", "image.tar"]);
    assert!(
        said.ends_with("\nhealthlint.images.toml says so already\n"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(folder.0.join("healthlint.images.toml")).unwrap(),
        facts
    );
    let newer = made(&[&[Program("usr/bin/curl")]], &json!({}));
    folder.put(
        "image.tar",
        &newer.docker(Compression::Plain, &["example.com/serve:1"]),
    );
    let (said, _, status) = healthlint(&folder, &["image", "check", "image.tar"]);
    assert_eq!(status, 1, "{said}");
    for line in [
        "example.com/serve:1: `wget` was there when it was learned, and is gone\n",
        "example.com/serve:1: new since it was learned: curl\n",
        "example.com/serve:1: its user was `www-data` and is nothing\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(
        fs::read_to_string(folder.0.join("healthlint.images.toml")).unwrap(),
        facts
    );
}

#[test]
fn a_configured_mirror_serves_what_others_publish() {
    let folder = Scratch::new();
    folder.put(
        "compose.yaml",
        b"services:
  db:
    image: hub.example.com:5000/cache/library/postgres:17
    healthcheck:
      test: [CMD, curl, -f, 'http://127.0.0.1/']
",
    );
    let check = ["check", "--select", "missing-tool", "--format", "concise"];
    let (said, _, status) = healthlint(&folder, &check);
    assert_eq!(
        (said.as_str(), status),
        ("", 0),
        "nobody knows that registry"
    );

    folder.put(
        "healthlint.toml",
        b"[mirrors]\n\"hub.example.com:5000/cache\" = \"docker.io\"\n",
    );
    let (said, _, status) = healthlint(&folder, &check);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("cache/library/postgres:17 has no `curl`"),
        "{said}"
    );
    let (shown, _, _) = healthlint(
        &folder,
        &["image", "hub.example.com:5000/cache/library/postgres:17"],
    );
    assert!(shown.contains("pg_isready"), "{shown}");

    // What was learned under the published name holds for the mirror too.
    let made = made(&[&[Program("usr/bin/curl")]], &json!({}));
    folder.put(
        "image.tar",
        &made.docker(Compression::Plain, &["postgres:17"]),
    );
    assert_eq!(healthlint(&folder, &["image", "learn", "image.tar"]).2, 0);
    assert_eq!(healthlint(&folder, &check).2, 0);
}

#[test]
fn what_is_known_comes_with_its_gaps() {
    let folder = Scratch::new();
    let digest = format!("sha256:{}", "ab".repeat(32));
    let pinned = format!("postgres@{digest}");
    for (name, lines) in [
        (
            "mirror.gcr.io/library/redis:7",
            &[
                "mirror.gcr.io/library/redis:7\n  the same as redis:7\n",
                "  from        the facts of healthlint, 2026-08\n",
            ][..],
        ),
        (
            "postgres",
            &[
                "postgres:latest\n  from ",
                "  gaps        the tag moves: pulled earlier, it may be 17",
                "it may hold more: dependencies of third-party packages",
                "`healthlint image learn postgres:latest` asks the image itself\n",
            ],
        ),
        (
            &pinned,
            &[
                &format!("{pinned}\n"),
                "it may be any postgres: this is what all that were looked at",
                " more\n",
                &format!("`healthlint image learn {pinned}` asks the image itself\n"),
            ],
        ),
        (
            "postgres:latestt",
            &["  gaps        nobody saw such a tag: "],
        ),
        (
            "postgres:17.2",
            &["  tags seen   16.2.x to 16.x\n              17.3.x\n"],
        ),
        (
            "cgr.dev/chainguard/minio",
            &["  gaps        only what published health checks run in it is known\n"],
        ),
        (
            "nobody/knows:1",
            &["  unknown     nothing is known about this image\n"],
        ),
    ] {
        let (shown, error, status) = healthlint(&folder, &["image", name]);
        assert_eq!((error.as_str(), status), ("", 0), "{name}");
        for line in lines {
            assert!(shown.contains(line), "{name}: {line}\n{shown}");
        }
        for line in shown.lines() {
            let copied = line.contains("probe with") || line.contains('`') || line == name;
            assert!(line.len() <= 80 || copied, "{name}: {line}");
        }
    }
}

#[test]
fn what_cannot_be_learned_leaves_the_file_alone() {
    let folder = Scratch::new();
    folder.put(
        "cut.tar",
        &debian().docker(Compression::Gzip, &["x:1"])[..1500],
    );
    folder.put("nameless.tar", &debian().docker(Compression::Gzip, &[]));
    folder.put("note.txt", b"hello\n");
    for (words, message) in [
        (&["image", "learn", "cut.tar"][..], "cut.tar: "),
        (&["image", "learn", "nameless.tar"], "`--as NAME:TAG` does"),
        (&["image", "learn", "No/Image"], "it is no image name"),
        (&["image", "learn"], "name an image, an archive or a folder"),
        (
            &["image", "learn", "--platform", "linux", "cut.tar"],
            "is no platform",
        ),
        (&["image", "check"], "there are no learned images"),
        (
            &["image", "NO"],
            "`NO` is no image name: the names of images are lower-case",
        ),
        (&["image", "app:${TAG:-1}"], "in place of the variable"),
        (&["image", "docker://app"], "as behind `image:` or `FROM`"),
        (&["image", "app 1"], "it holds a blank"),
        (&["image", ""], "it is empty"),
        (&["image", "app@sha256:12"], "`sha256:` and 64 digits"),
        (&["image", "app:"], "one looks like `postgres:17`"),
        (&["image", "learn", "gone.tar"], "there is no such file"),
        (&["image", "learn", "note.txt"], "this is no tar archive"),
    ] {
        let (said, error, status) = healthlint(&folder, words);
        assert!(
            error.contains(message) && said.is_empty(),
            "{words:?}: {said}{error}"
        );
        assert_eq!(status, 2);
    }
    assert!(!folder.0.join("healthlint.images.toml").exists());
    let (_, _, status) = healthlint(&folder, &["image", "learn", "--as", "x:1", "nameless.tar"]);
    assert_eq!(status, 0);
    folder.put("healthlint.images.toml", b"[[image]]\nname = 1\n");
    let (_, error, status) =
        healthlint(&folder, &["image", "learn", "--as", "x:1", "nameless.tar"]);
    assert!(error.contains("healthlint.images.toml:2:8"), "{error}");
    assert_eq!(status, 2);
    assert_eq!(
        fs::read(folder.0.join("healthlint.images.toml")).unwrap(),
        b"[[image]]\nname = 1\n"
    );
}

#[cfg(unix)]
#[test]
fn a_local_engine_is_asked_for_every_image_of_the_project() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Scratch::new();
    let compose = COMPOSE.to_owned()
        + "  db:\n    image: example.com/gone:1\n  built:\n    build: .\n  open:\n    image: example.com/x:${TAG}\n";
    folder.put("compose.yaml", compose.as_bytes());
    folder.put(
        "Dockerfile",
        b"FROM example.com/base:2 AS one\nFROM scratch\nCOPY --from=one /x /x\n",
    );
    folder.put(
        "image.tar",
        &debian().docker(Compression::Gzip, &["another/name:1"]),
    );
    // An engine in a few words: it has two images, says so at length, and remembers a digest.
    let pinned = format!("sha256:{}", "12".repeat(32));
    let engine = format!(
        "#!/bin/sh\nfor name; do :; done\ncase \"$2 $name\" in\n\
         *gone*) echo \"Error: no such image\" >&2; exit 1;;\n\
         save*) /bin/cat image.tar; exec /usr/bin/yes complaint 2>/dev/null | /usr/bin/head -c 200000 >&2;;\n\
         inspect*) echo \"$name@{pinned}\";;\nesac\n"
    );
    folder.put("bin/docker", engine.as_bytes());
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.0.join("bin/docker"), mode).unwrap();
    let (said, error, status) = healthlint(&folder, &["image", "learn", "--all", "."]);
    assert_eq!(status, 2, "{said}{error}");
    assert!(
        error.contains("left out: example.com/x:${TAG} depends on a variable"),
        "{error}"
    );
    assert!(
        error.contains(
            "example.com/gone:1: `docker image save` gave no image: Error: no such image; `docker pull example.com/gone:1` fetches it"
        ),
        "{error}"
    );
    let facts = fs::read_to_string(folder.0.join("healthlint.images.toml")).unwrap();
    let learned = Learned::parse(&facts).unwrap();
    let names: Vec<&String> = learned.images.keys().collect();
    assert_eq!(names, ["example.com/base:2", "example.com/serve:1"]);
    assert_eq!(learned.images["example.com/base:2"].digests[0], pinned);
    let reference = Reference::parse(&format!("example.com/serve@{pinned}")).unwrap();
    assert!(learned.find(&reference).is_some());
}
