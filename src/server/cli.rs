//! The command line: parses arguments and wires the parts together.
