//! Compares two builds or two configurations of the service: both run at the same time, each with a
//! PostgreSQL of its own, and their runs alternate.

use std::{fs, path::PathBuf};

use jwt_simple::prelude::{
    Claims, Duration, ECDSAP256KeyPairLike, ES256KeyPair, Ed25519KeyPair, EdDSAKeyPairLike,
    RS256KeyPair, RSAKeyPairLike,
};
use serde_json::json;

use crate::{
    Result,
    http::Variant,
    measurements::{Measurements, Spread, Target},
    report::table,
    run::Bench,
    workloads::{TENANTS, Workload},
};

/// What is compared with the service as `make bench` runs it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Another binary `orders`, for example of an earlier version.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// A flag of the other service, such as `--flag=--batch-size=1`. May be repeated.
    #[arg(long, allow_hyphen_values = true)]
    flag: Vec<String>,
    /// Let the other service reach its database through PgBouncer in transaction mode.
    #[arg(long)]
    pooler: bool,
    /// Let the other service check bearer tokens with this algorithm.
    #[arg(long, value_enum)]
    jwt: Option<Algorithm>,
    /// Number of runs of each service per workload and number of connections.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Duration of a run in seconds.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Measure only these workloads, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Workload>,
    /// Numbers of connections, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1,32")]
    connections: Vec<u32>,
}

/// The algorithm of a token.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Algorithm {
    Rs256,
    Es256,
    Eddsa,
}

/// Measures both, and prints the ratio of the medians.
pub fn run(args: &Args) -> Result<()> {
    let keys = tempfile::NamedTempFile::new()?;
    let mut other = Variant::current()?;
    if let Some(binary) = &args.binary {
        other.binary.clone_from(binary);
    }
    other.flags.extend(args.flag.iter().cloned());
    if args.pooler {
        other.is_pooled = true;
        other.flags.push("--transaction-pooler".to_owned());
    }
    if let Some(algorithm) = args.jwt {
        let (jwk, token) = token(algorithm)?;
        fs::write(keys.path(), format!(r#"{{"keys":[{jwk}]}}"#))?;
        let path = keys.path().display().to_string();
        let flags = [
            "--auth",
            "jwt",
            "--jwks",
            &path,
            "--jwt-issuer",
            "bench",
            "--jwt-audience",
            "bench",
        ];
        other.flags.extend(flags.map(str::to_owned));
        other.headers = format!("Authorization: Bearer {token}\r\n");
    }
    let workloads = if args.only.is_empty() {
        Workload::ALL
    } else {
        &args.only
    };
    let mut current = Bench::start(args.seconds, Variant::current()?)?;
    let mut other = Bench::start(args.seconds, other)?;
    for round in 0..args.rounds {
        for &workload in workloads {
            for &connections in &args.connections {
                let target = Target::Service(connections);
                // The first of two runs finds the machine in another state than the second.
                let mut pair = [("current", &mut current), ("other  ", &mut other)];
                if round % 2 == 1 {
                    pair.reverse();
                }
                for (name, bench) in pair {
                    print!("[{}/{}] {name} ", round + 1, args.rounds);
                    bench.measure(workload, target)?;
                }
            }
        }
    }
    let rows = workloads.iter().flat_map(|&workload| {
        let pair = (&current.measurements, &other.measurements);
        let connections = args.connections.iter();
        connections.filter_map(move |&connections| row(workload, connections, pair))
    });
    let head = [
        "workload",
        "connections",
        "current",
        "other",
        "other ÷ current",
    ];
    println!(
        "\nRequests per second: medians (minimum–maximum) of {} runs of {} s, which alternate.\n",
        args.rounds, args.seconds
    );
    println!("{}", table(&head.map(str::to_owned), rows));
    Ok(())
}

fn row(
    workload: Workload,
    connections: u32,
    (current, other): (&Measurements, &Measurements),
) -> Option<Vec<String>> {
    let target = Target::Service(connections);
    let (current, other) = (
        current.rate(workload, target)?,
        other.rate(workload, target)?,
    );
    let spread =
        |spread: Spread| format!("{:.0} ({:.0}–{:.0})", spread.median, spread.min, spread.max);
    Some(vec![
        workload.name().to_owned(),
        connections.to_string(),
        spread(current),
        spread(other),
        format!("**{:.2}**", other.median / current.median),
    ])
}

/// A public key as JWK, and a token for all tenants of the workloads.
fn token(algorithm: Algorithm) -> Result<(String, String)> {
    let tenants: Vec<_> = (0..TENANTS).map(|tenant| tenant.to_string()).collect();
    let custom = json!({ "tenant": tenants, "scope": "orders:read orders:write" });
    let claims = Claims::with_custom_claims(custom, Duration::from_hours(2))
        .with_issuer("bench")
        .with_audience("bench");
    Ok(match algorithm {
        Algorithm::Rs256 => {
            let key = RS256KeyPair::generate(2048)?.with_key_id("bench");
            (key.public_key().to_jwk(), key.sign(claims)?)
        }
        Algorithm::Es256 => {
            let key = ES256KeyPair::generate().with_key_id("bench");
            (key.public_key().to_jwk(), key.sign(claims)?)
        }
        Algorithm::Eddsa => {
            let key = Ed25519KeyPair::generate().with_key_id("bench");
            (key.public_key().to_jwk(), key.sign(claims)?)
        }
    })
}
