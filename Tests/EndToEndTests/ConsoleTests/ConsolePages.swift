/// The pages of the console, for tests of all of them.
enum ConsolePages {
    /// A page: a name for its picture, and its path.
    typealias Entry = (name: String, path: String)

    /// What the pages show.
    struct Content {
        let tenant: Tenant
        let campaigns: (String, String)
        let send: String
        let recipient: String
        let webhook: String
    }

    /// Returns the pages for a user who has signed in.
    static func all(_ content: Content) throws -> [Entry] {
        let (campaign, other) = content.campaigns
        let client = try ConsoleClient(content.tenant)
        let token = try RecipientPages.token(RecipientPages.link(client, to: content.recipient))
        let (dates, webhook) = ("from=2022-01-01&to=2026-10-31", "/console/webhooks/\(content.webhook)")
        return [
            ("sends", "/console/sends"), ("sends-filtered", "/console/sends?campaign=\(campaign)&\(dates)"),
            ("sends-of-recipient", "/console/sends?recipient=\(token)"),
            ("sends-none", "/console/sends?campaign=unheard-of"), ("sends-last-page", "/console/sends?page=2"),
            ("send", "/console/sends/\(content.send)"),
            ("send-of-recipient", "/console/sends/\(content.send)?recipient=\(token)"),
            ("recipient", "/console/recipients/\(token)"), ("recipient-print", "/console/recipients/\(token)/print"),
            ("campaigns", "/console/campaigns"), ("campaigns-none", "/console/campaigns?search=unheard-of"),
            ("compare", "/console/campaigns/\(campaign)/compare"),
            ("compared", "/console/campaigns/\(campaign)/compare?campaign=\(other)"),
            ("webhooks", "/console/webhooks"), ("webhook-new", "/console/webhooks/new"), ("webhook", webhook),
            ("webhook-edit", "\(webhook)/edit"), ("webhook-deliveries", "\(webhook)?state=failed"),
            ("campaigns-of-range", "/console/campaigns?\(dates)"), ("campaign-choice", "/console/sends?campaign=s"),
            ("go", "/console/go"), ("keys", "/console/keys"),
            ("organisation", "/console/organisation"), ("time-zone", "/console/time-zone"),
        ]
    }

    /// The pages with a problem, which have an error status.
    static let refused: [Entry] = [
        ("sends-problem", "/console/sends?from=soon&campaign=a.b"),
        ("campaign-unknown", "/console/sends?campaign=no+such+campaign"),
        ("campaigns-problem", "/console/campaigns?sort=colour"), ("campaigns-dates", "/console/campaigns?from=soon"),
        ("compare-problem", "/console/campaigns/unheard-of/compare"), ("send-unknown", "/console/sends/unheard-of"),
        ("recipient-unknown", "/console/recipients/00000000000000000000000000000000"),
        ("webhook-unknown", "/console/webhooks/000000000000000000000000"), ("page-unknown", "/console/unheard-of"),
    ]
}

extension ConsoleUser {
    /// Opens each of the pages, also those with a problem, and calls a closure for it.
    func openAll(_ pages: [ConsolePages.Entry], _ body: (ConsolePages.Entry) throws -> Void) throws {
        for page in pages + ConsolePages.refused {
            try open(page.path)
            try body(page)
        }
    }
}
