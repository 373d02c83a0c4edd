/// Campaigns with names that are alike, for tests of fields that accept names.
enum NamedCampaigns {
    /// The names by ID.
    static let names = [
        ("spring", "Spring sale"), ("summer", "Summer Sale"), ("5f5a1d8d2e0e4c6c8c0c0c0c", "E\u{301}té à Paris"),
        ("letter-1", "Newsletter"), ("letter-2", "Newsletter"),
    ]

    /// Returns an organisation with one send of each campaign on the first of January to May 2022, at noon.
    static func tenant(permissions: String...) throws -> Tenant {
        let all = try Shared.server.tenant(permissions: "sendLog", "campaign")
        for (number, (id, name)) in names.enumerated() {
            let start = "2022-0\(number + 1)-01T12:00:00.000Z"
            try all.record(SampleLog(id: "send-of-\(id)", campaign: id, start: start))
            _ = try all.request("PUT", "/campaigns/\(id)", body: Array("{\"name\":\"\(name)\"}".utf8)).data()
        }
        if permissions.isEmpty { return all }
        let key = try all.server.key(of: all.name, permissions: permissions)
        return Tenant(server: all.server, name: all.name, key: key)
    }
}
