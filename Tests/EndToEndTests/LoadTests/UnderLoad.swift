import Testing

/// Tests that need the whole machine, and therefore run one after the other.
@Suite(.serialized) enum UnderLoad {}
