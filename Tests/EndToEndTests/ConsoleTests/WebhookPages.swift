/// The setup for tests of webhook pages.
enum WebhookPages {
    private static let running = Result {
        try Server(arguments: ["--webhooks-allow", "127.0.0.1/32"])
    }

    /// Creates an organisation, by default with all permissions, on a server that allows webhooks to loopback.
    static func tenant(_ permissions: String = "*") throws -> Tenant {
        try running.get().tenant(permissions: permissions)
    }

    /// Creates a webhook with the API.
    ///
    /// - Returns: the path of its page.
    static func webhook(_ tenant: Tenant, _ url: String, name: String = "orders") throws -> String {
        let body = JSON.text(#"{"send": "{{send._id}}"}"#)
        let data = try tenant.post("/webhooks", #"{"name":\#(JSON.text(name)),"url":"\#(url)","body":\#(body)}"#)
            .data(201)
        return "/console/webhooks/\(data["_id"].plainText)"
    }

    static func webhooks(_ tenant: Tenant) throws -> [JSON] {
        try tenant.get("/webhooks").data()["webhooks"].elements
    }
}
