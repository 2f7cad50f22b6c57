//! What a layout promises, on real folders.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Layout;
use super::disk::LOCK_FILE;
use crate::error::Error;
use crate::lookup::{Lookup, Manifest};
use crate::reference::{Digest, Tag};
use crate::registry::Name;

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

fn folder() -> (TempDir, PathBuf) {
    let temp = TempDir::new().unwrap();
    let dir = temp.path().join("images");
    (temp, dir)
}

/// An image whose only layer is `content`, its blobs in the layout.
fn image(layout: &Layout, content: &str) -> Manifest {
    let (config, layer) = (Digest::of(b"{}"), Digest::of(content.as_bytes()));
    layout.write_blob(&config, Some(2), &mut &b"{}"[..]).unwrap();
    layout.write_blob(&layer, None, &mut content.as_bytes()).unwrap();
    manifest(&json!({
        "schemaVersion": 2,
        "config": { "digest": config.as_str(), "size": 2 },
        "layers": [{ "digest": layer.as_str(), "size": content.len() }],
    }))
}

fn manifest(value: &Value) -> Manifest {
    let bytes = value.to_string().into_bytes();
    Manifest { digest: Digest::of(&bytes), media_type: MANIFEST_TYPE.to_owned(), bytes }
}

fn blob_path(dir: &Path, digest: &Digest) -> PathBuf {
    dir.join("blobs/sha256").join(digest.parts().1)
}

fn read_index(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("index.json")).unwrap()).unwrap()
}

fn write_index(dir: &Path, index: &Value) {
    fs::write(dir.join("index.json"), index.to_string()).unwrap();
}

/// The digest that a tag is at, as text; `missing`, or `unknown: ` and the error with its hints.
fn at(layout: &Layout, name: &str) -> String {
    match layout.head(Name::Tag(&tag(name))) {
        Lookup::Found(found) => found.digest.to_string(),
        Lookup::Missing => "missing".to_owned(),
        Lookup::Unknown(error) => format!("unknown: {}", whole(&error)),
    }
}

fn whole(error: &Error) -> String {
    format!("{error}; {}", error.hints().join("; "))
}

#[track_caller]
fn assert_unknown(layout: &Layout, name: &str, parts: &[&str]) {
    let answer = at(layout, name);
    assert!(answer.starts_with("unknown: "), "{answer}");
    for part in parts {
        assert!(answer.contains(part), "{part:?} in {answer}");
    }
}

#[test]
fn a_missing_or_empty_folder_is_an_empty_layout_and_stays_untouched() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let digest = Digest::of(b"x");
    for _ in 0..2 {
        assert_eq!(at(&layout, "1"), "missing");
        assert!(matches!(layout.manifest(Name::Digest(&digest)), Lookup::Missing));
        assert!(matches!(layout.blob(&digest), Lookup::Missing));
        assert!(!layout.has_blob(&digest).unwrap());
        assert!(layout.read_blob(&digest).is_err());
        assert_eq!(layout.tags().unwrap(), []);
        if dir.exists() {
            assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        } else {
            fs::create_dir(&dir).unwrap();
        }
    }
}

#[test]
fn what_is_put_is_found_by_tag_and_by_digest() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "layer");
    assert!(layout.put(&tag("1"), &image).unwrap().is_done());
    let found = layout.manifest(Name::Tag(&tag("1")));
    assert_eq!(found.found(), Some(&image));
    assert_eq!(layout.manifest(Name::Digest(&image.digest)).found(), Some(&image));
    let head = layout.head(Name::Digest(&image.digest));
    assert_eq!(head.found().unwrap().size, image.bytes.len() as u64);
    let layer = Digest::of(b"layer");
    assert_eq!(layout.blob(&layer).found().unwrap(), b"layer");
    assert_eq!(std::io::read_to_string(layout.read_blob(&layer).unwrap()).unwrap(), "layer");
    // A layer is no manifest, as in a registry.
    assert!(matches!(layout.manifest(Name::Digest(&layer)), Lookup::Missing));
    assert_eq!(fs::read_to_string(dir.join("oci-layout")).unwrap(), r#"{"imageLayoutVersion":"1.0.0"}"#);
    assert_eq!(
        read_index(&dir),
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{
                "mediaType": MANIFEST_TYPE,
                "digest": image.digest.as_str(),
                "size": image.bytes.len(),
                "annotations": { "org.opencontainers.image.ref.name": "1" },
            }],
        })
    );
}

#[test]
fn a_put_at_the_same_digest_writes_nothing() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put(&tag("1"), &image).unwrap();
    let before = fs::read_dir(&dir).unwrap().count();
    fs::remove_file(dir.join(LOCK_FILE)).unwrap();
    layout.put(&tag("1"), &image).unwrap();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), before - 1, "not even the lock is taken");
}

#[test]
fn a_moved_tag_leaves_its_old_image_listed_without_a_name() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let (old, new) = (image(&layout, "old"), image(&layout, "new"));
    layout.put(&tag("1"), &old).unwrap();
    layout.put(&tag("1"), &new).unwrap();
    assert_eq!(at(&layout, "1"), new.digest.as_str());
    assert_eq!(layout.manifest(Name::Digest(&old.digest)).found(), Some(&old));
    let listed = read_index(&dir);
    assert_eq!(listed["manifests"][0]["digest"], old.digest.as_str());
    assert_eq!(listed["manifests"][0].get("annotations"), None);
    // Back again: the nameless entry gets the name, and nothing piles up.
    layout.put(&tag("1"), &old).unwrap();
    layout.put(&tag("2"), &old).unwrap();
    layout.put(&tag("2"), &new).unwrap();
    let tags: Vec<String> = layout.tags().unwrap().iter().map(|(tag, _)| tag.to_string()).collect();
    assert_eq!(tags, ["1", "2"]);
    assert_eq!(read_index(&dir)["manifests"].as_array().unwrap().len(), 2);
}

#[test]
fn what_others_wrote_survives_a_write() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put_manifest(&image).unwrap();
    let foreign = json!({
        "mediaType": "application/xml", "size": 7, "digest": "blake3:00", "data": "e30=",
        "annotations": { "org.example.kept": "yes" },
    });
    let ours = json!({
        "mediaType": MANIFEST_TYPE, "size": image.bytes.len(), "digest": image.digest.as_str(),
        "platform": { "os": "linux", "architecture": "arm64" }, "artifactType": "application/x",
        "annotations": {
            "org.opencontainers.image.ref.name": "1",
            "io.containerd.image.name": "example.org/app:1",
            "org.opencontainers.image.created": "2024-01-01T00:00:00Z",
        },
    });
    write_index(
        &dir,
        &json!({
            "schemaVersion": 2, "artifactType": "application/y", "annotations": { "a": "b" },
            "manifests": [foreign, ours],
        }),
    );
    layout.put(&tag("2"), &image).unwrap();
    let mut second = ours.clone();
    second["annotations"] = json!({
        "org.opencontainers.image.created": "2024-01-01T00:00:00Z",
        "org.opencontainers.image.ref.name": "2",
    });
    assert_eq!(
        read_index(&dir),
        json!({
            "schemaVersion": 2, "artifactType": "application/y", "annotations": { "a": "b" },
            "manifests": [foreign, ours, second],
        })
    );
}

#[test]
fn tags_are_read_as_others_write_them() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put_manifest(&image).unwrap();
    let names =
        ["bare", "app:short", "localhost:5000/org/app:whole", "pinned@sha256:00", "localhost:5000/none"];
    let entries: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "digest": image.digest.as_str(),
                "annotations": { "org.opencontainers.image.ref.name": name },
            })
        })
        .collect();
    write_index(&dir, &json!({ "schemaVersion": 2, "manifests": entries }));
    let tags: Vec<String> = layout.tags().unwrap().iter().map(|(tag, _)| tag.to_string()).collect();
    assert_eq!(tags, ["bare", "short", "whole", "pinned"]);
    // Without a media type in the entry or in the manifest, its fields tell.
    let found = layout.manifest(Name::Tag(&tag("whole")));
    assert_eq!(found.found().unwrap().media_type, MANIFEST_TYPE);
}

#[test]
fn a_tag_listed_twice_is_known_only_if_both_agree() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let (one, two) = (image(&layout, "one"), image(&layout, "two"));
    layout.put_manifest(&one).unwrap();
    layout.put_manifest(&two).unwrap();
    let entry = |image: &Manifest, name: &str| {
        json!({
            "digest": image.digest.as_str(), "mediaType": MANIFEST_TYPE, "size": 1,
            "annotations": { "org.opencontainers.image.ref.name": name },
        })
    };
    let both = json!([entry(&one, "same"), entry(&one, "app:same"), entry(&one, "1"), entry(&two, "app:1")]);
    write_index(&dir, &json!({ "schemaVersion": 2, "manifests": both }));
    assert_eq!(at(&layout, "same"), one.digest.as_str());
    assert_unknown(
        &layout,
        "1",
        &["different images", one.digest.as_str(), two.digest.as_str(), "index.json"],
    );
    assert!(layout.tags().is_err());
    assert!(layout.put(&tag("1"), &one).is_err());
}

#[test]
fn folders_that_hold_the_layouts_of_images_are_empty_layouts() {
    let (_temp, dir) = folder();
    for name in ["base", "group/app"] {
        let layout = Layout::open(&dir.join(name));
        let image = image(&layout, name);
        layout.put(&tag("1"), &image).unwrap();
    }
    let layout = Layout::open(&dir);
    assert_eq!(at(&layout, "1"), "missing");
    let own = image(&layout, "own");
    layout.put(&tag("1"), &own).unwrap();
    assert_eq!(at(&layout, "1"), own.digest.as_str());
    assert_ne!(at(&Layout::open(&dir.join("base")), "1"), own.digest.as_str());
}

#[test]
fn the_blobs_of_a_first_write_that_was_interrupted_are_an_empty_layout() {
    let (_temp, dir) = folder();
    fs::create_dir_all(dir.join("blobs/sha256")).unwrap();
    fs::create_dir_all(dir.join("ingest")).unwrap();
    fs::write(dir.join("blobs/sha256/00"), "x").unwrap();
    assert_eq!(at(&Layout::open(&dir), "1"), "missing");
}

#[test]
fn folders_that_are_something_else_are_unknown_and_never_written_to() {
    let (_temp, dir) = folder();
    fs::create_dir_all(dir.join("src")).unwrap();
    let layout = Layout::open(&dir);
    fs::write(dir.join("src/main.rs"), "").unwrap();
    assert_unknown(&layout, "1", &["not an image layout", "src"]);
    assert!(layout.write_blob(&Digest::of(b"x"), None, &mut &b"x"[..]).is_err());
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);

    fs::write(dir.join("index.json"), r#"{"manifests":[]}"#).unwrap();
    assert_unknown(&layout, "1", &["no file oci-layout", "index.json"]);

    assert_unknown(&Layout::open(&dir.join("src/main.rs")), "1", &["main.rs", "name a folder"]);
}

#[test]
fn damaged_files_are_unknown() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put(&tag("1"), &image).unwrap();
    let good = fs::read(dir.join("index.json")).unwrap();
    for (bad, part) in [
        ("", "not the JSON"),
        ("[]", "not the JSON"),
        (r#"{"schemaVersion":2}"#, "list of manifests is missing"),
        (r#"{"schemaVersion":3,"manifests":[]}"#, "schemaVersion"),
        (r#"{"manifests":["x"]}"#, "no object"),
        (r#"{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":1}}]}"#, "no text"),
    ] {
        fs::write(dir.join("index.json"), bad).unwrap();
        assert_unknown(&layout, "1", &[part, "index.json", "restore"]);
        assert!(layout.put(&tag("2"), &image).is_err());
    }
    fs::remove_file(dir.join("index.json")).unwrap();
    assert_unknown(&layout, "1", &["no list of its images"]);
    fs::write(dir.join("index.json"), good).unwrap();

    for bad in [r#"{"imageLayoutVersion":"2.0.0"}"#, "{}", "nonsense"] {
        fs::write(dir.join("oci-layout"), bad).unwrap();
        assert_unknown(&layout, "1", &["oci-layout"]);
    }
}

#[test]
fn damaged_manifests_are_never_found_and_a_put_repairs_them() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put(&tag("1"), &image).unwrap();
    let path = blob_path(&dir, &image.digest);
    fs::write(&path, "other bytes").unwrap();
    assert_unknown(&layout, "1", &["damaged", image.digest.parts().1]);
    fs::remove_file(&path).unwrap();
    assert_unknown(&layout, "1", &["damaged", "missing", image.digest.parts().1]);
    assert!(matches!(layout.head(Name::Digest(&image.digest)), Lookup::Unknown(_)));
    layout.put(&tag("1"), &image).unwrap();
    assert_eq!(at(&layout, "1"), image.digest.as_str());
}

#[test]
fn a_tag_at_something_else_than_a_manifest_is_unknown() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let digest = Digest::of(b"<xml/>");
    layout.write_blob(&digest, None, &mut &b"<xml/>"[..]).unwrap();
    let entry = json!({
        "digest": digest.as_str(), "mediaType": "application/xml",
        "annotations": { "org.opencontainers.image.ref.name": "1" },
    });
    write_index(&dir, &json!({ "schemaVersion": 2, "manifests": [entry] }));
    assert_unknown(&layout, "1", &["no image manifest"]);
    assert!(matches!(layout.head(Name::Digest(&digest)), Lookup::Missing));
}

#[test]
fn a_manifest_without_its_blobs_is_refused() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let child = image(&layout, "a");
    let index = manifest(&json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{ "digest": child.digest.as_str(), "size": child.bytes.len() }],
    }));
    let error = layout.put(&tag("1"), &index).unwrap_err();
    assert!(whole(&error).contains("not in the layout"), "{}", whole(&error));
    assert_eq!(at(&layout, "1"), "missing");
    layout.put_manifest(&child).unwrap();
    layout.put(&tag("1"), &index).unwrap();

    fs::remove_file(blob_path(&dir, &Digest::of(b"a"))).unwrap();
    assert!(layout.put_manifest(&child).is_err());
    let elsewhere = manifest(&json!({
        "schemaVersion": 2, "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "digest": Digest::of(b"elsewhere").as_str(),
        }],
    }));
    layout.put_manifest(&elsewhere).unwrap();
    let wrong = Manifest { digest: child.digest.clone(), ..elsewhere };
    assert!(layout.put(&tag("2"), &wrong).is_err(), "bytes of another digest");
}

#[test]
fn blobs_are_checked_on_the_way_and_leave_nothing_behind() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let digest = Digest::of(b"content");
    for (size, bytes, part) in [
        (None, "Content", "other content"),
        (Some(7), "content and more", "more than its 7 bytes"),
        (Some(7), "cont", "4 bytes of 7"),
    ] {
        let error = layout.write_blob(&digest, size, &mut bytes.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(!layout.has_blob(&digest).unwrap());
    }
    layout.write_blob(&digest, Some(7), &mut &b"content"[..]).unwrap();
    assert!(layout.has_blob(&digest).unwrap());
    let mut names: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["blobs", "index.json", LOCK_FILE, "oci-layout"]);

    let long = Digest::new(format!("sha512:{}", "0".repeat(128))).unwrap();
    assert!(layout.write_blob(&long, None, &mut &b"content"[..]).is_err());
    fs::write(blob_path(&dir, &digest), "cut").unwrap();
    layout.write_blob(&digest, Some(7), &mut &b"content"[..]).unwrap();
    assert_eq!(layout.blob(&digest).found().unwrap(), b"content", "a cut blob is written again");
}

#[test]
fn the_next_write_removes_what_a_killed_one_left_and_no_more() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    let left = dir.join(".imgplan-left.tmp");
    fs::write(&left, "half").unwrap();
    let running = super::disk::temp(&dir).unwrap();
    layout.put(&tag("1"), &image).unwrap();
    assert!(!left.exists());
    assert!(running.path().exists());
}

#[test]
fn a_lock_that_is_never_released_is_an_error_that_names_it() {
    let (_temp, dir) = folder();
    let layout = Layout { wait: Duration::from_millis(50), ..Layout::open(&dir) };
    let image = image(&layout, "a");
    let held = super::disk::lock(&dir, Duration::ZERO).unwrap();
    let error = layout.put(&tag("1"), &image).unwrap_err();
    assert!(whole(&error).contains(LOCK_FILE), "{}", whole(&error));
    assert_eq!(at(&layout, "1"), "missing", "reading needs no lock");
    drop(held);
    layout.put(&tag("1"), &image).unwrap();
}

/// Locks belong to an open file, not to a process, so threads exclude each other as processes do.
#[test]
fn writers_at_the_same_time_all_land() {
    let (_temp, dir) = folder();
    std::thread::scope(|scope| {
        for number in 0..20 {
            let dir = &dir;
            scope.spawn(move || {
                let layout = Layout::open(dir);
                let image = image(&layout, &number.to_string());
                assert!(layout.put(&tag(&format!("t{number}")), &image).unwrap().is_done());
            });
        }
    });
    let layout = Layout::open(&dir);
    assert_eq!(layout.tags().unwrap().len(), 20);
    for number in 0..20 {
        let image = image(&layout, &number.to_string());
        assert_eq!(at(&layout, &format!("t{number}")), image.digest.as_str());
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_not_missing() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put(&tag("1"), &image).unwrap();
    fs::rename(dir.join("blobs"), dir.join("moved")).unwrap();
    fs::write(dir.join("blobs"), "no folder").unwrap();
    assert_unknown(&layout, "1", &["could not read it", "name a folder"]);
    assert!(matches!(layout.blob(&image.digest), Lookup::Unknown(_)));
    assert!(matches!(layout.head(Name::Digest(&image.digest)), Lookup::Unknown(_)));
    assert!(layout.has_blob(&image.digest).is_err());
    assert!(layout.put(&tag("2"), &image).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_unknown() {
    let (temp, dir) = folder();
    std::os::unix::fs::symlink(temp.path().join("not mounted"), &dir).unwrap();
    assert_unknown(&Layout::open(&dir), "1", &["leads nowhere"]);
}

/// A builder makes the folder between two looks at it.
#[test]
fn a_folder_that_comes_and_goes_is_no_link() {
    let (_temp, dir) = folder();
    let layout = Layout::open(&dir);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                fs::create_dir(&dir).unwrap();
                fs::remove_dir(&dir).unwrap();
            }
        });
        let looks: Vec<_> = (0..20_000).map(|_| layout.head(Name::Tag(&tag("1")))).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        for look in looks {
            assert!(matches!(look, Lookup::Missing), "{look:?}");
        }
    });
}

#[cfg(unix)]
#[test]
fn files_are_readable_by_others_as_the_umask_says() {
    use std::os::unix::fs::PermissionsExt as _;
    let (temp, dir) = folder();
    let layout = Layout::open(&dir);
    let image = image(&layout, "a");
    layout.put(&tag("1"), &image).unwrap();
    let plain = temp.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&dir.join("index.json")), mode(&plain));
    assert_eq!(mode(&blob_path(&dir, &image.digest)), mode(&plain));
}
