use serde_json::{Map, Value, json as object};

use crate::figure::{Goal, Role, Table, Unit};
use crate::measure::{Comparison, Measured, MeasuredRow, Measurement};
use crate::report::Report;

/// The whole run as JSON: every value of every round, in base units, with medians and ratios.
pub fn json(report: &Report) -> String {
    let figures: Vec<Value> = report.figures.iter().map(figure).collect();
    let tables: Vec<Value> = report.tables.iter().map(table).collect();
    let report = object!({
        "processor": report.processor,
        "rounds": report.rounds,
        "round_seconds": report.round.as_secs_f64(),
        "figures": figures,
        "tables": tables,
    });
    format!("{report:#}\n")
}

fn figure(figure: &Measured) -> Value {
    let rows: Vec<Value> = figure.rows.iter().map(row).collect();
    object!({ "name": figure.name, "rows": rows })
}

fn row(row: &MeasuredRow) -> Value {
    let results: Vec<Value> = row.results.iter().map(measurement).collect();
    object!({
        "what": row.row.what,
        "unit": unit(row.row.unit),
        "results": results,
        "against_limit": row.against_limit().map(|limit| comparison(&limit)),
        "against_peer": row.against_peer().map(|peer| comparison(&peer)),
    })
}

fn measurement(measurement: &Measurement) -> Value {
    let (least, greatest) = measurement.range().unzip();
    object!({
        "role": role(measurement.role),
        "name": measurement.name,
        "median": measurement.median(),
        "min": least,
        "max": greatest,
        "values": measurement.values,
    })
}

fn comparison(comparison: &Comparison<'_>) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), comparison.other.name.into());
    object.insert("ratio".to_owned(), comparison.ratio.into());
    match comparison.goal {
        Some(Goal::AtLeast(bound)) => object.insert("at_least".to_owned(), bound.into()),
        Some(Goal::AtMost(bound)) => object.insert("at_most".to_owned(), bound.into()),
        None => None,
    };
    object.insert("reached".to_owned(), comparison.reached().into());
    Value::Object(object)
}

fn table(table: &Table) -> Value {
    object!({ "title": table.title, "head": table.head, "rows": table.rows })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Ours => "ours",
        Role::Limit => "limit",
        Role::Peer => "peer",
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::PerSecond => "per second",
        Unit::BytesPerSecond => "bytes per second",
        Unit::Seconds => "seconds",
        Unit::SecondsPerByte => "seconds per byte",
        Unit::Bytes => "bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn json_has_every_round_and_every_ratio() {
        let value: Value = serde_json::from_str(&json(&report())).unwrap();
        let row = &value["figures"][0]["rows"][0];
        assert_eq!(row["what"], "speed");
        assert_eq!(row["results"][0]["values"], object!([80e3, 90e3, 100e3]));
        assert_eq!(row["results"][0]["median"], 90e3);
        let against = object!({ "name": "echo", "ratio": 0.9, "at_least": 0.93, "reached": false });
        assert_eq!(row["against_limit"], against);
        let absent = object!({ "name": "slow", "ratio": null, "reached": null });
        assert_eq!(value["figures"][0]["rows"][1]["against_peer"], absent);
        assert_eq!(value["tables"][0]["rows"], object!([["1", "2"]]));
    }
}
