import SendLogCore
import SendLogNetwork

/// Resolves host names to addresses.
protocol AddressLookup: Sendable {
    /// Returns the addresses of a host, in the order in which to try them.
    ///
    /// - Parameters:
    ///   - host: a name, or an address in any notation
    ///   - organisation: the organisation of the webhook
    /// - Returns: the addresses; empty if the host has none.
    /// - Throws: ``LookupFailure``.
    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress]
}

/// A failed lookup: the host has no address, or the resolver cannot find it out.
struct LookupFailure: Error {
    /// The reason, for people.
    let reason: String
}
