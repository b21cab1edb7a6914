//! Columns in training and single rows in serving give the same bits.

mod support;

use support::{project, real_rows};
use tidewheel_data::recipe::Recipe;

#[test]
fn every_row_of_the_real_data_set_has_the_same_features_either_way() {
    let project = project("");
    let rows = real_rows(&project, usize::MAX);
    assert!(rows.len() > 15_000, "{} rows", rows.len());
    let places = (0..rows.len()).collect::<Vec<_>>();
    let fitted = Recipe::fit(&project, &rows.table, &places, &rows.keys).expect("fits");
    let columns = fitted.recipe.columns(&rows.table, &places);
    for row in places {
        // As a request would bring it: through JSON text and back.
        let input = fitted.recipe.input_row(&rows.table, row);
        let text = serde_json::to_string(&input.to_json(&fitted.recipe)).expect("JSON");
        assert_eq!(input.to_json_text(&fitted.recipe), text);
        let object = serde_json::from_str(&text).expect("JSON");
        let parsed = fitted.recipe.parse_row(&object).unwrap_or_else(|errors| panic!("row {row}: {errors:?}"));
        assert_eq!(fitted.recipe.parse_plain_row(text.as_bytes()).as_ref(), Some(&parsed), "row {row}: {text}");
        let single = fitted.recipe.row_features(&parsed);
        for (feature, column) in columns.iter().enumerate() {
            assert_eq!(single[feature].to_bits(), column[row].to_bits(), "row {row}, feature {feature}");
        }
    }
}

#[test]
fn plain_rows_mean_what_the_careful_parser_reads() {
    let project = project("");
    let rows = real_rows(&project, 2_000);
    let places = (0..rows.len()).collect::<Vec<_>>();
    let recipe = Recipe::fit(&project, &rows.table, &places, &rows.keys).expect("fits").recipe;
    let plain = [
        "{}",
        r#" {"bed":3,"bath":2.5,"state":" Puerto Rico ","zip_code":"601.0","acre_lot":null} "#,
        r#"{"house_size":1e3,"status":"","city":"S\u00e3o \"x\"","bed":-0}"#,
    ];
    for text in plain {
        let object = serde_json::from_str(text).expect("JSON");
        let careful = recipe.parse_row(&object);
        assert_eq!(recipe.parse_plain_row(text.as_bytes()), careful.as_ref().ok().cloned(), "{text}: {careful:?}");
    }
    let unusual = [
        "",
        "[]",
        "{",
        "{} x",
        r#"{"bed":1,"bed":1}"#,
        r#"{"unknown":1}"#,
        r#"{"bed":"3"}"#,
        r#"{"bed":true}"#,
        r#"{"bed":NaN}"#,
        r#"{"bed":1e999}"#,
        r#"{"zip_code":601}"#,
        r#"{"state":["x"]}"#,
        r#"{"city":"\u0001NaN"}"#,
    ];
    for text in unusual {
        assert_eq!(recipe.parse_plain_row(text.as_bytes()), None, "{text}");
    }
}
