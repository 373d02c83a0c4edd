import Foundation
import Testing

/// The pages of the console on paper.
@Suite struct PrintTests {
    private static let tenant = Result {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.recordTypicalSends()
        return tenant
    }

    private func user() throws -> ConsoleUser {
        let tenant = try Self.tenant.get()
        let user = try ConsoleUser(tenant.server, timeZone: "UTC")
        try user.signIn(tenant.key)
        return user
    }

    @Test
    func `fifty sends take at most four pages of A4, with filter, totals, and columns that have names on each page`()
        throws
    {
        let user = try user()
        try user.open("/console/sends?from=2026-01-01")
        let sheets = try user.page.printedTexts()
        #expect((2...4).contains(sheets.count))
        let first = try #require(sheets.first)
        #expect(
            first.hasPrefix("SendsReportAllcampaigns,from2026-01-0100:00:00.TimesareinUTC.60sends"),
            "\(first.prefix(200))"
        )
        for sheet in sheets { #expect(sheet.contains("StartedCampaignMessageTriggeredbyDestinationsSendID")) }
        // Each send is on one page as a whole, with its complete message and ID.
        for id in try user.texts("td.id code") { #expect(sheets.filter { $0.contains(id) }.count == 1, "\(id)") }
        let all = sheets.joined()
        #expect(all.contains("Ittakeslessthanaminute,andhelpsuseveryday."))
        #expect(all.hasSuffix("Page1of2"))
        for text in ["Signout", "CSV", "Filter", "Showasatable", "Today", "Next", "APIrequest", "Wholemessage"] {
            #expect(!all.contains(text), "\(text)")
        }
    }

    @Test func `campaigns and the recipient of a filter are printed with their names`() throws {
        let user = try user()
        let campaign = TypicalSends.campaigns[0]
        let client = try ConsoleClient(Self.tenant.get())
        try user.open(RecipientPages.link(client, to: TypicalSends.recipient, campaign: campaign.id))
        let sheet = try #require(user.page.printedTexts().first)
        let heading = "1campaign,onerecipient,alldates.TimesareinUTC.Appointmentreminders\(campaign.id)"
        #expect(sheet.contains(heading), "\(sheet.prefix(300))")
        #expect(sheet.contains("+27825550101"))
        #expect(!sheet.contains("Showallsends") && !sheet.contains("Allaboutthisrecipient"))
    }

    @Test func `the Campaigns Report is printed with all of its columns`() throws {
        let user = try user()
        try user.open("/console/campaigns?search=st")
        let sheets = try user.page.printedTexts()
        #expect(sheets.count == 1)
        let sheet = try #require(sheets.first)
        #expect(sheet.contains("CampaignSendsDestinationsFirstsendLastsend"))
        #expect(sheet.contains("CampaignswhosenameorIDcontains“st”"))
        #expect(sheet.contains("Monthlystatements\(TypicalSends.campaigns[2].id)"))
        #expect(!sheet.contains("Rename"))
    }

    @Test func `no page prints navigation, forms or buttons, or is wider than the paper`() throws {
        let tenant = try Self.tenant.get()
        let webhook = try tenant.post("/webhooks", #"{"name":"Orders","url":"http://127.0.0.1:9/orders"}"#).data(201)[
            "_id"
        ].plainText
        _ = try tenant.post("/webhooks/\(webhook)/test", "{}").data()
        let user = try ConsoleUser(tenant.server, width: Page.printedWidth)
        try user.signIn(tenant.key)
        let pages = try ConsolePages.all(
            ConsolePages.Content(
                tenant: tenant,
                campaigns: (TypicalSends.campaigns[0].id, TypicalSends.campaigns[1].id),
                send: TypicalSends.longSend,
                recipient: TypicalSends.recipient,
                webhook: webhook
            )
        )
        try user.openAll(pages) { page in
            try user.page.emulatePrint(true)
            let controls = try user.page.evaluate(
                """
                [...document.querySelectorAll('nav, form, button, input, select, textarea, .button, svg.chart')]
                    .filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 100))
                """
            )
            #expect(controls.elements.isEmpty, "\(page.path): \(controls.elements.compactMap(\.string))")
            let overflow = try user.page.overflow
            #expect(overflow <= 0, "\(page.path) is \(overflow) px too wide")
            #expect(try user.page.isVisible("h1"), "\(page.path)")
            try user.page.emulatePrint(false)
        }
    }
}
