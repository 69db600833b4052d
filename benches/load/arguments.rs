//! The command line.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// What to measure, and how long.
#[derive(Debug, Clone)]
pub struct Arguments {
    pub postgres: Option<String>,
    /// Whether SQLite is left out.
    pub without_sqlite: bool,
    pub only: Vec<String>,
    pub seconds: f64,
    pub rounds: usize,
    pub small: u64,
    pub large: u64,
    pub core: Option<usize>,
    /// Set in child processes: which floor to be.
    pub floor: Option<String>,
    /// Set in child processes: the floor's database.
    pub database: String,
    /// Rows that one create writes, for the floors that write the same.
    pub rows: usize,
}

/// Where the service keeps its data.
#[derive(Debug, Clone)]
pub enum Engine {
    Sqlite,
    /// With the address of a server where databases can be made.
    Postgres(String),
}

impl Engine {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self::default();
        while let Some(word) = words.next() {
            if word == "--bench" {
                continue;
            }
            let value = words.next().with_context(|| format!("{word} needs a value"))?;
            parsed.set(&word, &value).with_context(|| format!("{word} {value}"))?;
        }
        Ok(parsed)
    }

    fn set(&mut self, word: &str, value: &str) -> Result<()> {
        match word {
            "--postgres" => self.postgres = Some(value.to_owned()),
            "--sqlite" => self.without_sqlite = value == "no",
            "--only" => self.only = value.split(',').map(str::to_owned).collect(),
            "--seconds" => self.seconds = value.parse()?,
            "--rounds" => self.rounds = value.parse()?,
            "--small" => self.small = value.parse()?,
            "--large" => self.large = value.parse()?,
            "--core" => self.core = Some(value.parse()?),
            "--floor" => self.floor = Some(value.to_owned()),
            "--database" => self.database = value.to_owned(),
            "--rows" => self.rows = value.parse()?,
            _ => bail!("unknown; known are --postgres --sqlite no --only --seconds --rounds --small --large --core"),
        }
        Ok(())
    }

    pub fn wants(&self, scenario: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == scenario)
    }

    pub fn engines(&self) -> Vec<Engine> {
        let postgres = self.postgres.clone().map(Engine::Postgres);
        let sqlite = (!self.without_sqlite).then_some(Engine::Sqlite);
        sqlite.into_iter().chain(postgres).collect()
    }

    pub fn round(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

impl Default for Arguments {
    fn default() -> Self {
        let postgres = std::env::var("OMEET_TEST_POSTGRES_URL").ok();
        let (small, large) = (10_000, 1_000_000);
        Self {
            postgres,
            without_sqlite: false,
            only: vec![],
            seconds: 5.0,
            rounds: 5,
            small,
            large,
            core: None,
            floor: None,
            database: String::new(),
            rows: 6,
        }
    }
}
