//! SQL scalar expressions, compiled once to a tree of closures that serves columns in training and one row in
//! serving alike, so that both give the same bits.
//!
//! All numbers are f64; `1 / 2` is 0.5. Missing propagates as SQL's NULL does. A division by zero and every result
//! that is not finite is missing.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use sqlparser::ast::{self, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use thiserror::Error;

/// A cell of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Missing,
    /// A number, a date (days since 1970-01-01) or a boolean (0, 1). Never NaN.
    Number(f64),
    /// A category.
    Text(&'a str),
}

/// What a column holds, for the type check of expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// Numbers.
    Number,
    /// Texts.
    Text,
}

/// Why an expression cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("'{sql}': {reason}")]
pub struct ExpressionError {
    /// The expression as written.
    pub sql: String,
    /// What is wrong.
    pub reason: String,
}

type NumberFn = Box<dyn Fn(&[Cell<'_>]) -> Option<f64> + Send + Sync>;
type TextFn = Box<dyn for<'a> Fn(&'a [Cell<'a>]) -> Option<Cow<'a, str>> + Send + Sync>;
type TruthFn = Box<dyn Fn(&[Cell<'_>]) -> Option<bool> + Send + Sync>;

enum Node {
    Number(NumberFn),
    Text(TextFn),
    Truth(TruthFn),
}

impl Node {
    fn kind(&self) -> &'static str {
        match self {
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::Truth(_) => "a truth value",
        }
    }
}

/// A compiled expression that gives a number; truth values count 1 and 0.
pub struct NumberExpression {
    function: NumberFn,
    columns: Vec<usize>,
}

/// A compiled expression that gives true, false or unknown.
pub struct TruthExpression {
    function: TruthFn,
    columns: Vec<usize>,
}

impl std::fmt::Debug for NumberExpression {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NumberExpression")
    }
}

impl std::fmt::Debug for TruthExpression {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TruthExpression")
    }
}

impl NumberExpression {
    /// Compiles `sql` over the given columns; a row's cells must later stand in their order.
    pub fn compile(sql: &str, columns: &[(&str, CellType)]) -> Result<Self, ExpressionError> {
        let compiler = Compiler { sql, columns, used: RefCell::default() };
        let function = match compiler.node(&parse(sql)?)? {
            Node::Text(_) => {
                return Err(compiler.error("gives a text where a number is needed; encode the column instead"));
            }
            node => as_number(node),
        };
        Ok(Self { function, columns: compiler.used.into_inner().into_iter().collect() })
    }

    /// The places of the columns that the expression reads, in ascending order.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The value of a row, or `None` where it is missing.
    pub fn evaluate(&self, row: &[Cell<'_>]) -> Option<f64> {
        (self.function)(row).filter(|value| value.is_finite())
    }
}

impl TruthExpression {
    /// Compiles `sql` over the given columns; a row's cells must later stand in their order.
    pub fn compile(sql: &str, columns: &[(&str, CellType)]) -> Result<Self, ExpressionError> {
        let compiler = Compiler { sql, columns, used: RefCell::default() };
        match compiler.node(&parse(sql)?)? {
            Node::Truth(function) => Ok(Self { function, columns: compiler.used.into_inner().into_iter().collect() }),
            other => Err(compiler.error(&format!("gives {} where a condition is needed", other.kind()))),
        }
    }

    /// The places of the columns that the expression reads, in ascending order.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Whether the expression is true of a row; `None` where that is unknown.
    pub fn evaluate(&self, row: &[Cell<'_>]) -> Option<bool> {
        (self.function)(row)
    }
}

fn parse(sql: &str) -> Result<Expr, ExpressionError> {
    let fail = |reason: String| ExpressionError { sql: sql.to_owned(), reason };
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(sql).map_err(|error| fail(error.to_string()))?;
    let expr = parser.parse_expr().map_err(|error| fail(error.to_string()))?;
    match parser.peek_token().token {
        Token::EOF => Ok(expr),
        token => Err(fail(format!("unexpected '{token}' after the expression"))),
    }
}

struct Compiler<'a> {
    sql: &'a str,
    columns: &'a [(&'a str, CellType)],
    used: RefCell<BTreeSet<usize>>,
}

impl Compiler<'_> {
    fn error(&self, reason: &str) -> ExpressionError {
        ExpressionError { sql: self.sql.to_owned(), reason: reason.to_owned() }
    }

    fn number(&self, expr: &Expr) -> Result<NumberFn, ExpressionError> {
        match self.node(expr)? {
            Node::Number(function) => Ok(function),
            Node::Truth(function) => Ok(Box::new(move |row| function(row).map(|truth| f64::from(u8::from(truth))))),
            Node::Text(_) => Err(self.error(&format!("'{expr}' is a text where a number is needed"))),
        }
    }

    fn truth(&self, expr: &Expr) -> Result<TruthFn, ExpressionError> {
        match self.node(expr)? {
            Node::Truth(function) => Ok(function),
            other => Err(self.error(&format!("'{expr}' is {} where a condition is needed", other.kind()))),
        }
    }

    fn node(&self, expr: &Expr) -> Result<Node, ExpressionError> {
        match expr {
            Expr::Nested(inner) => self.node(inner),
            Expr::Identifier(identifier) => self.column(&identifier.value),
            Expr::Value(value) => self.literal(&value.value),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::IsNull(inner) => self.is_missing(inner, true),
            Expr::IsNotNull(inner) => self.is_missing(inner, false),
            Expr::Between { expr, negated, low, high } => {
                let (value, low, high) = (self.number(expr)?, self.number(low)?, self.number(high)?);
                let negated = *negated;
                Ok(Node::Truth(Box::new(move |row| {
                    let value = value(row)?;
                    Some((value >= low(row)? && value <= high(row)?) != negated)
                })))
            }
            Expr::In { expr, target: ast::InTarget::List(list), negated, global: false } => {
                let tests = list.iter().map(|item| self.compare(expr, &BinaryOperator::Eq, item));
                let tests = tests.collect::<Result<Vec<_>, _>>()?;
                let negated = *negated;
                Ok(Node::Truth(Box::new(move |row| {
                    let mut unknown = false;
                    for test in &tests {
                        match test(row) {
                            Some(true) => return Some(!negated),
                            Some(false) => {}
                            None => unknown = true,
                        }
                    }
                    if unknown { None } else { Some(negated) }
                })))
            }
            Expr::Case { operand: None, conditions, else_result, .. } => {
                let arms = conditions.iter().map(|arm| Ok((self.truth(&arm.condition)?, self.number(&arm.result)?)));
                let arms = arms.collect::<Result<Vec<_>, ExpressionError>>()?;
                let otherwise = else_result.as_ref().map(|expr| self.number(expr)).transpose()?;
                Ok(Node::Number(Box::new(move |row| {
                    for (condition, result) in &arms {
                        if condition(row) == Some(true) {
                            return result(row);
                        }
                    }
                    otherwise.as_ref().and_then(|otherwise| otherwise(row))
                })))
            }
            Expr::Function(function) => self.function(function),
            Expr::Floor { expr, .. } => self.map(expr, f64::floor),
            Expr::Ceil { expr, .. } => self.map(expr, f64::ceil),
            other => Err(self.error(&format!("'{other}' is not supported"))),
        }
    }

    fn column(&self, name: &str) -> Result<Node, ExpressionError> {
        let Some(index) = self.columns.iter().position(|(column, _)| *column == name) else {
            let known = self.columns.iter().map(|(column, _)| *column).collect::<Vec<_>>().join(", ");
            return Err(self.error(&format!("no column '{name}'; there are {known}")));
        };
        self.used.borrow_mut().insert(index);
        Ok(match self.columns[index].1 {
            CellType::Number => Node::Number(Box::new(move |row| match row[index] {
                Cell::Number(value) => Some(value),
                _ => None,
            })),
            CellType::Text => Node::Text(Box::new(move |row| match row[index] {
                Cell::Text(text) => Some(text.into()),
                _ => None,
            })),
        })
    }

    fn literal(&self, value: &ast::Value) -> Result<Node, ExpressionError> {
        match value {
            ast::Value::Number(text, _) => {
                let number = text.parse::<f64>().map_err(|_| self.error(&format!("'{text}' is not a number")))?;
                Ok(Node::Number(Box::new(move |_| Some(number))))
            }
            ast::Value::SingleQuotedString(text) => {
                let text = text.clone();
                Ok(Node::Text(Box::new(move |_| Some(text.clone().into()))))
            }
            ast::Value::Boolean(truth) => {
                let truth = *truth;
                Ok(Node::Truth(Box::new(move |_| Some(truth))))
            }
            ast::Value::Null => Ok(Node::Number(Box::new(|_| None))),
            other => Err(self.error(&format!("'{other}' is not supported"))),
        }
    }

    fn unary(&self, op: UnaryOperator, expr: &Expr) -> Result<Node, ExpressionError> {
        match op {
            UnaryOperator::Minus => self.map(expr, |value| -value),
            UnaryOperator::Plus => self.node(expr),
            UnaryOperator::Not => {
                let inner = self.truth(expr)?;
                Ok(Node::Truth(Box::new(move |row| inner(row).map(|truth| !truth))))
            }
            other => Err(self.error(&format!("operator '{other}' is not supported"))),
        }
    }

    fn binary(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Node, ExpressionError> {
        use BinaryOperator as Op;
        Ok(match op {
            Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                Node::Number(match op {
                    Op::Plus => Box::new(move |row| Some(left(row)? + right(row)?)),
                    Op::Minus => Box::new(move |row| Some(left(row)? - right(row)?)),
                    Op::Multiply => Box::new(move |row| Some(left(row)? * right(row)?)),
                    Op::Divide => Box::new(move |row| finite(left(row)? / right(row)?)),
                    _ => Box::new(move |row| finite(left(row)? % right(row)?)),
                })
            }
            Op::And => {
                let (left, right) = (self.truth(left)?, self.truth(right)?);
                Node::Truth(Box::new(move |row| match (left(row), right(row)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }))
            }
            Op::Or => {
                let (left, right) = (self.truth(left)?, self.truth(right)?);
                Node::Truth(Box::new(move |row| match (left(row), right(row)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                }))
            }
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => Node::Truth(self.compare(left, op, right)?),
            other => return Err(self.error(&format!("operator '{other}' is not supported"))),
        })
    }

    fn compare(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<TruthFn, ExpressionError> {
        let accepts: fn(Ordering) -> bool = match op {
            BinaryOperator::Eq => |order| order == Ordering::Equal,
            BinaryOperator::NotEq => |order| order != Ordering::Equal,
            BinaryOperator::Lt => |order| order == Ordering::Less,
            BinaryOperator::LtEq => |order| order != Ordering::Greater,
            BinaryOperator::Gt => |order| order == Ordering::Greater,
            _ => |order| order != Ordering::Less,
        };
        match (self.node(left)?, self.node(right)?) {
            (Node::Text(left), Node::Text(right)) => {
                Ok(Box::new(move |row| Some(accepts(left(row)?.as_ref().cmp(right(row)?.as_ref())))))
            }
            (Node::Text(_), other) | (other, Node::Text(_)) => {
                Err(self.error(&format!("'{left} {op} {right}' compares a text with {}", other.kind())))
            }
            (left, right) => {
                let (left, right) = (as_number(left), as_number(right));
                Ok(Box::new(move |row| left(row)?.partial_cmp(&right(row)?).map(accepts)))
            }
        }
    }

    fn is_missing(&self, expr: &Expr, wanted: bool) -> Result<Node, ExpressionError> {
        Ok(Node::Truth(match self.node(expr)? {
            Node::Number(inner) => Box::new(move |row| Some(inner(row).is_none() == wanted)),
            Node::Text(inner) => Box::new(move |row| Some(inner(row).is_none() == wanted)),
            Node::Truth(inner) => Box::new(move |row| Some(inner(row).is_none() == wanted)),
        }))
    }

    fn map(&self, expr: &Expr, function: fn(f64) -> f64) -> Result<Node, ExpressionError> {
        let inner = self.number(expr)?;
        Ok(Node::Number(Box::new(move |row| finite(function(inner(row)?)))))
    }

    fn function(&self, function: &ast::Function) -> Result<Node, ExpressionError> {
        let name = function.name.to_string().to_lowercase();
        let arguments = self.arguments(&name, function)?;
        let count = |wanted: usize| {
            if arguments.len() == wanted {
                Ok(())
            } else {
                Err(self.error(&format!("{name}() takes {wanted} argument(s), not {}", arguments.len())))
            }
        };
        let single: Option<fn(f64) -> f64> = match name.as_str() {
            "abs" => Some(f64::abs),
            "ln" => Some(f64::ln),
            "log10" => Some(f64::log10),
            "log2" => Some(f64::log2),
            "exp" => Some(f64::exp),
            "sqrt" => Some(f64::sqrt),
            "round" => Some(f64::round),
            "sign" => Some(|value| if value == 0.0 { 0.0 } else { value.signum() }),
            "year" => Some(|days| civil_from_days(days).0 as f64),
            "month" => Some(|days| civil_from_days(days).1 as f64),
            _ => None,
        };
        if let Some(single) = single {
            count(1)?;
            return self.map(arguments[0], single);
        }
        let numbers = || arguments.iter().map(|argument| self.number(argument)).collect::<Result<Vec<_>, _>>();
        match name.as_str() {
            "power" | "pow" => {
                count(2)?;
                let (base, exponent) = (self.number(arguments[0])?, self.number(arguments[1])?);
                Ok(Node::Number(Box::new(move |row| finite(base(row)?.powf(exponent(row)?)))))
            }
            "nullif" => {
                count(2)?;
                let value = self.number(arguments[0])?;
                let same = self.compare(arguments[0], &BinaryOperator::Eq, arguments[1])?;
                Ok(Node::Number(Box::new(move |row| if same(row) == Some(true) { None } else { value(row) })))
            }
            "coalesce" => {
                let numbers = numbers()?;
                Ok(Node::Number(Box::new(move |row| numbers.iter().find_map(|number| number(row)))))
            }
            "least" | "greatest" => {
                let numbers = numbers()?;
                let pick: fn(f64, f64) -> f64 = if name == "least" { f64::min } else { f64::max };
                Ok(Node::Number(Box::new(move |row| numbers.iter().filter_map(|number| number(row)).reduce(pick))))
            }
            "lower" | "upper" => {
                count(1)?;
                let inner = self.text(arguments[0])?;
                let lower = name == "lower";
                Ok(Node::Text(Box::new(move |row| {
                    inner(row).map(|text| if lower { text.to_lowercase() } else { text.to_uppercase() }.into())
                })))
            }
            "length" => {
                count(1)?;
                let inner = self.text(arguments[0])?;
                Ok(Node::Number(Box::new(move |row| inner(row).map(|text| text.chars().count() as f64))))
            }
            _ => Err(self.error(&format!(
                "no function '{name}'; there are abs, ln, log10, log2, exp, sqrt, round, floor, ceil, sign, power, \
                 coalesce, nullif, least, greatest, lower, upper, length, year, month"
            ))),
        }
    }

    fn text(&self, expr: &Expr) -> Result<TextFn, ExpressionError> {
        match self.node(expr)? {
            Node::Text(function) => Ok(function),
            other => Err(self.error(&format!("'{expr}' is {} where a text is needed", other.kind()))),
        }
    }

    fn arguments<'e>(&self, name: &str, function: &'e ast::Function) -> Result<Vec<&'e Expr>, ExpressionError> {
        let FunctionArguments::List(list) = &function.args else {
            return Err(self.error(&format!("{name} needs arguments in parentheses")));
        };
        list.args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
                other => Err(self.error(&format!("argument '{other}' of {name}() is not supported"))),
            })
            .collect()
    }
}

fn as_number(node: Node) -> NumberFn {
    match node {
        Node::Number(function) => function,
        Node::Truth(function) => Box::new(move |row| function(row).map(|truth| f64::from(u8::from(truth)))),
        // Callers have handled texts.
        Node::Text(_) => Box::new(|_| None),
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Year and month of a day counted from 1970-01-01 (proleptic Gregorian calendar).
fn civil_from_days(days: f64) -> (i64, i64) {
    let shifted = days.floor() as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [(&str, CellType); 3] = [("x", CellType::Number), ("y", CellType::Number), ("c", CellType::Text)];

    fn value(sql: &str, row: [Cell<'_>; 3]) -> Option<f64> {
        NumberExpression::compile(sql, &COLUMNS).expect("compiles").evaluate(&row)
    }

    const ROW: [Cell<'static>; 3] = [Cell::Number(6.0), Cell::Number(0.0), Cell::Text("sold")];
    const GAPS: [Cell<'static>; 3] = [Cell::Missing, Cell::Number(2.0), Cell::Missing];

    #[test]
    fn arithmetic_is_real_and_respects_precedence() {
        assert_eq!(value("1 / 2 + x * 2", ROW), Some(12.5));
        assert_eq!(value("-(x - 1) % 4", ROW), Some(-1.0));
        assert_eq!(value("power(x, 2) + abs(-1) + ln(exp(2))", ROW), Some(39.0));
    }

    #[test]
    fn division_by_zero_and_missing_are_missing() {
        assert_eq!(value("x / y", ROW), None);
        assert_eq!(value("x + y", GAPS), None);
        assert_eq!(value("ln(y - 1)", ROW), None);
        assert_eq!(value("coalesce(x, y, 9)", GAPS), Some(2.0));
    }

    #[test]
    fn conditions_follow_three_valued_logic() {
        assert_eq!(value("CASE WHEN c = 'sold' THEN 1 ELSE 0 END", ROW), Some(1.0));
        assert_eq!(value("CASE WHEN c = 'sold' THEN 1 ELSE 0 END", GAPS), Some(0.0));
        assert_eq!(value("CASE WHEN x IS NULL OR x > 5 THEN 1 END", GAPS), Some(1.0));
        assert_eq!(value("x > 5 AND y = 3", GAPS), Some(0.0));
        assert_eq!(value("c IN ('a', 'sold')", ROW), Some(1.0));
        assert_eq!(value("x NOT BETWEEN 1 AND 5", ROW), Some(1.0));
    }

    #[test]
    fn dates_give_year_and_month() {
        let row = [Cell::Number(19_782.0), Cell::Missing, Cell::Missing]; // 2024-02-29
        assert_eq!(value("year(x) * 100 + month(x)", row), Some(202_402.0));
        let row = [Cell::Number(-1.0), Cell::Missing, Cell::Missing]; // 1969-12-31
        assert_eq!(value("year(x) * 100 + month(x)", row), Some(196_912.0));
    }

    #[test]
    fn mistakes_are_named() {
        let error = |sql: &str| NumberExpression::compile(sql, &COLUMNS).expect_err("a mistake").to_string();
        assert!(error("z + 1").contains("no column 'z'"));
        assert!(error("c + 1").contains("is a text"));
        assert!(error("c = 1").contains("compares a text with a number"));
        assert!(error("foo(x)").contains("no function 'foo'"));
        assert!(error("x x").contains("unexpected 'x'"));
        assert!(error("x +").contains("'x +'"));
        assert!(error("(SELECT 1)").contains("not supported"));
        assert!(TruthExpression::compile("x", &COLUMNS).is_err());
    }

    #[test]
    fn the_columns_read_are_known() {
        let expression = NumberExpression::compile("y / (y + length(c))", &COLUMNS).expect("compiles");
        assert_eq!(expression.columns(), [1, 2]);
    }
}
