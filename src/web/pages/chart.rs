//! A column for every day, drawn on the server: the policy of the pages allows neither scripts nor styles of their own.

use std::fmt;

/// Units of the drawing.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 160;

/// Numbers over time.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Stands in identifiers.
    pub key: &'static str,
    /// What is counted.
    pub title: String,
    /// All columns together.
    pub total: i64,
    /// The largest number, which the scale ends with.
    pub most: i64,
    /// From left to right.
    pub columns: Vec<Column>,
}

/// One number.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it belongs to.
    pub label: String,
    /// The number.
    pub value: i64,
    /// Left edge.
    pub x: Tenths,
    /// Upper edge.
    pub y: i64,
    /// Width.
    pub width: Tenths,
    /// Height.
    pub height: i64,
}

/// A length in tenths of a unit.
#[derive(Debug, Clone, Copy)]
pub struct Tenths(i64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl Chart {
    /// Columns of equal width; a number that is not zero is always seen.
    pub fn new(key: &'static str, title: String, values: &[(String, i64)]) -> Self {
        let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
        let count = i64::try_from(values.len()).unwrap_or(1).max(1);
        let step = WIDTH * 10 / count;
        let columns = values.iter().zip(0..).map(|((label, value), at)| {
            let height = if *value > 0 { (value * HEIGHT / most).max(2) } else { 0 };
            Column {
                label: label.clone(),
                value: *value,
                x: Tenths(at * step + step / 8),
                y: HEIGHT - height,
                width: Tenths(step * 3 / 4),
                height,
            }
        });
        let total = values.iter().map(|(_, value)| value).sum();
        Self { key, title, total, most, columns: columns.collect() }
    }

    /// The first label.
    pub fn first(&self) -> &str {
        self.columns.first().map_or("", |column| &column.label)
    }

    /// The last label.
    pub fn last(&self) -> &str {
        self.columns.last().map_or("", |column| &column.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_on_the_ground_within_the_drawing() {
        let values: Vec<(String, i64)> = [0, 1, 1000, 500].into_iter().map(|value| (value.to_string(), value)).collect();
        let chart = Chart::new("x", String::new(), &values);
        let shown: Vec<(i64, i64)> = chart.columns.iter().map(|column| (column.y, column.height)).collect();
        assert_eq!(shown, [(160, 0), (158, 2), (0, 160), (80, 80)]);
        assert!(chart.columns.iter().all(|column| column.x.0 + column.width.0 <= WIDTH * 10));
        assert_eq!((chart.total, chart.most, Chart::new("x", String::new(), &[]).most), (1501, 1000, 1));
    }
}
