//! --listen and --threads. A wrong one gets one line, and that is the end.

use std::net::SocketAddr;
use std::process;

const EXIT_WRONG_USAGE: i32 = 2;
const MOST_THREADS: usize = 1024;

pub struct Options {
    pub listen: SocketAddr,
    pub threads: usize,
}

impl Options {
    pub fn read() -> Options {
        parse(std::env::args().skip(1)).unwrap_or_else(|line| leave(EXIT_WRONG_USAGE, &line))
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut listen = String::new();
    let mut threads = String::from("1");
    while let Some(flag) = arguments.next() {
        let value = match flag.as_str() {
            "--listen" => &mut listen,
            "--threads" => &mut threads,
            _ if flag.starts_with('-') => return Err(format!("unrecognized option '{flag}'")),
            _ => return Err(format!("'{flag}' is no flag")),
        };
        *value = arguments
            .next()
            .ok_or(format!("option '{flag}' requires an argument"))?;
    }
    Ok(Options {
        listen: listen.parse().map_err(|_| {
            format!(
                "--listen: '{listen}' is no ADDRESS:PORT with a numeric address and a port from 0 \
                 to 65535"
            )
        })?,
        threads: threads
            .parse()
            .ok()
            .filter(|count| (1..=MOST_THREADS).contains(count))
            .ok_or(format!(
                "--threads: '{threads}': allowed is a whole number from 1 to {MOST_THREADS}"
            ))?,
    })
}

/// Ends the program, its last line on stderr: its name and `line`.
pub fn leave(exit_code: i32, line: &str) -> ! {
    let program = std::env::args().next().unwrap_or_default();
    eprintln!("{}: {line}", program.rsplit('/').next().unwrap_or_default());
    process::exit(exit_code);
}
