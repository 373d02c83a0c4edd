/// The format of destinations in a response.
public enum DestinationFormat: String, CaseIterable, Sendable {
    /// The number of destinations.
    case count
    /// The array of destinations.
    case list
}
