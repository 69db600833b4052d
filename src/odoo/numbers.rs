//! Odoo's clients know records by whole numbers, omeet knows them by identifiers.
//!
//! A number is given when a client first sees the record, counts up per organization and model, and never changes: so both
//! directions may be remembered without a limit of time.

use std::collections::{HashMap, HashSet};

use quick_cache::sync::Cache;
use uuid::Uuid;

use super::model::{Identity, Model};
use super::number_store as store;
use super::records::keys;
use crate::db::{Arg, Cell, Condition, Db, Sql, Tx};
use crate::kernel::{Ctx, Failure, OrgId};

/// How many are numbered in one unit of work.
const CHUNK: u32 = 5_000;

/// What tells rows of a model apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// An identifier of omeet's.
    Record(Uuid),
    /// A text.
    Word(String),
    /// A number.
    Number(i64),
}

impl Key {
    /// From the column that tells rows apart.
    pub fn from_cell(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Id(id) => Some(Self::Record(*id)),
            Cell::Text(word) => Some(Self::Word(word.to_string())),
            Cell::Int(number) => Some(Self::Number(*number)),
            Cell::Null | Cell::Real(_) | Cell::Bool(_) | Cell::Json(_) => None,
        }
    }
}

impl From<&Key> for Arg {
    fn from(key: &Key) -> Self {
        match key {
            Key::Record(id) => Self::Id(Some(*id)),
            Key::Word(word) => Self::Text(Some(word.clone())),
            Key::Number(number) => Self::Int(Some(*number)),
        }
    }
}

type Place<T> = (OrgId, &'static str, T);

/// The numbers of all organizations.
pub struct Numbers {
    db: Db,
    by_key: Cache<Place<Key>, i64>,
    by_number: Cache<Place<i64>, Key>,
}

impl Numbers {
    /// Kept in `db`.
    pub fn new(db: Db) -> Self {
        Self { db, by_key: Cache::new(100_000), by_number: Cache::new(100_000) }
    }

    /// The number of each of `keys`, in their order; those that had none get one.
    pub async fn each(&self, org: OrgId, model: &'static Model, keys: &[Option<Key>]) -> Result<Vec<Option<i64>>, Failure> {
        let (mut numbers, mut unknown) = (Vec::with_capacity(keys.len()), false);
        let mut last = (None, None);
        for key in keys.iter().map(Option::as_ref) {
            // Rows of one page often point at the same record.
            if key != last.0 {
                last = (key, key.and_then(|key| self.known(org, model, key)));
                unknown |= key.is_some() && last.1.is_none();
            }
            numbers.push(last.1);
        }
        if !unknown {
            return Ok(numbers);
        }
        let given = self.of(org, model, keys.iter().flatten().cloned()).await?;
        Ok(keys.iter().map(|key| given.get(key.as_ref()?).copied()).collect())
    }

    fn known(&self, org: OrgId, model: &Model, key: &Key) -> Option<i64> {
        match key {
            Key::Number(number) => Some(*number),
            key => self.by_key.get(&(org, model.name, key.clone())),
        }
    }

    /// The numbers of `keys`; those that had none get one.
    pub async fn of(&self, org: OrgId, model: &'static Model, keys: impl IntoIterator<Item = Key>) -> Result<HashMap<Key, i64>, Failure> {
        let (mut numbers, mut unknown) = (HashMap::new(), HashSet::new());
        for key in keys {
            match self.known(org, model, &key) {
                Some(number) => drop(numbers.insert(key, number)),
                None => drop(unknown.insert(key)),
            }
        }
        if !unknown.is_empty() {
            self.look_up(org, model, unknown.into_iter().collect(), &mut numbers).await?;
        }
        Ok(numbers)
    }

    async fn look_up(&self, org: OrgId, model: &'static Model, unknown: Vec<Key>, numbers: &mut HashMap<Key, i64>) -> Result<(), Failure> {
        let mut found = store::of_keys(&mut self.db.reader().await?, org, model.name, model.identity, &unknown).await?;
        if found.len() < unknown.len() {
            let wanted = unknown.clone();
            self.db.unit(move |tx| Box::pin(async move { store::give(tx, org, model.name, model.identity, wanted).await })).await?;
            found = store::of_keys(&mut self.db.reader().await?, org, model.name, model.identity, &unknown).await?;
        }
        for (number, key) in found {
            self.remember(org, model, number, &key);
            numbers.insert(key, number);
        }
        Ok(())
    }

    fn remember(&self, org: OrgId, model: &'static Model, number: i64, key: &Key) {
        self.by_key.insert((org, model.name, key.clone()), number);
        self.by_number.insert((org, model.name, number), key.clone());
    }

    /// The number of one key.
    pub async fn one(&self, org: OrgId, model: &'static Model, key: Key) -> Result<i64, Failure> {
        let numbers = self.of(org, model, [key.clone()]).await?;
        numbers.get(&key).copied().ok_or_else(|| Failure::internal(anyhow::anyhow!("no number for a record of {}", model.name)))
    }

    /// The keys of `numbers`, in their order; unknown numbers are left out.
    pub async fn keys(&self, tx: &mut Tx, org: OrgId, model: &'static Model, numbers: &[i64]) -> Result<Vec<(i64, Key)>, Failure> {
        if model.identity == Identity::Number {
            return Ok(numbers.iter().map(|number| (*number, Key::Number(*number))).collect());
        }
        let mut known: HashMap<i64, Key> = HashMap::new();
        let mut unknown = Vec::new();
        for number in numbers {
            match self.by_number.get(&(org, model.name, *number)) {
                Some(key) => drop(known.insert(*number, key)),
                None => unknown.push(*number),
            }
        }
        for (number, key) in store::of_numbers(tx, org, model.name, &unknown).await? {
            self.remember(org, model, number, &key);
            known.insert(number, key);
        }
        Ok(numbers.iter().filter_map(|number| known.get(number).map(|key| (*number, key.clone()))).collect())
    }

    /// Numbers everything of a model, oldest first: whoever compares numbers by size means all of them.
    pub async fn settle(&self, org: OrgId, model: &'static Model) -> Result<(), Failure> {
        if model.identity == Identity::Number {
            return Ok(());
        }
        loop {
            let keys = self.unnumbered(org, model).await?;
            let last = keys.len() < CHUNK as usize;
            if !keys.is_empty() {
                self.db.unit(move |tx| Box::pin(async move { store::give(tx, org, model.name, model.identity, keys).await })).await?;
            }
            if last {
                return Ok(());
            }
        }
    }

    async fn unnumbered(&self, org: OrgId, model: &'static Model) -> Result<Vec<Key>, Failure> {
        let mut tx = self.db.reader().await?;
        let numbered = Condition::Within {
            before: model.key_in(),
            after: "",
            key: model.number_key(),
            relation: &store::RELATION,
            inner: Box::new(Condition::Compare("o.model", crate::db::Comparison::Equal, model.name.into())),
        };
        let columns = vec![model.key_column()];
        let ctx = Ctx::system(org, String::new());
        let mut sql = Sql::select_columns(tx.engine(), &ctx, &columns);
        sql.rows_of(model.relation, tx.engine(), &ctx, &Condition::Not(Box::new(numbered)));
        sql.push(" order by ").push(model.relation.identity).push(" limit ").bind(CHUNK);
        let rows = sql.fetch_rows(&mut tx, columns).await?;
        Ok(keys(&*rows.table()?, 0).into_iter().flatten().collect())
    }
}
