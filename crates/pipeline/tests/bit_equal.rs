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
        let text = serde_json::to_string(&fitted.recipe.input_row(&rows.table, row).to_json(&fitted.recipe));
        let object = serde_json::from_str(&text.expect("JSON")).expect("JSON");
        let parsed = fitted.recipe.parse_row(&object).unwrap_or_else(|errors| panic!("row {row}: {errors:?}"));
        let single = fitted.recipe.row_features(&parsed);
        for (feature, column) in columns.iter().enumerate() {
            assert_eq!(single[feature].to_bits(), column[row].to_bits(), "row {row}, feature {feature}");
        }
    }
}
