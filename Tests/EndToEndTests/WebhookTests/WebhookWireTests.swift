import Foundation
import Testing

/// Requests match the saved webhook and its preview.
@Suite(.blocking) struct WebhookWireTests {
    @Test(arguments: ["/ok/caf%E9/hook?a=b", "/ok/a/../b/./%2e", "/ok//x;y?q=%7B%00&&z", "/ok?only=query"])
    func `the preview shows the URL that is sent`(path: String) throws {
        let tenant = try Hooks.server.tenant(permissions: "sendLog", "webhook")
        let receiver = try Receiver()
        let url = receiver.url(path)
        let preview = try ConsoleClient(tenant).post(
            "/console/webhooks/preview",
            ["method": "POST", "url": url],
            from: "/console/webhooks/new"
        )
        #expect(preview.text.contains("<b>POST</b> \(url.replacing("&", with: "&amp;"))"), "\(preview.text)")
        let hook = try Hook(tenant, url, body: nil)
        #expect(try hook.get()["url"] == .string(url))
        let delivery = try hook.test()
        #expect(delivery["state"] == "delivered", "\(delivery)")
        let request = try #require(receiver.requests(String(path.prefix { $0 != "?" })).first)
        #expect(request.target == path)
    }

    @Test(arguments: [
        ("http://[1::2::3]/", "must have a valid IPv6 address between [ and ]"),
        ("http://[::1.2.3]/", "must have a valid IPv6 address between [ and ]"),
        ("http://a..example/", "must have a host with 1 to 63 characters between the dots"),
        (
            "http://\(String(repeating: "a", count: 64)).example/",
            "must have a host with 1 to 63 characters between the dots"
        ),
        ("http://./", "must have a host with 1 to 63 characters between the dots"),
        ("http://1.2.3.256/", "has a host that ends in a number but is not an IPv4 address"),
        ("http://a.0x7f/", "has a host that ends in a number but is not an IPv4 address"),
        ("http://1.2.3.4.5/", "has a host that ends in a number but is not an IPv4 address"),
    ])
    func `a URL that the client cannot request is refused when it is saved`(url: String, message: String) throws {
        let tenant = try Hooks.server.tenant(permissions: "webhook")
        let refused = try tenant.post("/webhooks", #"{"url":"\#(url)"}"#)
        #expect(refused.status == 400)
        #expect(try refused.json()["error"]["issues"][0]["message"] == .string(message), "\(refused.text)")
    }

    @Test func `proxy settings of the environment are ignored`() throws {
        let receiver = try Receiver()
        let proxy = "http://127.0.0.1:\(receiver.trap)"
        let server = try Server(
            arguments: ["--webhooks-allow", "127.0.0.1"],
            environment: [
                "http_proxy": proxy, "https_proxy": proxy, "all_proxy": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy,
            ]
        )
        let hook = try Hook(try Hooks.tenant(on: server), receiver.url(Hooks.path("ok")))
        #expect(try hook.test()["state"] == "delivered")
        #expect(try receiver.trapped() == 1)
    }

    @Test func `a receiver that closes each connection gets every send at the first attempt`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("close-after")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        for number in 0..<30 { try tenant.record(SampleLog(id: "send-\(number)")) }
        let deliveries = try hook.waitForDeliveries("?limit=100") { $0.count == 30 }
        #expect(deliveries.allSatisfy { $0["state"] == "delivered" && $0["tries"] == 1 })
        #expect(try Hooks.receiver.requests(path).ids() == (0..<30).map { "send-\($0)" })
    }
}
