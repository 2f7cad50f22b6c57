//! What a file is: by its name, and where many kinds share one, by what stands in it.

use super::yaml;

/// A kind of file that names images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `.renku/renku.ini`: `[interactive] image`.
    Renku,
    /// `docker-images.ini`: every key of every section.
    Ini,
    /// Helm's values: `image: …` and `repository`, `tag`, `digest` beside one another.
    Helm,
    /// Manifests: every `image: …`, and what Helm's values have (a `HelmRelease` holds such).
    Kubernetes,
    /// `kustomization.yaml`: `images` with `name`, `newName`, `newTag`, `digest`.
    Kustomize,
    /// Compose: `services.*.image`.
    Compose,
    /// `FROM` of a Dockerfile.
    Dockerfile,
}

impl Kind {
    /// As `--as` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Renku => "renku",
            Kind::Ini => "ini",
            Kind::Helm => "helm",
            Kind::Kubernetes => "kubernetes",
            Kind::Kustomize => "kustomize",
            Kind::Compose => "compose",
            Kind::Dockerfile => "dockerfile",
        }
    }
}

/// The kind of a file with this path and text; `None` where neither tells.
pub fn detect(path: &str, text: &str) -> Option<Kind> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let (stem, ending) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let yaml = matches!(ending, "yaml" | "yml");
    match lower.as_str() {
        "renku.ini" => return Some(Kind::Renku),
        "docker-images.ini" => return Some(Kind::Ini),
        "kustomization" => return Some(Kind::Kustomize),
        "dockerfile" | "containerfile" => return Some(Kind::Dockerfile),
        _ => {}
    }
    let is_file_of_builds = |part: &str| matches!(part, "dockerfile" | "containerfile");
    if is_file_of_builds(ending) || (!yaml && lower.split('.').next().is_some_and(is_file_of_builds)) {
        return Some(Kind::Dockerfile);
    }
    if !yaml && ending != "json" {
        return None;
    }
    if yaml && stem == "kustomization" {
        return Some(Kind::Kustomize);
    }
    let is = |stem: &str, word: &str| stem == word || stem.starts_with(&format!("{word}."));
    if is(stem, "compose") || is(stem, "docker-compose") || stem.starts_with("docker-compose-") {
        return Some(Kind::Compose);
    }
    if stem.starts_with("values") || stem.ends_with("values") {
        return Some(Kind::Helm);
    }
    by_content(text)
}

/// What the keys at the top of YAML say. What does not parse is somebody's all the same: its reader says what is wrong.
fn by_content(text: &str) -> Option<Kind> {
    let Ok(stream) = yaml::parse(text) else { return Some(Kind::Kubernetes) };
    let mut kind = None;
    for root in &stream.roots {
        let has = |key| stream.field(*root, key).is_some();
        let kustomizes = stream
            .field(*root, "kind")
            .and_then(|(node, _)| stream.text(node))
            .is_some_and(|kind| matches!(kind, "Kustomization" | "Component"))
            && stream
                .field(*root, "apiVersion")
                .and_then(|(node, _)| stream.text(node))
                .is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"));
        if kustomizes {
            return Some(Kind::Kustomize);
        }
        if has("kind") && has("apiVersion") {
            return Some(Kind::Kubernetes);
        }
        if has("services") {
            kind = kind.or(Some(Kind::Compose));
        }
    }
    kind
}
