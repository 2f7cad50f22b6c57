//! Twelve images that stand on each other through `ARG REGISTRY`, `OWNER` and `BASE_IMAGE`, as in a well-known
//! repository of notebook images: the order of builds, and who is built again after an edit.

use crate::support::{Image, Plan, Remote, Sandbox};

/// The fixture, with its registry on the loopback address in place of the real one.
struct Stacks {
    sandbox: Sandbox,
    remote: Remote,
}

impl Stacks {
    fn new() -> Stacks {
        let (sandbox, remote) = (Sandbox::new(), Remote::start());
        sandbox.copy_fixture("docker-stacks");
        for file in sandbox_files(&sandbox) {
            if sandbox.read(&file).contains("quay.io") {
                sandbox.replace(&file, "quay.io", &remote.host());
            }
        }
        sandbox.commit("Twelve images");
        Stacks { sandbox, remote }
    }

    fn plan(&self) -> Plan {
        self.sandbox.imgplan(&["plan", "--format", "json"]).plan()
    }

    /// Puts an image there for all that the plan would build.
    fn build_all(&self) {
        for image in self.plan().images() {
            let path = format!("jupyter/{}", image.text("name"));
            self.remote.push(&path, image.content_tag(), &Image::new(image.hash()).marked(image.hash()));
        }
    }

    /// Who must be built at a new commit, sorted.
    fn rebuilt(&self, message: &str) -> Vec<String> {
        self.sandbox.commit(message);
        let plan = self.plan();
        let mut names = Vec::new();
        for image in plan.images() {
            match image.action() {
                "build" => names.push(image.text("name").to_owned()),
                "retag" => {}
                other => panic!("{}: {other}", image.text("name")),
            }
        }
        names.sort();
        names
    }
}

fn sandbox_files(sandbox: &Sandbox) -> Vec<String> {
    sandbox.git(&["ls-files", "--others"]).lines().map(str::to_owned).collect()
}

/// Parents stand before their children, whatever the order in the file.
#[test]
fn parents_come_first() {
    let stacks = Stacks::new();
    let plan = stacks.plan();
    let names = plan.names();
    assert_eq!(names.len(), 12);
    assert_eq!(names[..3], ["docker-stacks-foundation", "base-notebook", "minimal-notebook"]);
    for image in plan.images() {
        image.expect("build");
        let place = |name: &str| names.iter().position(|&other| other == name).expect("in the plan");
        for parent in image.list("depends_on") {
            assert!(place(parent) < place(image.text("name")), "{parent} before {}", image.text("name"));
        }
    }
    let parents = |name: &str| plan.image(name).list("depends_on");
    assert_eq!(parents("docker-stacks-foundation"), [""; 0]);
    assert_eq!(parents("all-spark-notebook"), ["pyspark-notebook"]);
    assert_eq!(parents("pytorch-notebook-cuda12"), ["scipy-notebook"]);
}

/// The builder is told each parent by the name that the Dockerfile ends up with.
#[test]
fn a_parent_is_handed_over_by_the_name_that_from_gives() {
    let stacks = Stacks::new();
    let plan = stacks.plan();
    let name = format!("{}/jupyter/base-notebook", stacks.remote.host());
    let contexts = &plan.image("minimal-notebook").build()["contexts"];
    let told = contexts[&name].as_str().unwrap_or_else(|| panic!("{name} in {contexts}"));
    assert!(told.contains(plan.image("base-notebook").content_tag()), "{told}");
}

/// An edit costs what stands on it, and no more.
#[test]
fn an_edit_costs_what_stands_on_it() {
    let stacks = Stacks::new();
    let sandbox = &stacks.sandbox;
    let nothing: [&str; 0] = [];
    stacks.build_all();
    assert_eq!(stacks.rebuilt("Nothing at all"), nothing);

    sandbox.append("images/base-notebook/README.md", "More.\n");
    sandbox.append("README.md", "More.\n");
    assert_eq!(stacks.rebuilt("Words"), nothing);

    sandbox.append("images/scipy-notebook/Dockerfile", "# More words.\n");
    assert_eq!(stacks.rebuilt("A comment in a Dockerfile"), nothing);

    sandbox.append("images/pyspark-notebook/setup_spark.py", "print(1)\n");
    assert_eq!(stacks.rebuilt("Another way to set up spark"), ["all-spark-notebook", "pyspark-notebook"]);
    stacks.build_all();

    sandbox.replace("imgplan.toml", "4.0.1", "4.0.2");
    assert_eq!(stacks.rebuilt("Another version of spark"), ["all-spark-notebook", "pyspark-notebook"]);
    stacks.build_all();

    sandbox.replace("images/pytorch-notebook/cuda12/Dockerfile", "cu126", "cu128");
    assert_eq!(stacks.rebuilt("Another CUDA"), ["pytorch-notebook-cuda12"]);
    stacks.build_all();

    sandbox.append("images/minimal-notebook/Rprofile.site", "options(digits = 7)\n");
    let most = stacks.rebuilt("Other options of R");
    assert_eq!(most.len(), 10, "all but the two below it: {most:?}");

    sandbox.replace("images/minimal-notebook/Rprofile.site", "options(digits = 7)\n", "");
    assert_eq!(stacks.rebuilt("The revert"), nothing, "the earlier images are found again");

    sandbox.append("images/docker-stacks-foundation/start.sh", "exec \"$@\"\n");
    assert_eq!(stacks.rebuilt("Another start").len(), 12);
}
