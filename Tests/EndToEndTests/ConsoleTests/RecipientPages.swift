import TestSupport
import Testing

/// An organisation with sends to a recipient, for the tests of its pages.
enum RecipientPages {
    /// The recipient, as a user enters it.
    static let number = "+27 82 555 0101"
    /// Its last digits without separators: no URL may have them.
    static let digits = ["5550101", "555%200101", "555+0101", "555 0101", "+27", "%2B27"]
    /// Another recipient of the same sends.
    static let other = "27839998877"

    /// Records 60 sends to the recipient in three months and two campaigns, and 20 to others.
    static func tenant(on server: Server? = nil, permissions: [String] = ["*"]) throws -> Tenant {
        let made = try (server ?? Shared.server).tenant(permissions: "*")
        // Without a calling code, the third list is a doubtful match, and the fourth one is none.
        let notations = [
            ["27825550101", "+27 82 555 0101"], ["0027825550101", "tel:+27-82-555-0101"], ["0825550101"], [],
        ]
        try made.record(
            (0..<80).map { number in
                let day = number % 28 + 1
                return SampleLog(
                    id: "send-\(number)",
                    campaign: number % 3 == 0 ? "spring" : "summer",
                    message: "Hi {{contact.firstname}}, <b>\(number)</b>",
                    start: "2022-0\(number % 3 + 1)-\(day < 10 ? "0" : "")\(day)T23:30:00.000Z",
                    destinations: [other] + notations[number % 4]
                )
            }
        )
        _ = try made.request("PUT", "/campaigns/spring", body: Array(#"{"name":"Spring <sale>"}"#.utf8)).data()
        let key = try made.server.key(of: made.name, permissions: permissions)
        return Tenant(server: made.server, name: made.name, key: key)
    }

    /// Returns the IDs of the sends to the recipient, newest first.
    static func ids(_ tenant: Tenant, campaign: String? = nil) throws -> [String] {
        let campaign = campaign.map { #","campaign_id":["\#($0)"]"# } ?? ""
        return try tenant.ids(#"{"find":{"destination":"27825550101"\#(campaign)}}"#)
    }

    /// Posts the form of the Sends Report, and returns the path to which the server redirects.
    static func link(_ client: ConsoleClient, to recipient: String, campaign: String = "") throws -> String {
        let fields: KeyValuePairs = ["recipient": recipient, "campaign": campaign]
        let response = try client.post("/console/sends", fields, from: "/console/sends")
        guard response.status == 303, let link = response["location"] else {
            throw TestFailure("\(response.status): \(response.text.prefix(500))")
        }
        return link
    }

    /// Returns the token of a link.
    static func token(_ link: String) throws -> String {
        guard let match = link.firstMatch(of: /recipient=([0-9a-f]{32})/) else {
            throw TestFailure("no token in \(link)")
        }
        return String(match.output.1)
    }
}

extension ConsoleUser {
    /// Expects that neither the requests' URLs nor the history of the browser have the number.
    func expectNoNumber(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let history = try page.call("Page.getNavigationHistory")["entries"].elements
        let texts =
            page.requests.map(\.url) + page.responses.compactMap { $0.headers["location"] }
            + history.flatMap { entry in ["url", "userTypedURL", "title"].compactMap { entry[$0].string } }
            + [try page.evaluate("document.referrer").plainText]
        try #require(texts.count > 3, sourceLocation: sourceLocation)
        for text in texts {
            for digits in RecipientPages.digits {
                #expect(!text.contains(digits), "\(text)", sourceLocation: sourceLocation)
            }
        }
    }
}
