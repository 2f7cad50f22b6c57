//! What strangers and accidents bring: names, links, pipes, variables and settings that must neither hang, nor leak,
//! nor run anything, and outputs that cannot be written.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::support::{Remote, Sandbox};

/// A login that somebody pastes into the repository's name is not shown again.
#[test]
fn a_login_in_a_repository_is_never_printed() {
    let sandbox = Sandbox::small();
    for repository in
        ["ada:hunter2@127.0.0.1:1/app", "https://ada:hunter2@127.0.0.1:1/app", "ada:hun/ter2@h/app"]
    {
        let run =
            sandbox.fails(&["plan", "--repository", repository], 1).says(&["hint:", "IMGPLAN_PASSWORD"]);
        assert!(!run.stderr.contains("ter2"), "{}", run.stderr);
    }
    sandbox
        .fails(&["plan", "--repository", "https://127.0.0.1:1/app"], 1)
        .says(&["hint: leave out the scheme"]);
    sandbox.fails(&["plan", "--repository", "127.0.0.1:99999/app"], 1).says(&["99999", "hint:"]);
    sandbox.fails(&["plan", "--repository", "oci:a\u{1b}[31m"], 1).says(&["hint:"]);
    sandbox.write("imgplan.toml", "repository = \"https://ada:hunter2@127.0.0.1:1/app\"\n");
    let run = sandbox.fails(&["check"], 1).says(&["imgplan.toml:1:14: repository"]);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

/// Reading a pipe would wait for ever; a folder is a mistake of the user, not of the disk.
#[test]
fn a_configuration_that_is_no_file_is_said() {
    let sandbox = Sandbox::small();
    let file = sandbox.root().join("imgplan.toml");
    for make in ["mkdir", "mkfifo"] {
        assert!(sandbox.command(make).arg(&file).status().unwrap().success());
        for command in ["check", "plan"] {
            let run = sandbox.fails(&[command], 1).says(&["imgplan.toml: it is not a file", "hint:"]);
            assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
        }
        assert!(sandbox.command("rm").arg("-r").arg(&file).status().unwrap().success());
    }
    for target in ["nowhere", "imgplan.toml", "/dev/zero", "../beside.toml"] {
        fs::write(sandbox.beside("beside.toml"), "secret = 1\n").unwrap();
        symlink(target, &file).unwrap();
        let run = sandbox.fails(&["check"], 1).says(&["imgplan.toml: a symbolic link that le"]);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
        fs::remove_file(&file).unwrap();
    }
}

/// What enters the hash is read from the commit, behind a link, too: never from a working tree that differs.
#[test]
fn a_linked_configuration_is_the_commits() {
    let sandbox = Sandbox::small();
    let plain = sandbox.hash_at("HEAD");
    sandbox.write("ci/imgplan.toml", "[image]\nsalt = \"a\"\n");
    sandbox.symlink("imgplan.toml", "ci/imgplan.toml");
    sandbox.commit("Configure behind a link");
    let linked = sandbox.hash_at("HEAD");
    assert_ne!(linked, plain, "the link is followed");
    sandbox.write("ci/imgplan.toml", "[image]\nsalt = \"b\"\n");
    assert_eq!(sandbox.hash_at("HEAD"), linked, "a change that is not committed counts for nothing");

    sandbox.git(&["checkout", "--quiet", "."]);
    sandbox.remove("ci/imgplan.toml");
    sandbox.symlink("ci/imgplan.toml", "/etc/hostname");
    sandbox.commit("Point it elsewhere");
    sandbox.remove("imgplan.toml");
    sandbox.fails(&["plan"], 1).says(&["imgplan.toml at ", "hint:"]);
}

/// A Dockerfile that is a link to nowhere is there; the message says what is wrong with it.
#[test]
fn a_dockerfile_that_leads_nowhere_is_said() {
    for target in ["nowhere", "/etc/passwd", "Dockerfile"] {
        let sandbox = Sandbox::small();
        sandbox.remove("Dockerfile");
        sandbox.symlink("Dockerfile", target);
        sandbox.commit("A link");
        sandbox.fails(&["plan"], 1).says(&["Dockerfile: a symbolic link", "hint:"]);
    }
}

/// An output that cannot be written is an error, and the plan is printed all the same.
#[test]
fn the_plan_is_printed_where_an_output_fails() {
    let sandbox = Sandbox::small();
    let good = format!("json={}", sandbox.beside("plan.json").display());
    for bad in ["json=/nonexistent/plan.json", "json=/dev/full"] {
        let run = sandbox.plan(&["--output", bad, "--output", &good]).run().expect(3).says(&["hint:"]);
        assert!(!run.stderr.contains(".imgplan-"), "no temporary name: {}", run.stderr);
        run.plan().only().expect("build");
        fs::remove_file(sandbox.beside("plan.json")).unwrap();
    }
    sandbox.fails(&["plan", "--output", "yaml=x"], 2).says(&["json"]);
}

/// `--output` is an option of every command.
#[test]
fn resolve_and_check_write_outputs_too() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    for command in ["resolve", "check"] {
        let path = sandbox.beside(command);
        let output = format!("json={}", path.display());
        let run =
            sandbox.imgplan(&[command, "--repository", &sandbox.repository(), "--output", &output]).run();
        assert!(!run.expect(0).stdout.starts_with('{'));
        let written: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(written["version"], 1, "{command}");
    }
}

/// CI systems leave variables empty; a setting that cannot be read is never passed over.
#[test]
fn variables_are_unset_or_understood() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::small();
    let repository = sandbox.repository();
    for name in ["CONFIG", "FORCE", "REPOSITORY", "TIMEOUT", "PASSWORD"].map(|name| format!("IMGPLAN_{name}"))
    {
        sandbox.plan(&[]).env(&name, "").plan();
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_imgplan"));
        command.args(["plan", "--repository", &repository]).current_dir(sandbox.root());
        let out = command.env(&name, std::ffi::OsStr::from_bytes(b"\xff")).output().unwrap();
        let code = out.status.code();
        assert!(matches!(code, Some(1 | 2)), "{name}: {code:?} {}", String::from_utf8_lossy(&out.stderr));
    }
    for value in ["0", "-1", "rubbish", "99999999999999999999"] {
        let run = sandbox.plan(&[]).env("IMGPLAN_TIMEOUT", value).run().expect(1);
        run.says(&["IMGPLAN_TIMEOUT", "hint:"]);
    }
    let run = sandbox.plan(&[]).env("IMGPLAN_CONFIG", "nope.toml").run().expect(1);
    run.says(&["nope.toml", "hint:"]);
}

/// `docker login` takes the port, too.
#[test]
fn hints_name_the_host_with_its_port() {
    let sandbox = Sandbox::small();
    let remote = Remote::with_tokens();
    let repository = remote.repository("acme/app");
    let run = sandbox.imgplan(&["plan", "--repository", &repository]).run().expect(3);
    run.says(&[&format!("docker login {}", remote.host())]);
}

/// Messages speak of commits, not of a library's functions.
#[test]
fn a_commit_that_is_not_there_is_said_plainly() {
    let sandbox = Sandbox::small();
    let long = "a".repeat(5000);
    for spec in ["HEAD~1", "HEAD:nope", "@{-1}", "@{u}", "HEAD^2", "a\nb", "nope", &long] {
        let run = sandbox.fails(&["plan", spec], 1).says(&["hint:"]);
        assert!(!run.stderr.contains("delegate"), "{}", run.stderr);
        assert!(run.stderr.len() < 1000, "{}", run.stderr);
    }
}

/// Every fault of the file has its line and column, and a key that is there twice its name.
#[test]
fn faults_of_the_file_itself_are_placed() {
    let sandbox = Sandbox::small();
    fs::write(sandbox.root().join("imgplan.toml"), b"adopt = true\n# \xc3\xa4 \xff\n").unwrap();
    sandbox.fails(&["check"], 1).says(&["imgplan.toml:2:5: a byte that is not UTF-8", "hint:"]);
    sandbox.write("imgplan.toml", "[images.app]\n[images.app]\n");
    sandbox.fails(&["check"], 1).says(&["imgplan.toml:2:9: the key app is there twice"]);
}

/// The repository's own settings may name programs; none of them is started, by no command.
#[test]
fn no_program_of_the_repositorys_own_settings_is_started() {
    let sandbox = Sandbox::small();
    sandbox.write(".gitattributes", "*.txt filter=x diff=x\n");
    sandbox.commit("Attributes");
    let (canary, ran) = (sandbox.beside("canary"), sandbox.beside("ran"));
    fs::write(&canary, format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\ncat\n", ran.display())).unwrap();
    let hooks = sandbox.beside("hooks");
    fs::create_dir(&hooks).unwrap();
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"] {
        fs::copy(&canary, hooks.join(hook)).unwrap();
    }
    for path in
        [&canary].into_iter().cloned().chain(fs::read_dir(&hooks).unwrap().map(|entry| entry.unwrap().path()))
    {
        assert!(sandbox.command("chmod").arg("+x").arg(path).status().unwrap().success());
    }
    let program = canary.display().to_string();
    let shell = format!("!{program}");
    let remote = format!("ext::{program}");
    for (key, value) in [
        ("core.fsmonitor", &program),
        ("core.sshCommand", &program),
        ("core.pager", &program),
        ("core.askPass", &program),
        ("core.alternateRefsCommand", &program),
        ("filter.x.smudge", &program),
        ("filter.x.clean", &program),
        ("filter.x.process", &program),
        ("diff.external", &program),
        ("diff.x.textconv", &program),
        ("credential.helper", &shell),
        ("alias.ls-files", &shell),
        ("alias.rev-parse", &shell),
        ("remote.origin.url", &remote),
        ("core.hooksPath", &hooks.display().to_string()),
    ] {
        sandbox.git(&["config", key, value]);
    }
    sandbox.git(&["config", "protocol.ext.allow", "always"]);
    let included = sandbox.beside("included");
    fs::write(&included, format!("[uploadpack]\npackObjectsHook = {program}\n[core]\neditor = {program}\n"))
        .unwrap();
    sandbox.git(&["config", "include.path", &included.display().to_string()]);
    // Git's own calls above may have started it; from here on it is imgplan.
    let _ = fs::remove_file(&ran);
    fs::write(sandbox.root().join("app.txt"), "dirty\n").unwrap();
    let missing = "1".repeat(40);
    let calls: [&[&str]; 9] = [
        &["plan"],
        &["plan", "--worktree"],
        &["explain", "--excluded"],
        &["explain", "--worktree"],
        &["check"],
        &["apply"],
        &["resolve"],
        &["plan", &missing],
        &["apply", "--build-command", "true"],
    ];
    for call in calls {
        sandbox.imgplan(&[call, &["--repository", &sandbox.repository()]].concat()).run();
        assert!(!ran.exists(), "{call:?} ran {}", fs::read_to_string(&ran).unwrap_or_default());
    }
}

/// A stranger's `imgplan.toml` names another registry: it is not shown the login of this one.
#[test]
fn a_strangers_repository_gets_no_credentials() {
    let sandbox = Sandbox::small();
    let remote = Remote::with_tokens();
    let toml = format!(
        "repository = \"{}\"\nlook-in = [\"{}\"]\n",
        remote.repository("evil"),
        remote.repository("look")
    );
    sandbox.write("imgplan.toml", &toml);
    sandbox.commit("Please review");
    for (host_key, host) in
        [("CI_REGISTRY", "127.0.0.1:1"), ("IMGPLAN_REGISTRY", "127.0.0.1:1"), ("LANG", "C")]
    {
        let run = sandbox
            .imgplan(&["plan"])
            .env(host_key, host)
            .env("CI_REGISTRY_USER", "ci-user")
            .env("CI_REGISTRY_PASSWORD", "ci-hunter2")
            .env("IMGPLAN_USERNAME", "own-user")
            .env("IMGPLAN_PASSWORD", "own-hunter2")
            .run()
            .expect(3);
        assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{}", run.stderr);
    }
    let requests = remote.requests();
    assert!(!requests.is_empty(), "the registry was asked");
    assert!(requests.iter().all(|request| request.ends_with("none")), "{requests:?}");
}
