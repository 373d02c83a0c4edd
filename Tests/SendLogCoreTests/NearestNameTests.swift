import SendLogCore
import Testing

struct NearestNameTests {
    private static let find = ["campaign_id", "startDeliveryAt"]
    private static let range = ["$gte", "$lte"]
    private static let options = ["skip", "limit", "sort", "as_of"]
    private static let fields = ["_id", "campaign_id", "message", "triggeredBy", "startDeliveryAt", "destinations"]

    @Test(arguments: [
        ("campaignId", find, "campaign_id"), ("campaignID", find, "campaign_id"), ("campaign", find, "campaign_id"),
        ("campain_id", find, "campaign_id"), ("CAMPAIGN_ID", find, "campaign_id"), ("campaign-id", find, "campaign_id"),
        ("campaign_ids", find, "campaign_id"), ("start_delivery_at", find, "startDeliveryAt"),
        ("startDelivery", find, "startDeliveryAt"), ("gte", range, "$gte"), ("lte", range, "$lte"),
        ("$gt", range, "$gte"), ("$lt", range, "$lte"), ("limt", options, "limit"), ("lmiit", options, "limit"),
        ("Limit", options, "limit"), ("skp", options, "skip"), ("asOf", options, "as_of"), ("sorts", options, "sort"),
        ("id", fields, "_id"), ("destination", fields, "destinations"), ("triggered_by", fields, "triggeredBy"),
        ("mesage", fields, "message"), ("finds", ["find", "options"], "find"),
    ])
    func `a typo finds the name that was meant`(typo: String, known: [String], meant: String) {
        #expect(NearestName.to(typo, among: known) == meant)
    }

    @Test(arguments: ["", "_", "x", "filter", "recipient", "пример", "😀", "destinationsdestinationsdestinations"])
    func `an unrelated name finds nothing`(name: String) {
        #expect(NearestName.to(name, among: Self.fields + Self.options + Self.range) == nil)
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
