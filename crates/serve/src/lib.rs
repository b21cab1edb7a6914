//! Everything of Tidewheel that speaks HTTP.
