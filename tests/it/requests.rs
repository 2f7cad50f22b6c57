//! How many requests a registry gets: plans run in every pipeline of every project, and registries count.

use crate::support::image::MARK;
use crate::support::{Image, Remote, Sandbox};

struct Project {
    sandbox: Sandbox,
    remote: Remote,
    hash: String,
    tag: String,
}

const PATH: &str = "acme/app";

impl Project {
    fn new() -> Project {
        let sandbox = Sandbox::small();
        let plan = sandbox.plan(&[]).plan();
        let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
        Project { sandbox, remote: Remote::with_tokens(), hash, tag }
    }

    /// The requests of one run.
    #[track_caller]
    fn requests(&self, command: &str, action: Option<&str>) -> Vec<String> {
        let before = self.remote.requests().len();
        let repository = self.remote.repository(PATH);
        let call = self.sandbox.imgplan(&[command, "--format", "json", "--repository", &repository]);
        let plan = self.remote.login(call).plan();
        if let Some(action) = action {
            plan.only().expect(action);
        }
        self.remote.requests().split_off(before)
    }
}

#[track_caller]
fn count(requests: &[String], methods: &[(&str, usize)]) {
    let all: usize = methods.iter().map(|(_, number)| number).sum();
    assert_eq!(requests.len(), all, "{requests:#?}");
    for (method, number) in methods {
        let found = requests.iter().filter(|request| request.starts_with(method)).count();
        assert_eq!(found, *number, "{method} in {requests:#?}");
    }
}

/// One challenge, one token, HEAD of the content tag, HEAD of the commit tag; nothing else where the tags are there, too.
#[test]
fn a_plan_is_four_requests() {
    let project = Project::new();
    let image = Image::new("built").marked(&project.hash);
    project.remote.push(PATH, &project.tag, &image);
    project.remote.push(PATH, &project.sandbox.sha7(), &image);
    let requests = project.requests("plan", Some("up-to-date"));
    count(&requests, &[("HEAD", 3), ("GET", 1)]);
}

/// Two more where a tag would be put on the image, manifest and configuration: with the label quay.expires-after, which is
/// in the configuration alone, the tag would not last, and a build is needed. Nobody can tell without reading it.
#[test]
fn a_plan_to_retag_is_two_requests_more() {
    let project = Project::new();
    project.remote.push(PATH, &project.tag, &Image::new("built").marked(&project.hash));
    let requests = project.requests("plan", Some("retag"));
    count(&requests, &[("HEAD", 3), ("GET", 3)]);
}

/// Where no tag is to last, none of that is read.
#[test]
fn a_plan_to_put_tags_that_expire_is_four_requests() {
    let project = Project::new();
    project.sandbox.write("imgplan.toml", "[tags]\ncommit = \"{sha:7}-2weeks\"\n");
    project.sandbox.commit("For two weeks");
    project.remote.push(PATH, &project.tag, &Image::new("built").marked(&project.hash));
    let requests = project.requests("plan", Some("retag"));
    count(&requests, &[("HEAD", 3), ("GET", 1)]);
}

/// Where it is not, one list of all tags tells which earlier commits have an image, however many commits there are.
#[test]
fn a_plan_to_build_is_one_request_more() {
    let project = Project::new();
    for text in ["two", "three", "four"] {
        let tag = project.sandbox.sha7();
        project.remote.push(PATH, &tag, &Image::new(&tag));
        project.sandbox.write("app.txt", text);
        project.sandbox.commit(text);
    }
    let requests = project.requests("plan", Some("build"));
    count(&requests, &[("HEAD", 3), ("GET", 2)]);
    assert!(requests.iter().any(|request| request.contains("/tags/list")), "{requests:#?}");
}

/// The same six, and PUT and the HEAD that verifies. The manifest that is read for the plan is the one that is put.
#[test]
fn an_apply_that_retags_is_eight_requests() {
    let project = Project::new();
    project.remote.push(PATH, &project.tag, &Image::new("built").marked(&project.hash));
    let requests = project.requests("apply", None);
    count(&requests, &[("HEAD", 4), ("GET", 3), ("PUT", 1)]);
    let tag = project.sandbox.sha7();
    assert_eq!(
        project.remote.digest(PATH, &tag),
        project.remote.digest(PATH, &project.tag),
        "and the tag is there"
    );
}

/// None more where the mark is a label: it stands in the configuration, which is read once.
#[test]
fn a_label_costs_no_request_more() {
    let project = Project::new();
    project.remote.push(PATH, &project.tag, &Image::new("built").label(MARK, &project.hash));
    let requests = project.requests("apply", None);
    count(&requests, &[("HEAD", 4), ("GET", 3), ("PUT", 1)]);
}

/// Running it again asks, and writes nothing.
#[test]
fn an_apply_of_what_is_there_writes_nothing() {
    let project = Project::new();
    project.remote.push(PATH, &project.tag, &Image::new("built").marked(&project.hash));
    project.requests("apply", None);
    let requests = project.requests("apply", Some("up-to-date"));
    assert!(requests.iter().all(|request| !request.starts_with("PUT")), "{requests:#?}");
    assert!(requests.len() <= 5, "{requests:#?}");
}

/// Plans never write, whatever they find.
#[test]
fn a_plan_never_writes() {
    let project = Project::new();
    project.remote.push(PATH, &project.tag, &Image::new("built").marked(&project.hash));
    let requests = project.requests("plan", Some("retag"));
    assert!(
        requests.iter().all(|request| request.starts_with("HEAD") || request.starts_with("GET")),
        "{requests:#?}"
    );
}
