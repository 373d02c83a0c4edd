import Foundation
import Testing

/// A user of a server's console in a browser.
struct ConsoleUser {
    let server: Server
    let page: Page
    /// The address of the server, or of the proxy in front of it, without a slash at its end.
    private let address: String

    private static let browser = Result { try Browser() }

    /// Opens a page with separate cookies in the browser that all tests share.
    init(
        _ server: Server,
        at address: String? = nil,
        width: Int = 1280,
        isPhone: Bool = false,
        isDark: Bool = false,
        hasJavaScript: Bool = true,
        timeZone: String = "Africa/Johannesburg"
    ) throws {
        self.server = server
        self.address = address ?? "http://127.0.0.1:\(server.port)"
        page = try Self.browser.get().newPage(
            width: width,
            height: isPhone ? 844 : 900,
            isPhone: isPhone,
            isDark: isDark,
            hasJavaScript: hasJavaScript,
            timeZone: timeZone
        )
    }

    /// Opens a page of the console.
    func open(_ path: String) throws {
        try page.go(to: "\(address)\(path)")
    }

    /// Saves a screenshot in the folder that `SENDLOG_TEST_PICTURES` names, if it is set.
    func saveScreenshot(_ name: String, fullPage: Bool = true) throws {
        guard let folder = TestPaths.pictures else { return }
        try page.screenshot(to: "\(folder)/\(name).png", fullPage: fullPage)
    }

    /// Signs in with the form, and waits for the next page.
    func signIn(_ key: String) throws {
        try open("/console")
        try page.paste(key, into: "input[name=key]")
        try page.clickAndLoad(.named("Sign in", role: "button"))
    }

    /// The texts of all elements that a selector matches.
    func texts(_ selector: String) throws -> [String] {
        try page.evaluate("[...document.querySelectorAll('\(selector)')].map((e) => e.innerText.trim())").elements
            .compactMap(\.string)
    }

    /// Expects no script errors, no failed requests, no requests to other hosts and no horizontal overflow.
    func expectNoErrors(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let errors = page.consoleErrors.map(\.description)
        #expect(errors.isEmpty, "\(errors)", sourceLocation: sourceLocation)
        #expect(page.hosts == [String(address.split(separator: "/")[1])], sourceLocation: sourceLocation)
        #expect(page.failedRequests.isEmpty, "\(page.failedRequests)", sourceLocation: sourceLocation)
        let overflow = try page.overflow
        #expect(overflow <= 0, "the page is \(overflow) px too wide", sourceLocation: sourceLocation)
    }
}

extension Tenant {
    /// Records 130 sends of three campaigns over five months; one of the campaigns has a name.
    func recordSampleSends() throws {
        try record(
            (0..<130).map { number in
                let day = String(format: "2022-%02d-%02d", number / 28 + 1, number % 28 + 1)
                return SampleLog(
                    id: "send-\(number)",
                    campaign: ["spring", "summer", "5f5a1d8d2e0e4c6c8c0c0c0c"][number % 3],
                    message: "Hi {{contact.firstname}}, number \(number) is for {{ branch.name }}!",
                    triggeredBy: ["schedule", "api", "manual"][number % 3],
                    start: "\(day)T10:\(String(format: "%02d", number % 60)):00.000Z",
                    destinations: (0..<number % 7).map { "2782\(String(format: "%07d", number * 10 + $0))" }
                )
            }
        )
        _ = try request("PUT", "/campaigns/spring", body: Array(#"{"name":"Spring sale"}"#.utf8)).data()
    }
}
