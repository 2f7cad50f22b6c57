//! The oracle's command line: options in, exit status out.

// A program that prints and reads its environment, unlike imgplan's core.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use imgplan_oracle::answers::Answers;
use imgplan_oracle::judge::Judge;
use imgplan_oracle::subject::Subject;
use imgplan_oracle::{corpus, histories, matchers, peers, replay, run as runs};

#[derive(Parser)]
#[command(name = "oracle", about = "Proves imgplan's content hash against BuildKit")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generates projects, mutates them, and compares imgplan's hashes with BuildKit's images.
    Run {
        #[command(flatten)]
        tools: Tools,
        /// Makes the run repeatable.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many mutations are judged, at least.
        #[arg(long, default_value_t = 2000)]
        mutations: usize,
        /// Mutations of one project.
        #[arg(long, default_value_t = 12)]
        mutants: usize,
        /// Where shrunk failing cases are written.
        #[arg(long, default_value = "target/oracle/failures")]
        failures: PathBuf,
        /// Lists every needless build.
        #[arg(long)]
        misses: bool,
        /// Where BuildKit's answers are kept: a project that was built is not built again.
        #[arg(long)]
        answers: Option<PathBuf>,
    },
    /// Says whether BuildKit can run here.
    Probe {
        #[command(flatten)]
        tools: Tools,
    },
    /// Asks imgplan and BuildKit again about kept cases.
    Replay {
        #[command(flatten)]
        tools: Tools,
        /// Only imgplan is asked.
        #[arg(long)]
        without_buildkit: bool,
        /// Writes what is found into the files, where it differs from what they say.
        #[arg(long)]
        update: bool,
        /// Case files, or folders of them.
        #[arg(default_value = "oracle/cases")]
        cases: Vec<PathBuf>,
    },
    /// Asks other tools about the projects of a run, and counts who is wrong how often.
    Peers {
        #[command(flatten)]
        tools: Tools,
        /// That of the run.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many mutations are judged, at least.
        #[arg(long, default_value_t = 600)]
        mutations: usize,
        /// Mutations of one project.
        #[arg(long, default_value_t = 12)]
        mutants: usize,
        /// The program of that name; without it, it is left out.
        #[arg(long)]
        docker_source_checksum: Option<PathBuf>,
        /// The program of that name; without it, it is left out.
        #[arg(long)]
        skaffold: Option<PathBuf>,
        /// Lists every false hit and false miss.
        #[arg(long)]
        wrong: bool,
    },
    /// Reads real Dockerfiles, and compares with what BuildKit's frontend reads.
    Corpus(corpus::Options),
    /// Compares the hashes of a real history with those of each commit alone, and from the files on disk.
    Histories(histories::Options),
    /// Compares the ignore matcher and `filepath` with Go's, on generated patterns.
    Matchers(matchers::Options),
}

#[derive(Args)]
struct Tools {
    /// The program under test.
    #[arg(long, default_value = "target/release/imgplan")]
    imgplan: PathBuf,
    /// Where the programs of others are built.
    #[arg(long, default_value = "target")]
    target: PathBuf,
    /// Builds side by side.
    #[arg(long, default_value_t = 4)]
    workers: usize,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(3)
        }
    }
}

/// Whether everything holds.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Run { tools, seed, mutations, mutants, failures, misses, answers } => {
            let mut judge = Judge::start(&tools.target, tools.workers)?;
            if let Some(file) = &answers {
                judge.remember(Answers::open(file)?);
            }
            let subject = Subject::new(&tools.imgplan)?;
            let options =
                runs::Options { seed, mutations, mutants, workers: tools.workers, failures: &failures };
            let report = runs::run(&judge, &subject, &options)?;
            println!("{report}");
            if misses {
                for miss in &report.misses {
                    println!(
                        "project {}, {}: {}: {}\n  {}",
                        miss.world,
                        miss.image,
                        miss.kind,
                        miss.detail,
                        miss.cause()
                    );
                    miss.differing.iter().for_each(|line| println!("    {line}"));
                    miss.ran.iter().chain(&miss.warnings).for_each(|line| println!("    {line}"));
                }
            }
            Ok(report.holds())
        }
        Command::Peers { tools, seed, mutations, mutants, docker_source_checksum, skaffold, wrong } => {
            let others = others(docker_source_checksum, skaffold)?;
            let judge = Judge::start(&tools.target, tools.workers)?;
            let subject = Subject::new(&tools.imgplan)?;
            let options = peers::Options { seed, mutations, mutants, workers: tools.workers, tools: &others };
            let table = peers::run(&judge, &subject, &options)?;
            println!("{table}");
            if wrong {
                table.wrong().iter().for_each(|line| println!("{line}"));
            }
            Ok(true)
        }
        Command::Probe { tools } => {
            replay::probe(&Judge::start(&tools.target, 1)?)?;
            println!("BuildKit runs here");
            Ok(true)
        }
        Command::Replay { tools, without_buildkit, update, cases } => {
            let subject = Subject::new(&tools.imgplan)?;
            let judge =
                (!without_buildkit).then(|| Judge::start(&tools.target, tools.workers)).transpose()?;
            replay::replay(judge.as_ref(), &subject, &cases, update)
        }
        Command::Matchers(options) => matchers::run(&options).map(|()| true),
        Command::Histories(options) => histories::run(&options).map(|()| true),
        Command::Corpus(options) => corpus::run(&options),
    }
}

/// The tools that are there.
fn others(docker_source_checksum: Option<PathBuf>, skaffold: Option<PathBuf>) -> Result<Vec<peers::Tool>> {
    let mut tools = vec![peers::Tool::Tree, peers::Tool::FourFiles];
    // They are called in other folders.
    match docker_source_checksum {
        Some(program) => tools.push(peers::Tool::SourceChecksum(std::path::absolute(program)?)),
        None => eprintln!("left out: docker-source-checksum; --docker-source-checksum says where it is"),
    }
    match skaffold {
        Some(program) => {
            tools.push(peers::Tool::Skaffold(peers::Skaffold::new(std::path::absolute(program)?)));
        }
        None => eprintln!("left out: skaffold; --skaffold says where it is"),
    }
    Ok(tools)
}
