//! Measures what tenants notice of others: the latency of well-behaved tenants while another one
//! attacks the service, and the memory that the attack takes.

mod attack;
mod caller;
mod hostile;
mod tenants;

use std::{fs, path::Path, sync::Arc, time::Duration};

use attack::Attack;
use caller::Caller;
use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{runtime::Runtime, task::JoinSet, time::sleep};

use crate::{
    Result,
    database::Database,
    http::Service,
    machine,
    report::{grouped, table},
    usage,
};

/// Time between the start of an attack and the first measured request.
const WARM_UP: Duration = Duration::from_secs(1);

/// Measure tenants while another one attacks the service.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Duration of an attack, in seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Measure only these attacks, separated by commas, and do not write SIEGE.md.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Attack>,
}

/// Measures, prints the report, and writes SIEGE.md.
pub fn run(args: &Args) -> Result<()> {
    raise_descriptors();
    let attacks = if args.only.is_empty() {
        Attack::value_variants()
    } else {
        &args.only
    };
    let database = Database::start()?;
    let runtime = Runtime::new()?;
    let mut rows = Vec::new();
    for &attack in attacks {
        let row = runtime.block_on(measure(attack, &database, args.seconds))?;
        println!("{}", row.join(" | "));
        rows.push(row);
    }
    let report = markdown(args, &database, rows);
    println!("\n{report}");
    if args.only.is_empty() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("SIEGE.md");
        fs::write(file, report)?;
        println!("written: tests/bench/SIEGE.md");
    }
    Ok(())
}

/// One attack on a service of its own. Returns a row of the table.
async fn measure(attack: Attack, database: &Database, seconds: u32) -> Result<Vec<String>> {
    let scratch = tempfile::tempdir()?;
    let service = Service::publishing(database, &scratch.path().join("service.log"), "log")?;
    let target = Arc::new(attack::Target {
        caller: Caller::new(service.address),
        admin_url: database.admin_url(),
        outcome: attack::Outcome::default(),
    });
    let mut attackers = JoinSet::new();
    attack.start(&target, &mut attackers).await?;
    sleep(WARM_UP).await;
    let measured = tenants::measure(service.address, Duration::from_secs(seconds.into())).await;
    let [requests, refused] = target.outcome.counts();
    attackers.shutdown().await;
    let memory = usage::peak_memory_of_children(service.parent_pid());
    let milliseconds = |percent| {
        let micros = measured.percentile(percent).unwrap_or_default();
        format!("{:.1}", micros as f64 / 1e3)
    };
    Ok(vec![
        attack.name().to_owned(),
        milliseconds(50),
        milliseconds(99),
        milliseconds(100),
        grouped(&measured.requests().to_string()),
        measured.failures.to_string(),
        grouped(&requests.to_string()),
        grouped(&refused.to_string()),
        memory.map_or("–".to_owned(), |mib| format!("{mib:.0}")),
    ])
}

fn markdown(args: &Args, database: &Database, rows: Vec<Vec<String>>) -> String {
    let head = [
        "another tenant",
        "p50 ms",
        "p99 ms",
        "max ms",
        "requests",
        "failures",
        "the other's requests",
        "of them refused or cut off",
        "peak memory of the service, MiB",
    ];
    format!(
        "# The siege\n\n\
         One run of `bench siege --seconds {}` on {} cores of {} ({}), which the attack, the measured tenants, the service \
         with its relay, and PostgreSQL {} share. The role of the service is no superuser. Each row is a service of its own \
         with default settings.\n\n\
         The latencies are those of {} well-behaved tenants. Each creates, reads, confirms, closes and lists, one request \
         after the other with pauses of {} ms. A failure is a response that is not the expected one, or none within 10 s.\n\n{}",
        args.seconds,
        machine::cores(),
        machine::processor(),
        machine::kernel(),
        database.version,
        tenants::TENANTS,
        tenants::PAUSE.as_millis(),
        table(&head.map(str::to_owned), rows.into_iter()),
    )
}

/// An attack holds thousands of connections, and a shell usually allows 1,024 descriptors.
fn raise_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let _ = setrlimit(Resource::Nofile, raised); // connecting fails with a clear error otherwise
}
