//! The table at the end, as Markdown.

use std::fmt;

use crate::load::Round;

/// The middle value.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() { f64::NAN } else { sorted[sorted.len() / 2] }
}

/// The round of medians.
pub fn middle(rounds: &[Round]) -> Round {
    Round {
        per_second: median(rounds.iter().map(|round| round.per_second)),
        p50_us: median(rounds.iter().map(|round| round.p50_us)),
        p99_us: median(rounds.iter().map(|round| round.p99_us)),
    }
}

/// Collected rows.
#[derive(Debug, Default)]
pub struct Report {
    loads: Vec<[String; 7]>,
    facts: Vec<[String; 4]>,
}

impl Report {
    /// Rounds of the service, and the median of `ratios` against `floor`, with the least it should be.
    pub fn load(&mut self, engine: &str, what: &str, rounds: &[Round], ratio: Option<(f64, f64)>) {
        let Round { per_second, p50_us, p99_us } = middle(rounds);
        let [ratio, bar] = ratio.map_or([String::new(), String::new()], |(ratio, bar)| {
            [format!("{ratio:.2}"), if bar > 0.0 { format!(">= {bar:.2}") } else { String::new() }]
        });
        self.loads.push([
            engine.into(),
            what.into(),
            format!("{per_second:.0}"),
            format!("{p50_us:.0}"),
            format!("{p99_us:.0}"),
            ratio,
            bar,
        ]);
        eprintln!("   {}", self.loads[self.loads.len() - 1].join(" | "));
    }

    /// One figure and what it should be.
    pub fn fact(&mut self, engine: &str, what: &str, value: String, bar: &str) {
        self.facts.push([engine.into(), what.into(), value, bar.into()]);
        eprintln!("   {}", self.facts[self.facts.len() - 1].join(" | "));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "| engine | what | per second | p50 us | p99 us | of the floor | bar |\n|---|---|---|---|---|---|---|")?;
        self.loads.iter().try_for_each(|row| writeln!(out, "| {} |", row.join(" | ")))?;
        writeln!(out, "\n| engine | what | figure | bar |\n|---|---|---|---|")?;
        self.facts.iter().try_for_each(|row| writeln!(out, "| {} |", row.join(" | ")))
    }
}
