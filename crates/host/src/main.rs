//! `lopata`: runs Cloudflare Workers on a developer's machine.

use lopata_host::cli::{Cli, Command};

fn main() {
    // Before any other thread: every guest must descend from the thread that prepares V8.
    lopata_guest::init();
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("this is the first and only provider that is installed");
    let cli = Cli::read();
    let code = match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✘ [ERROR] {error:#}");
            1
        }
    };
    // Not a return: a guest thread that is stuck in user code must not keep the process alive.
    std::process::exit(code);
}

fn run(cli: Cli) -> anyhow::Result<i32> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("lopata-host").build()?;
    let code = match cli.command {
        Command::Dev(args) => runtime.block_on(lopata_host::dev::run(*args, cli.global)),
        Command::Kv(args) => match runtime.block_on(lopata_host::cli::of_main_worker(cli.global))? {
            Ok(global) => lopata_host::cli::run_kv(&args, &global),
            Err(code) => Ok(code),
        },
        Command::Trace(args) => match runtime.block_on(lopata_host::cli::of_main_worker(cli.global))? {
            Ok(global) => lopata_host::cli::run_trace(&args, &global),
            Err(code) => Ok(code),
        },
    };
    // Not dropped: what still runs (a bundler in the middle of a build) would find its other half gone and say so.
    // The process ends with the next line of `main`.
    std::mem::forget(runtime);
    code
}
