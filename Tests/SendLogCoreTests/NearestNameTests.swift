import SendLogCore
import Testing

struct NearestNameTests {
    private static let find = ["campaign_id", "startDeliveryAt"]
    private static let range = ["$gte", "$lte"]
    private static let options = ["skip", "limit", "sort", "as_of"]
    private static let permissions = [
        "sendLog.read", "sendLog.create", "campaign.read", "campaign.update", "webhook.read", "webhook.create",
    ]
    private static let fields = ["_id", "campaign_id", "message", "triggeredBy", "startDeliveryAt", "destinations"]

    @Test(arguments: [
        ("campaignId", find, "campaign_id"), ("campaignID", find, "campaign_id"), ("campaign", find, "campaign_id"),
        ("campain_id", find, "campaign_id"), ("CAMPAIGN_ID", find, "campaign_id"), ("campaign-id", find, "campaign_id"),
        ("campaign_ids", find, "campaign_id"), ("start_delivery_at", find, "startDeliveryAt"),
        ("startDelivery", find, "startDeliveryAt"), ("gte", range, "$gte"), ("lte", range, "$lte"),
        ("$get", range, "$gte"), ("$le", range, "$lte"), ("limt", options, "limit"), ("lmiit", options, "limit"),
        ("Limit", options, "limit"), ("skp", options, "skip"), ("asOf", options, "as_of"), ("sorts", options, "sort"),
        ("id", fields, "_id"), ("destination", fields, "destinations"), ("triggered_by", fields, "triggeredBy"),
        ("mesage", fields, "message"), ("finds", ["find", "options"], "find"),
        ("sendlog.raed", permissions, "sendLog.read"), ("webhooks.read", permissions, "webhook.read"),
        ("webhookcreate", permissions, "webhook.create"), ("Amce 2", ["Acme 1", "Acme 2"], "Acme 2"),
    ])
    func `a typo finds the name that was meant`(typo: String, known: [String], meant: String) {
        #expect(NearestName.to(typo, among: known) == meant)
    }

    @Test(arguments: ["", "_", "x", "filter", "recipient", "пример", "😀", "destinationsdestinationsdestinations"])
    func `an unrelated name finds nothing`(name: String) {
        #expect(NearestName.to(name, among: Self.fields + Self.options + Self.range) == nil)
    }

    @Test(arguments: [
        // Operators that search systems have, and this one does not.
        ("$gt", range), ("$lt", range), ("gt", range), ("lt", range), ("$eq", range), ("$ne", range), ("$in", range),
        ("endDeliveryAt", fields), ("triggeredAt", fields), ("message_id", fields), ("campaign_name", fields),
        ("organisation_id", fields), ("sendLog.update", permissions), ("sendLog.delete", permissions),
        ("webhook.delete", permissions), ("campaign.create", permissions), ("inactive", ["active"]),
        ("http.minStreams", ["http.maxStreams"]), ("organisation.name", ["organisation._id", "campaign.name"]),
        ("Acme 3", ["Acme 1", "Acme 2"]),
    ])
    func `a name that means something else finds nothing`(name: String, known: [String]) {
        #expect(NearestName.to(name, among: known) == nil)
    }

    @Test func `a name that is as close to one name as to another finds nothing`() {
        #expect(NearestName.to("$te", among: Self.range) == nil)
        #expect(NearestName.to("$te", among: ["$gte"]) == "$gte")
    }

    @Test func `nothing is found without known names`() {
        #expect(NearestName.to("limit", among: []) == nil)
    }

    @Test func `the nearer of two names is found`() {
        #expect(NearestName.to("campaign_ie", among: ["campaign_xy", "campaign_id"]) == "campaign_id")
    }

    @Test(.timeLimit(.minutes(10))) func `a name of ten million letters takes no longer than a long word`() {
        let long = String(repeating: "limit", count: 2_000_000)
        #expect(NearestName.to(long, among: Self.fields) == nil)
    }
}
