import TestSupport
import Testing

/// The page of the organisation, with its calling code.
@Suite struct OrganisationPageTests {
    private static let path = "/console/organisation"

    @Test func `an administrator sets the calling code, and searches use it at once`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.record(SampleLog(id: "send-1", destinations: ["0825550102"]))
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        try page.clickAndLoad(".organisation")
        #expect(try page.title == "Organisation · sendlog")
        #expect(try page.text(of: ".fields").contains(tenant.name))
        #expect(try page.text(of: ".fields").contains("not set"))
        for wrong in ["027", "x", "1234", "++27"] {
            try page.type(wrong, into: "#calling-code")
            try page.clickAndLoad(.named("Save", role: "button"))
            #expect(try page.text(of: "#calling-code-problem").contains("must be 1 to 3 digits"), "\(wrong)")
            #expect(try page.value(of: "#calling-code") == wrong)
            #expect(try page.attribute("aria-invalid", of: "#calling-code") == "true")
            #expect(try page.text(of: ".fields").contains("not set"))
        }
        try page.type("+27", into: "#calling-code")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.text(of: "p[role=status]") == "The calling code is now 27.")
        try user.saveScreenshot("organisation-saved", fullPage: false)
        let data = try tenant.search(#"{"find":{"destination":"+27825550102"}}"#)
        #expect(data["total"] == 1 && data["searched"] == ["27825550102"])
        try page.clickAndLoad(.named("Sends Report", role: "link"))
        try page.type("27825550102", into: "#recipient")
        try page.clickAndLoad(.named("Filter", role: "button"))
        #expect(try page.text(of: "#result").hasPrefix("1 send to "))
        #expect(try !page.text.contains("doubtful"))
        try page.clickAndLoad("table.sends td.when a")
        #expect(try user.texts("td.destination") == ["0825550102"])
        try user.open(Self.path)
        try page.type("", into: "#calling-code")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.text(of: "p[role=status]") == "The calling code was removed.")
        #expect(user.page.consoleErrors.allSatisfy { $0.source == "network" })
    }

    @Test func `only a key with all permissions changes it, and no other organisation's`() throws {
        let (tenant, other) = (try Shared.server.tenant(permissions: "*"), try Shared.server.tenant())
        let permissions = ["sendLog", "campaign", "webhook", "apiKey"]
        let key = try tenant.server.key(of: tenant.name, permissions: permissions)
        let reader = try ConsoleClient(Tenant(server: tenant.server, name: tenant.name, key: key))
        let page = try reader.get(Self.path)
        #expect(page.status == 200 && page.text.contains(tenant.name))
        #expect(!page.text.contains("id=\"calling-code\""))
        let refused = try reader.post(Self.path, ["calling-code": "27"], from: "/console/keys")
        #expect(refused.status == 403 && refused.text.contains("permission *"))
        #expect(try tenant.search(#"{"find":{"destination":"0821234567"}}"#)["searched"].elements.count == 2)
        let client = try ConsoleClient(tenant)
        #expect(try client.post(Self.path, [("calling-code", "27")]).status == 400, "without the token")
        #expect(try client.post(Self.path, ["calling-code": "27"], from: Self.path).status == 303)
        let incomplete = try client.post(Self.path, ["calling_code": "27"], from: Self.path)
        #expect(incomplete.status == 400 && incomplete.text.contains("Calling-code is required"), "\(incomplete.text)")
        #expect(try tenant.search(#"{"find":{"destination":"0821234567"}}"#)["searched"] == ["27821234567"])
        #expect(try other.search(#"{"find":{"destination":"0821234567"}}"#)["searched"].elements.count == 2)
        #expect(try ConsoleClient(tenant.server).get(Self.path).status == 303)
    }
}
