import Foundation
import SendLogContent
package import SendLogCore
import Testing

/// Makes the logs that the checks and the tests of each store record.
package enum Sample {
    /// The start of a log if its check gives no other.
    package static let start = Timestamp(milliseconds: 1_650_000_000_000)

    /// A log; `start: nil` is a log whose sender gave no start.
    package static func log(
        _ id: String,
        campaign: String = "spring",
        message: String = "Hi {{contact.firstname}}",
        triggeredBy: String = "manual",
        start: Timestamp? = Self.start,
        now: Timestamp? = Self.start,
        destinations: [String] = []
    ) throws -> PreparedSendLog {
        PreparedSendLog(
            id: try #require(SendLogID(id)),
            campaignID: try #require(CampaignID(campaign)),
            message: Array(message.utf8),
            triggeredBy: Array(triggeredBy.utf8),
            start: start,
            now: try #require(now),
            destinations: list(destinations)
        )
    }

    /// Logs `prefix-0`, `prefix-1` and so on.
    package static func logs(
        _ count: Int,
        _ prefix: String,
        campaign: String = "spring",
        start: (Int) -> Timestamp? = { _ in Self.start }
    ) throws -> [PreparedSendLog] {
        try (0..<count).map { try log("\(prefix)-\($0)", campaign: campaign, start: start($0)) }
    }

    /// A log that starts at noon of a day, counted from 1970, with `count` destinations of eleven digits.
    ///
    /// A list that is longer than a chunk is parsed and spooled as in a request.
    package static func plain(
        _ id: String,
        campaign: String = "spring",
        message: String = "Hi",
        day: Int = 19_000,
        count: Int = 0
    ) throws -> PreparedSendLog {
        let numbers = (0..<count).map { "2782\(7_000_000 + $0)" }
        return PreparedSendLog(
            id: try #require(SendLogID(id)),
            campaignID: try #require(CampaignID(campaign)),
            message: Array(message.utf8),
            triggeredBy: Array("manual".utf8),
            start: try #require(Timestamp(milliseconds: Int64(day) * 86_400_000 + 43_200_000)),
            now: .earliest,
            destinations: try count > 8192 ? parsed(id, destinations: numbers).destinations : list(numbers)
        )
    }

    /// A list in one chunk.
    static func list(_ destinations: [String]) -> DestinationList {
        let text = arrayInside(destinations)
        var digest = ListDigest()
        digest.add(text)
        return DestinationList(
            count: destinations.count,
            digest: digest.value(),
            chunks: destinations.isEmpty ? [] : [DestinationChunk(text: text, count: destinations.count)]
        )
    }

    /// The content of the JSON array of these destinations.
    static func arrayInside(_ destinations: [String]) -> [UInt8] {
        var text: [UInt8] = []
        for (index, destination) in destinations.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text.appendJSON(destination)
        }
        return text
    }

    /// Parses a log from its JSON, as in a request: long lists are cut into chunks and spooled.
    static func parsed(_ id: String, destinations: [String]) throws -> PreparedSendLog {
        let context = ParserContext(ids: SendLogIDSource(), spoolFolder: NSTemporaryDirectory()) { .earliest }
        var json = Array(#"{"_id":""#.utf8)
        json.append(contentsOf: id.utf8)
        json.append(contentsOf: #"","campaign_id":"spring","message":"Hi","triggeredBy":"manual","#.utf8)
        json.append(contentsOf: #""startDeliveryAt":"2022-04-15T05:20:00Z","destinations":["#.utf8)
        json.append(contentsOf: arrayInside(destinations))
        json.append(contentsOf: "]}".utf8)
        var parser = SendLogParser(context)
        try json.withUnsafeBufferPointer { try parser.feed($0) }
        return try parser.finish()
    }

    /// Parses a time in the notation of RFC 3339.
    static func at(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text))
    }

    /// The time so many milliseconds after ``start``.
    static func later(_ milliseconds: Int) -> Timestamp? {
        start.flatMap { Timestamp(milliseconds: $0.milliseconds + Int64(milliseconds)) }
    }

    /// The campaign ids with these texts.
    static func campaigns(_ texts: String...) throws -> [CampaignID] {
        try texts.map { try #require(CampaignID($0)) }
    }
}

extension OrganisationStore {
    /// Creates an organisation.
    package func organisation(_ name: String = "Acme") async throws -> OrganisationID {
        try await createOrganisation(named: #require(OrganisationName(name)), at: .earliest).id
    }
}

extension PreparedSendLog {
    /// Prepares a log from its fields.
    package init(
        id: SendLogID,
        campaignID: CampaignID,
        message: [UInt8],
        triggeredBy: [UInt8],
        start: Timestamp?,
        now: Timestamp,
        destinations: DestinationList
    ) {
        let parsed = ParsedSendLog(
            id: id,
            campaignID: campaignID,
            message: message,
            triggeredBy: triggeredBy,
            start: start
        )
        self.init(parsed, id: id, now: now, destinations: destinations)
    }
}
