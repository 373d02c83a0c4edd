package import SendLogCore

extension RouteInput {
    /// Returns the organisation of the API key.
    package func organisation() throws -> OrganisationID {
        guard let key else { throw APIError.internalError("a handler needs a key, but its route does not require one") }
        return key.organisation
    }
}
