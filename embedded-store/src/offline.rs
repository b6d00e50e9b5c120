//! The subcommands that need no server: what they print, and how far they are.
//!
//! What is asked for goes to standard output, progress and errors to standard error.

use embedded_store::maintenance::{self, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    error::Error,
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

type Outcome = Result<ExitCode, Box<dyn Error>>;

pub(crate) fn verify(db: &Path) -> Outcome {
    let bar = bar();
    let verdict = maintenance::verify(db, &mut |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    for problem in &verdict.problems {
        println!("{problem}");
    }
    if verdict.problems.is_empty() {
        println!("{} events, every one as it was written", verdict.events);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

pub(crate) fn export(db: &Path, to: Option<&Path>) -> Outcome {
    let bar = bar();
    let mut tell = |progress| show(&bar, progress);
    let exported = match to {
        None => maintenance::export(db, &mut BufWriter::new(io::stdout().lock()), &mut tell)?,
        Some(path) => {
            // Written beside its place, so that a file with this name is always whole.
            let beside = beside(path);
            let mut file = BufWriter::new(File::create(&beside)?);
            let exported = maintenance::export(db, &mut file, &mut tell);
            let finished = exported.map_err(Box::<dyn Error>::from).and_then(|exported| {
                file.flush()?;
                file.get_ref().sync_all()?;
                fs::rename(&beside, path)?;
                Ok(exported)
            });
            if finished.is_err() {
                // A part of an export is of no use to anyone.
                let _ = fs::remove_file(&beside);
            }
            finished?
        }
    };
    bar.finish_and_clear();
    eprintln!("{} events exported", exported.events);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn import(db: &Path, from: Option<&Path>) -> Outcome {
    let bar = bar();
    let mut from: Box<dyn BufRead> = match from {
        None => Box::new(BufReader::new(io::stdin().lock())),
        Some(path) => Box::new(BufReader::new(File::open(path)?)),
    };
    let events = maintenance::import(db, &mut *from, &mut |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    eprintln!("{events} events imported");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn info(db: &Path) -> Outcome {
    let info = maintenance::info(db)?;
    println!("log      {}", info.instance);
    println!("schema   {}", info.schema);
    println!("size     {} bytes, {} of them free", info.size, info.free);
    println!("events   {}", info.events);
    println!("streams  {}", info.streams);
    println!("end      {}", info.end);
    if let Some((first, last)) = info.written {
        println!("written  {first} to {last}");
    }
    Ok(ExitCode::SUCCESS)
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".exporting");
    beside.into()
}

/// Hidden where standard error is no terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = "{bar:40} {human_pos} of {human_len} events, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress.total {
        Some(total) => bar.set_length(total),
        None => {
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {human_pos} events, {per_sec}")
            {
                bar.set_style(style);
            }
        }
    }
    bar.set_position(progress.done);
}
