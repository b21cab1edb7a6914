//! Gradient boosted trees: train, predict, explain (exact SHAP), tune; XGBoost's model formats.
