//! Chart of the ratios to the floor (SVG): a group of bars per workload, and a line at 1.0. The
//! colours are readable on light and dark pages.

use std::fmt::Write;

use crate::{measurements::Measurements, workloads::Workload};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 48.0;
const HEIGHT: f64 = 260.0;
const COLOURS: [&str; 4] = ["#8ecae6", "#219ebc", "#f4a261", "#e76f51"];

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#57606a}\
    .axis{stroke:#8b949e;stroke-opacity:.35}.floor{stroke:#d1495b;stroke-width:1.5;stroke-dasharray:6 4}\
    .value{font-size:11px}.end{text-anchor:end}.middle{text-anchor:middle}\
    @media(prefers-color-scheme:dark){text{fill:#adbac7}}";

/// The chart. Bars are in the order of `workloads` and `connections`.
pub fn svg(workloads: &[Workload], connections: &[u32], measurements: &Measurements) -> String {
    let ratio = |workload, n| measurements.ratio(workload, n).unwrap_or_default();
    let highest = workloads
        .iter()
        .flat_map(|&workload| connections.iter().map(move |&n| ratio(workload, n)))
        .fold(1.0, f64::max);
    // Rounded up to a multiple of 0.2, with space for a number above the highest bar.
    let top = (highest * 5.0 + 0.5).ceil() / 5.0;
    let y = |ratio: f64| TOP + HEIGHT * (1.0 - ratio / top);

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
         aria-label=\"Requests per second of the service, divided by transactions per second of pgbench on the same PostgreSQL\">\n\
         <style>{STYLE}</style>\n",
        TOP + HEIGHT + 34.0,
    );
    legend(&mut out, connections);
    // Writing to a string cannot fail.
    for tick in (0u32..)
        .map(|i| f64::from(i) / 5.0)
        .take_while(|tick| *tick <= top + 0.01)
    {
        let class = if tick == 1.0 { "floor" } else { "axis" };
        let (at, right) = (y(tick), WIDTH - RIGHT);
        let _ = writeln!(
            out,
            r#"<line class="{class}" x1="{LEFT}" y1="{at:.1}" x2="{right}" y2="{at:.1}"/>"#
        );
        let _ = writeln!(
            out,
            r#"<text class="end" x="{}" y="{:.1}">{tick:.1}</text>"#,
            LEFT - 8.0,
            at + 4.0
        );
    }
    let group = (WIDTH - LEFT - RIGHT) / workloads.len() as f64;
    let bar = group * 0.8 / connections.len() as f64;
    for (i, &workload) in workloads.iter().enumerate() {
        let start = LEFT + group * (i as f64 + 0.1);
        for (j, &n) in connections.iter().enumerate() {
            let (x, value) = (start + bar * j as f64, ratio(workload, n));
            let (at, colour) = (y(value), COLOURS[j % COLOURS.len()]);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{at:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\" fill=\"{colour}\"/>\
                 <text class=\"value middle\" x=\"{:.1}\" y=\"{:.1}\">{value:.2}</text>",
                bar - 3.0,
                TOP + HEIGHT - at,
                x + bar / 2.0 - 1.5,
                at - 5.0,
            );
        }
        let (middle, below) = (start + group * 0.4, TOP + HEIGHT + 22.0);
        let _ = writeln!(
            out,
            r#"<text class="middle" x="{middle:.1}" y="{below}">{}</text>"#,
            workload.name()
        );
    }
    out.push_str("</svg>\n");
    out
}

fn legend(out: &mut String, connections: &[u32]) {
    let mut x = LEFT;
    for (i, n) in connections.iter().enumerate() {
        let label = format!("{n} connection{}", if *n == 1 { "" } else { "s" });
        let colour = COLOURS[i % COLOURS.len()];
        let _ = writeln!(
            out,
            r#"<rect x="{x}" y="13" width="12" height="12" rx="2" fill="{colour}"/><text x="{}" y="24">{label}</text>"#,
            x + 18.0,
        );
        x += 140.0;
    }
    let _ = writeln!(
        out,
        r#"<line class="floor" x1="{x}" y1="19" x2="{}" y2="19"/><text x="{}" y="24">PostgreSQL alone (pgbench)</text>"#,
        x + 24.0,
        x + 32.0,
    );
}
