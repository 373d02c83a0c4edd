import Testing

/// The tests that need the machine for themselves run one after the other.
@Suite(.serialized) enum UnderLoad {}
