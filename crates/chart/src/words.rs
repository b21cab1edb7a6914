//! Words that stand in pictures.

/// The words of [`Effects`](crate::interval::Effects).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectLabels {
    /// Beside the bound.
    pub bound: String,
    /// The axis.
    pub axis: String,
    /// What a filled dot means.
    pub counts: String,
    /// What a hollow dot means.
    pub open: String,
}

impl EffectLabels {
    /// In English.
    pub fn english() -> Self {
        Self {
            bound: "bound: from here on it counts".to_owned(),
            axis: "effect, in multiples of its bound".to_owned(),
            counts: "beyond its bound".to_owned(),
            open: "not shown to matter".to_owned(),
        }
    }

    /// In Spanish.
    pub fn spanish() -> Self {
        Self {
            bound: "límite: desde aquí cuenta".to_owned(),
            axis: "efecto, en múltiplos de su límite".to_owned(),
            counts: "más allá de su límite".to_owned(),
            open: "no se mostró que importe".to_owned(),
        }
    }
}

/// The words of [`Categories`](crate::categories::Categories).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategoryLabels {
    /// What the ring is.
    pub reference: String,
    /// What the dot is.
    pub current: String,
    /// Beside a level that the reference lacks.
    pub new: String,
    /// Beside a level that is in the reference alone.
    pub gone: String,
    /// Below the last, with `{}` for how many are not drawn.
    pub more: String,
}

impl CategoryLabels {
    /// In English.
    pub fn english() -> Self {
        Self {
            reference: "reference".to_owned(),
            current: "current".to_owned(),
            new: "new".to_owned(),
            gone: "gone".to_owned(),
            more: "and {} more".to_owned(),
        }
    }

    /// In Spanish.
    pub fn spanish() -> Self {
        Self {
            reference: "referencia".to_owned(),
            current: "actual".to_owned(),
            new: "nueva".to_owned(),
            gone: "ausente".to_owned(),
            more: "y {} más".to_owned(),
        }
    }
}

/// The words of [`Bridge`](crate::bridge::Bridge).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BridgeLabels {
    /// What adds.
    pub raises: String,
    /// What takes.
    pub lowers: String,
    /// The small steps together.
    pub others: String,
}

impl BridgeLabels {
    /// In English.
    pub fn english() -> Self {
        Self { raises: "raises".to_owned(), lowers: "lowers".to_owned(), others: "all others".to_owned() }
    }

    /// In Spanish.
    pub fn spanish() -> Self {
        Self { raises: "sube".to_owned(), lowers: "baja".to_owned(), others: "todos los demás".to_owned() }
    }
}
