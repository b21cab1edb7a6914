//! The runner: one turn of the loop as a graph of tasks.
