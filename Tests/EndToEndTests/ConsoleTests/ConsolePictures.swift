import Testing

/// Pictures of all pages, for people to look at: `SENDLOG_TEST_PICTURES=FOLDER make test FILTER=ConsolePictures`.
@Suite(.enabled(if: TestPaths.pictures != nil, "SENDLOG_TEST_PICTURES names no folder"))
struct ConsolePictures {
    private static let content = Result {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.recordTypicalSends()
        let webhook = try tenant.post("/webhooks", #"{"name":"Orders","url":"http://127.0.0.1:9/orders"}"#).data(201)[
            "_id"
        ]
        for _ in 0..<3 { _ = try tenant.post("/webhooks/\(webhook.plainText)/test", "{}").data() }
        return ConsolePages.Content(
            tenant: tenant,
            campaigns: (TypicalSends.campaigns[0].id, TypicalSends.campaigns[1].id),
            send: TypicalSends.id(30),
            recipient: TypicalSends.recipient,
            webhook: webhook.plainText
        )
    }

    @Test(arguments: [1280, 1920, 390], [false, true])
    func `each page is shown and printed`(width: Int, isDark: Bool) throws {
        let (content, folder) = (try Self.content.get(), try #require(TestPaths.pictures))
        let user = try ConsoleUser(content.tenant.server, width: width, isPhone: width == 390, isDark: isDark)
        let name = { (page: String) in "\(folder)/\(page)-\(width)\(isDark ? "-dark" : "").png" }
        try user.open("/console/sign-in")
        try user.page.screenshot(to: name("sign-in"), fullPage: true)
        try user.signIn(content.tenant.key)
        try user.openAll(ConsolePages.all(content)) { page in
            try user.page.screenshot(to: name(page.name), fullPage: true)
            try user.page.screenshot(to: name("\(page.name)-first-screen"))
            if width == 1280, !isDark { try user.page.print(to: "\(folder)/\(page.name).pdf") }
        }
    }
}
