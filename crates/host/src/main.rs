//! `lopata`: runs Cloudflare Workers on a developer's machine.

use lopata_guest::EngineOptions;
use lopata_host::cli::{Cli, Command, Global};
use lopata_host::serve::test::{Prepared, TestArgs};

fn main() {
    let cli = Cli::read();
    lopata_host::descriptors::raise_limit();
    // A test run says with which flags V8 starts.
    let (test, engine) = match &cli.command {
        Command::Test(args) => match lopata_host::serve::test::prepare(TestArgs::clone(args)) {
            Ok(prepared) => {
                let engine = prepared.engine();
                (Some(prepared), engine)
            }
            Err(error) => fail(&error),
        },
        Command::Dev(_)
        | Command::Kv(_)
        | Command::Trace(_)
        | Command::D1(_)
        | Command::State(_)
        | Command::Cache(_)
        | Command::Do(_)
        | Command::R2(_) => (None, EngineOptions::default()),
    };
    // Before any other thread: every guest must descend from the thread that prepares V8.
    for unknown in lopata_guest::init_with(engine) {
        eprintln!("V8 knows no flag {unknown}.");
    }
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("this is the first and only provider that is installed");
    let code = run(cli, test).unwrap_or_else(|error| fail(&*error));
    // Not a return: a guest thread that is stuck in user code must not keep the process alive.
    std::process::exit(code);
}

/// Says why nothing can be done, and ends the process.
fn fail(error: &dyn std::error::Error) -> ! {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    eprintln!("✘ [ERROR] {text}");
    std::process::exit(1);
}

/// `test` is non-null exactly for `lopata test`.
fn run(cli: Cli, test: Option<Prepared>) -> anyhow::Result<i32> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("lopata-host").build()?;
    let global = cli.global;
    // For commands that are about one worker and its data.
    let about_main = |run: &dyn Fn(&Global) -> anyhow::Result<i32>| match runtime
        .block_on(lopata_host::cli::of_main_worker(global.clone()))?
    {
        Ok(global) => run(&global),
        Err(code) => Ok(code),
    };
    let code = match cli.command {
        Command::Dev(args) => runtime.block_on(lopata_host::dev::run(*args, global)),
        Command::Test(_) => {
            let prepared = test.expect("it was prepared before V8 was");
            Ok(runtime.block_on(lopata_host::serve::test::run(prepared)))
        }
        Command::Kv(args) => about_main(&|global| Ok(lopata_host::cli::run_kv(&args, global))),
        Command::R2(args) => about_main(&|global| Ok(lopata_host::cli::run_r2(&args, global))),
        Command::D1(args) => about_main(&|global| Ok(lopata_host::cli::run_d1(&args, global))),
        Command::Do(args) => about_main(&|global| Ok(lopata_host::cli::run_do(&args, global))),
        Command::Cache(args) => about_main(&|global| Ok(lopata_host::cli::run_cache(&args, global))),
        Command::State(args) => about_main(&|global| Ok(lopata_host::cli::run_state(&args, global))),
        Command::Trace(args) => about_main(&|global| lopata_host::cli::run_trace(&args, global)),
    };
    // Not dropped: what still runs (a bundler in the middle of a build) would find its other half gone and say so.
    // The process ends with the next line of `main`.
    std::mem::forget(runtime);
    code
}
