import Foundation
import SendLogContent
import SendLogCore
import Testing

/// Makes what the tests of the store on PostgreSQL record.
enum TestLog {
    /// A log that starts at noon of a day since 1970.
    static func log(
        _ id: String,
        campaign: String = "spring",
        message: String = "Hi",
        day: Int = 19_000,
        count: Int = 0
    ) throws -> NewSendLog {
        try intake(
            """
            {"_id":"\(id)","campaign_id":"\(campaign)","message":"\(message)","triggeredBy":"manual",\
            "startDeliveryAt":"\(try #require(Timestamp(milliseconds: Int64(day) * 86_400_000 + 43_200_000)))",\
            "destinations":[\((0..<count).map { "\"2782\(7_000_000 + $0)\"" }.joined(separator: ","))]}
            """
        )
    }

    /// A log taken in from its JSON, as a client's is: long lists are cut into chunks and spooled.
    static func intake(_ json: String) throws -> NewSendLog {
        let context = IntakeContext(ids: SendLogIDSource(), spoolFolder: NSTemporaryDirectory()) { .earliest }
        var intake = SendLogIntake(context)
        try Array(json.utf8).withUnsafeBufferPointer { try intake.feed($0) }
        return try intake.finish()
    }
}

extension Directory {
    /// A new organisation.
    func organisation(_ name: String = "Acme") async throws -> OrganisationID {
        try await createOrganisation(named: #require(OrganisationName(name)), at: .earliest).id
    }
}
