import SendLogContent
import SendLogCore
import Testing

/// Makes what the tests of the embedded store record.
enum TestLog {
    /// A log that starts at noon of a day since 1970.
    static func log(
        _ id: String,
        campaign: String = "spring",
        message: String = "Hi",
        day: Int = 19_000,
        count: Int = 0
    ) throws -> NewSendLog {
        let text = Array((0..<count).map { "\"27\($0)\"" }.joined(separator: ",").utf8)
        var digest = ListDigest()
        digest.add(text)
        return NewSendLog(
            id: try #require(SendLogID(id)),
            campaignID: try #require(CampaignID(campaign)),
            message: Array(message.utf8),
            triggeredBy: Array("manual".utf8),
            start: Timestamp(milliseconds: Int64(day) * 86_400_000 + 43_200_000),
            now: .earliest,
            destinations: DestinationList(
                count: count,
                digest: digest.value(),
                chunks: count == 0 ? [] : [DestinationChunk(text: text, count: count)]
            )
        )
    }
}

extension Directory {
    /// A new organisation.
    func organisation(_ name: String = "Acme") async throws -> OrganisationID {
        try await createOrganisation(named: #require(OrganisationName(name)), at: .earliest).id
    }
}
