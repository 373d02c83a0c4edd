import Foundation
import Testing

/// Permissions on the webhook pages.
@Suite struct WebhookPagesAccessTests {
    @Test func `a key permits only its own actions, and nothing in another organisation`() throws {
        let owner = try WebhookPages.tenant()
        let path = try WebhookPages.webhook(owner, "https://receiver.example/hook", name: "the owner's")
        func key(_ permissions: String...) throws -> ConsoleClient {
            let server = owner.server
            return try ConsoleClient(
                Tenant(server: server, name: owner.name, key: server.key(of: owner.name, permissions: permissions))
            )
        }
        let actions = [
            "active", "test", "secret", "delete", "deliveries/1/redeliver", "redeliver", "replay", "replays/cancel",
        ]
        let reader = try key("webhook.read")
        for page in [path, "/console/webhooks"] {
            let response = try reader.get(page)
            #expect(response.status == 200 && response.text.contains("the owner&#39;s"))
            for word in [
                "New webhook", "Send the test", "Resume", "Activate", "Deactivate", "Create a new secret",
                "permanently", "/edit",
            ] {
                #expect(!response.text.contains(word), "\(page): \(word)")
            }
        }
        for page in ["/console/webhooks/new", "\(path)/edit"] { #expect(try reader.get(page).status == 403) }
        let token = try reader.csrfToken(reader.get("/console/time-zone"))
        for target in actions.map({ "\(path)/\($0)" }) + [path, "/console/webhooks", "/console/webhooks/preview"] {
            #expect(try reader.post(target, ["form-token": token]).status == 403, "\(target)")
        }
        // With webhook.create alone, a user sees the new secret and a sample send, but no recorded send.
        let creator = try key("webhook.create")
        #expect(try creator.get("/console").headers.contains { $0.value == "/console/webhooks" })
        #expect(try creator.get("/console/webhooks").text.contains("Webhooks are not listed"))
        #expect(try !creator.get("/console/webhooks").text.contains("the owner"))
        #expect(try creator.get(path).status == 403)
        try owner.record(SampleLog(id: "secret-send", message: "confidential"))
        let editor = try creator.get("/console/webhooks/new").text
        #expect(editor.contains("sample send") && !editor.contains("secret-send") && !editor.contains("business"))
        let preview = try creator.post(
            "/console/webhooks/preview",
            [
                "form-token": try creator.csrfToken(creator.get("/console/webhooks/new")), "method": "POST",
                "url": "https://a.example", "body": "{\"m\": \"{{send.message}}\"}", "send": "secret-send",
            ]
        )
        #expect(preview.status == 200 && preview.text.contains("sample send") && !preview.text.contains("business"))
        #expect(preview["cache-control"] == "no-store")
        let made = try creator.post(
            "/console/webhooks",
            ["url": "https://a.example", "method": "POST"],
            from: "/console/webhooks/new"
        )
        #expect(made.status == 200 && made.text.contains("whsec_"))
        // With webhook.update but without webhook.delete, there is no delete button.
        let updater = try key("webhook.read", "webhook.update")
        let text = try updater.get(path).text
        #expect(text.contains("Send the test") && !text.contains("permanently"))
        #expect(try updater.post("\(path)/delete", [:], from: path).status == 403)
        // A form with the token of another session changes nothing.
        let admin = try ConsoleClient(owner)
        for target in actions.map({ "\(path)/\($0)" }) + [path, "/console/webhooks", "/console/webhooks/preview"] {
            #expect(
                try admin.post(target, ["form-token": token, "url": "https://b.example"]).status == 400,
                "\(target)"
            )
        }
        let stranger = try ConsoleClient(WebhookPages.tenant())
        for page in [path, "\(path)/edit"] { #expect(try stranger.get(page).status == 404) }
        for target in actions.map({ "\(path)/\($0)" }) + [path] {
            #expect(
                try stranger.post(
                    target,
                    ["url": "https://b.example", "method": "POST", "active": "true"],
                    from: "/console/webhooks/new"
                ).status == 404,
                "\(target)"
            )
        }
        #expect(try ConsoleClient(WebhookPages.tenant("sendLog")).get("/console/webhooks").status == 403)
        #expect(try WebhookPages.webhooks(owner).map { $0["name"] }.contains("the owner's"))
    }
}
