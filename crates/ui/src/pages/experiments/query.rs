//! Which runs, in which order, with which columns: as it stands in the URL.

use crate::frame::escaped;

/// What is asked for, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// `training`, `trial`, or nothing.
    pub kind: String,
    /// In names, or at the beginning of ids.
    pub text: String,
    /// The metric whose value is bounded.
    pub metric: String,
    /// Its least value.
    pub least: String,
    /// Its largest value.
    pub most: String,
    /// The column sorted by; by time where there is none.
    pub sort: Option<Column>,
    /// Whether the smallest, or the oldest, comes first.
    pub rising: bool,
    /// The columns chosen; the usual ones where there are none.
    pub columns: Vec<Column>,
    /// The page, from 1.
    pub page: u64,
    /// Runs to compare, as they were given.
    pub runs: Vec<String>,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// A metric.
    Metric(String),
    /// A parameter.
    Param(String),
}

impl Column {
    /// As it stands in the URL: `m.r2`, `p.max_depth`.
    pub fn key(&self) -> String {
        match self {
            Self::Metric(name) => format!("m.{name}"),
            Self::Param(name) => format!("p.{name}"),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        let (Self::Metric(name) | Self::Param(name)) = self;
        name
    }

    fn parse(key: &str) -> Option<Self> {
        match key.split_once('.')? {
            ("m", name) => Some(Self::Metric(name.to_owned())),
            ("p", name) => Some(Self::Param(name.to_owned())),
            _ => None,
        }
    }
}

impl Query {
    /// Of the parts of a URL. What is not known is passed over.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        let mut query = Self { page: 1, ..Self::default() };
        for (name, value) in pairs {
            match name.as_str() {
                "kind" if matches!(value.as_str(), "training" | "trial") => query.kind = value,
                "q" => query.text = value.trim().chars().take(200).collect(),
                "metric" => query.metric = value,
                "min" => query.least = value.trim().to_owned(),
                "max" => query.most = value.trim().to_owned(),
                "sort" => query.sort = Column::parse(&value),
                "order" => query.rising = value == "rising",
                "col" => query.columns.extend(Column::parse(&value).filter(|column| !query.columns.contains(column))),
                "page" => query.page = value.parse().unwrap_or(1).max(1),
                "runs" => {
                    query.runs.extend(value.split(',').map(|run| run.trim().to_owned()).filter(|run| !run.is_empty()));
                }
                _ => {}
            }
        }
        query
    }

    /// The least and the largest value; what was typed where that is no number.
    pub fn bounds(&self) -> Result<(Option<f64>, Option<f64>), &str> {
        let parse = |text: &'_ str| -> Result<Option<f64>, ()> {
            if text.is_empty() {
                return Ok(None);
            }
            let number = text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(Some).ok_or(())
        };
        Ok((parse(&self.least).map_err(|()| self.least.as_str())?, parse(&self.most).map_err(|()| self.most.as_str())?))
    }

    /// Whether it lets every run through.
    pub fn is_open(&self) -> bool {
        self.kind.is_empty() && self.text.is_empty() && self.metric.is_empty()
    }

    /// The URL of this.
    pub fn href(&self) -> String {
        let mut parts: Vec<(&str, String)> = Vec::new();
        let texts = [
            ("kind", &self.kind),
            ("q", &self.text),
            ("metric", &self.metric),
            ("min", &self.least),
            ("max", &self.most),
        ];
        parts.extend(
            texts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())),
        );
        parts.extend(self.sort.iter().map(|column| ("sort", column.key())));
        if self.rising {
            parts.push(("order", "rising".to_owned()));
        }
        parts.extend(self.columns.iter().map(|column| ("col", column.key())));
        if self.page > 1 {
            parts.push(("page", self.page.to_string()));
        }
        let parts: Vec<String> = parts.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let mark = if parts.is_empty() { "" } else { "?" };
        format!("/ui/experiments{mark}{}", parts.join("&"))
    }

    /// The same on another page.
    pub fn on_page(&self, page: u64) -> Self {
        Self { page, ..self.clone() }
    }

    /// The same sorted by a column, or the other way round where it is already.
    pub fn sorted_by(&self, column: Option<&Column>) -> Self {
        let same = self.sort.as_ref() == column;
        Self { sort: column.cloned(), rising: same && !self.rising, page: 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let pairs = text.split('&').filter_map(|part| part.split_once('='));
        Query::of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn a_query_stands_in_its_url() {
        let text = "kind=trial&q=a&metric=r2&min=0.5&sort=m.r2&order=rising&col=m.r2&col=p.max_depth&page=3";
        assert_eq!(query(text).href(), format!("/ui/experiments?{text}"));
        assert_eq!(query("").href(), "/ui/experiments");
        assert_eq!(query("kind=evil&col=x&sort=&page=0").href(), "/ui/experiments");
        assert_eq!(query("q=a b<&").href(), "/ui/experiments?q=a%20b%3C");
    }

    #[test]
    fn bounds_are_numbers_or_what_was_typed() {
        assert_eq!(query("min=0,5&max=").bounds(), Ok((Some(0.5), None)));
        assert_eq!(query("max=many").bounds(), Err("many"));
    }

    #[test]
    fn runs_are_given_apart_or_together() {
        assert_eq!(query("runs=a,b&runs=c&runs=").runs, ["a", "b", "c"]);
    }
}
