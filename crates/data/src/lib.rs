//! Sources, readers and the recipe: from bytes to the features of a model.
