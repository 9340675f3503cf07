//! From the name of a published image, in any spelling, to what it holds.

use super::images;
use super::inventory::Inventory;
use super::mirrors;
use super::published::{of_any_tag, published, short};
use super::recipes;
use super::servers;

/// What a published image holds: its repository in any spelling (`postgres`, `library/postgres`,
/// `mirror.gcr.io/library/postgres`), its tag, its digest.
pub fn inventory_of_image(repository: &str, tag: Option<&str>, digest: Option<&str>) -> Inventory {
    let name = canonical(repository);
    let mut shown = short(&name).to_owned();
    match (tag, digest) {
        (Some(tag), _) => shown = format!("{shown}:{tag}"),
        (None, Some(_)) => {}
        (None, None) => shown.push_str(":latest"),
    }
    if name == "scratch" {
        return Inventory::scratch();
    }
    if is_windows(&name, tag) {
        let mut inventory = Inventory::unknown(shown, "nothing is known about Windows images");
        inventory.windows = true;
        return inventory;
    }
    let recipe = recipes::recipe(&name, tag);
    let server = servers::server(&name, tag);
    let Some(image) = images::image(&name) else {
        let reason = format!("nothing is known about {shown}");
        let mut inventory = Inventory::unknown(shown, reason);
        inventory.recipe = recipe;
        inventory.server = server;
        return inventory;
    };
    let found = published(image, shown.clone(), tag, digest);
    let mut inventory = Inventory::of_published(found).named(shown);
    inventory.recipe = recipe;
    if tag.is_some_and(|tag| tag.split('-').any(|word| word == "nonroot")) {
        inventory.user = Some("nonroot".to_owned());
    }
    inventory.server = server;
    inventory
}

/// What a published image holds whose tag nobody knows: what all its tags hold.
pub fn inventory_of_repository(repository: &str) -> Inventory {
    let name = canonical(repository);
    let shown = short(&name).to_owned();
    match images::image(&name) {
        Some(image) => Inventory::of_published(of_any_tag(image, shown.clone())).named(shown),
        None => Inventory::unknown(shown.clone(), format!("nothing is known about {shown}")),
    }
}

/// A repository's full name: with its host, with `library/` where Docker Hub adds it, and through the mirrors
/// that serve what others publish.
pub fn canonical(repository: &str) -> String {
    let name = repository.to_ascii_lowercase();
    if let Some(published) = mirrors::published_as(&name) {
        return canonical(&published);
    }
    let name = name.strip_prefix("docker.io/").unwrap_or(&name);
    match name.split_once('/') {
        None if name == "scratch" => name.to_owned(),
        Some(("library", rest)) => format!("docker.io/library/{rest}"),
        None => format!("docker.io/library/{name}"),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
    }
}

fn is_windows(repository: &str, tag: Option<&str>) -> bool {
    // What .NET Framework needs is Windows, whatever the tag says.
    [
        "mcr.microsoft.com/windows/",
        "mcr.microsoft.com/dotnet/framework/",
    ]
    .iter()
    .any(|start| repository.starts_with(start))
        || ["nanoserver", "windowsservercore"]
            .iter()
            .any(|word| repository.contains(word))
        || tag.is_some_and(|tag| {
            ["nanoserver", "windowsservercore", "windows", "ltsc20"]
                .iter()
                .any(|word| tag.contains(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Firmness, Flavour, Holds};

    fn holds(image: &str, tag: Option<&str>, tool: &str) -> Holds {
        inventory_of_image(image, tag, None).has(tool).holds
    }

    #[test]
    fn a_tag_leads_to_the_tools_of_its_family() {
        assert_eq!(
            holds("postgres", Some("17"), "pg_isready"),
            Holds::Yes(Flavour::Plain)
        );
        assert_eq!(
            holds("postgres", Some("17"), "curl"),
            Holds::No(Firmness::Firm)
        );
        assert_eq!(
            holds("docker.io/library/postgres", Some("17-alpine3.23"), "wget"),
            Holds::Yes(Flavour::Busybox)
        );
        assert_eq!(
            holds("mirror.gcr.io/library/alpine", Some("latest"), "curl"),
            Holds::No(Firmness::Firm)
        );
        assert_eq!(holds("alpine", None, "/bin/sh"), Holds::Yes(Flavour::Ash));
        assert_eq!(holds("nobody/knows", None, "curl"), Holds::Unknown);
        assert_eq!(
            holds("postgres", Some("17-nanoserver"), "curl"),
            Holds::Unknown
        );
        let nonroot = |tag| inventory_of_image("gcr.io/distroless/static", Some(tag), None);
        assert!(nonroot("nonroot").has("curl").is_no());
        assert!(nonroot("debug-nonroot").has("wget").is_yes());
        assert_eq!(nonroot("nonroot").user.as_deref(), Some("nonroot"));
        assert_eq!(holds("scratch", None, "sh"), Holds::No(Firmness::Firm));
    }

    #[test]
    fn a_tag_that_names_a_release_is_not_taken_for_another() {
        let image = |tag: &str| inventory_of_image("postgres", Some(tag), None);
        let release = |tag: &str| image(tag).release;
        assert_eq!(release("17-alpine").as_deref(), Some("3.23"));
        // An older 17 stood on that.
        assert_eq!(release("17-alpine3.21").as_deref(), Some("3.21"));
        assert!(image("17-alpine3.21").has("curl").is_no());
        // Nobody saw a 17.9 on it: what the nearest lacks may be there.
        assert_eq!(release("17.9-alpine3.20"), None);
        let curl = image("17.9-alpine3.20").has("curl");
        assert_eq!(curl.holds, Holds::No(Firmness::Soft));
        let said = "the nearest postgres that was looked at has no `curl` (as of 2026-08)";
        assert_eq!(curl.why[0].text, said);
        assert_eq!(release("17-bookworm").as_deref(), Some("12"));
    }

    #[test]
    fn what_is_newer_than_all_that_was_seen_is_not_what_latest_was_then() {
        let holds = |tag| {
            inventory_of_image("node", Some(tag), None)
                .has("curl")
                .holds
        };
        assert_eq!(holds("26-alpine"), Holds::No(Firmness::Firm));
        assert_eq!(holds("99-alpine"), Holds::No(Firmness::Soft));
        assert_eq!(holds("alpine"), Holds::No(Firmness::Firm));
        // Of a tag that nobody saw, the others do not tell which release it stands on.
        let old = inventory_of_image("golang", Some("1.22-alpine"), None);
        assert_eq!((old.distro.as_deref(), old.release), (Some("alpine"), None));
    }

    #[test]
    fn an_entrypoint_script_that_execs_leads_to_the_command() {
        let postgres = inventory_of_image("postgres", Some("17"), None);
        assert_eq!(postgres.reaps(None, None), Some(true));
        assert!(
            postgres
                .first_program(None, None)
                .is_some_and(|program| program.reacts.is_some())
        );
        let words = |text: &str| vec![text.to_owned()];
        assert_eq!(postgres.reaps(None, Some(&words("sleep"))), Some(false));
        assert_eq!(postgres.reaps(Some(&words("/start.sh")), None), None);
    }

    #[test]
    fn every_spelling_of_a_repository_is_one() {
        for name in [
            "postgres",
            "library/postgres",
            "docker.io/postgres",
            "docker.io/library/postgres",
            "index.docker.io/postgres",
            "index.docker.io/library/postgres",
            "registry-1.docker.io/library/postgres",
            "mirror.gcr.io/library/postgres",
            "public.ecr.aws/docker/library/postgres",
            "docker.m.daocloud.io/library/postgres",
            "m.daocloud.io/docker.io/library/postgres",
        ] {
            assert_eq!(canonical(name), "docker.io/library/postgres", "{name}");
        }
        for (name, full) in [
            ("grafana/loki", "docker.io/grafana/loki"),
            ("mirror.gcr.io/grafana/loki", "docker.io/grafana/loki"),
            // Only Docker's own hosts take a bare name for one of `library/`.
            ("mirror.gcr.io/postgres", "mirror.gcr.io/postgres"),
            ("quay.io/minio/minio", "docker.io/minio/minio"),
            ("quay.m.daocloud.io/minio/mc", "docker.io/minio/mc"),
            ("quay.io/minioss/minio", "quay.io/minioss/minio"),
            ("public.ecr.aws/nginx/nginx", "public.ecr.aws/nginx/nginx"),
            ("ghcr.io/a/b", "ghcr.io/a/b"),
            ("localhost/app", "localhost/app"),
            ("localhost:5000/a", "localhost:5000/a"),
        ] {
            assert_eq!(canonical(name), full, "{name}");
        }
    }
}
